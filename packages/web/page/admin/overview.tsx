import type { Overview } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useFetched } from '../account/call.ts';
import { Loading, Section } from '../account/frame.tsx';
import { formatAmount } from '../account/money.ts';
import { formatCount, formatInstant } from '../format.ts';
import { KeyFigure } from '../parts/key-figure.tsx';
import { AdminPage } from './frame.tsx';

interface PlanCounts {
  readonly items: readonly { readonly id: string; readonly name: string; readonly people: number }[];
}

/** The installation in figures. */
export function AdminOverview(): JSX.Element {
  const overview = useFetched<Overview>('/admin/overview');
  const plans = useFetched<PlanCounts>('/admin/plans');
  return (
    <AdminPage title="Administration" lead="The installation in figures.">
      <Loading of={overview}>{(answer) => <Figures answer={answer} />}</Loading>
      <Section title="Plans" lead="People whose subscription names the plan, ended or not.">
        <Loading of={plans}>
          {({ items }) => <Pairs rows={items.map(({ name, people }) => [name, formatCount(people)])} />}
        </Loading>
      </Section>
    </AdminPage>
  );
}

function Figures({ answer }: { answer: Overview }): JSX.Element {
  const { users, hooks, audit, refundsOpen, income } = answer;
  return (
    <>
      <dl class="key-figures">
        <KeyFigure
          name="People"
          value={formatCount(users.total)}
          note={`${users.newInWeek} new in a week`}
          href="/admin/users"
        />
        <KeyFigure name="Names" value={formatCount(answer.names)} href="/admin/names" />
        <KeyFigure name="Sessions" value={formatCount(answer.sessions)} />
        <KeyFigure name="API keys" value={formatCount(answer.apiKeys)} />
      </dl>
      <Section title="Money of the last 30 days">
        <Pairs
          rows={[
            ...income.map(
              ({ currency, amount, payments }): Row => [
                'Income',
                `${formatAmount(amount, currency)} in ${formatCount(payments)} ${payments === 1 ? 'payment' : 'payments'}`,
              ],
            ),
            ...(income.length === 0 ? [['Income', 'none'] as Row] : []),
            ...refundsOpen.map(
              ({ currency, amount, refunds }): Row => [
                'Owed back',
                `${formatAmount(amount, currency)} in ${formatCount(refunds)} ${refunds === 1 ? 'refund' : 'refunds'}`,
              ],
            ),
            ...(refundsOpen.length === 0 ? [['Owed back', 'nothing'] as Row] : []),
            ...Object.entries(answer.payments).map(([state, count]): Row => [`Payments ${state}`, formatCount(count)]),
          ]}
        />
      </Section>
      <Section title="What people have">
        <Pairs
          rows={[
            ['Administrators', formatCount(users.admins)],
            ['Suspended', formatCount(users.suspended)],
            ...Object.entries(answer.subscriptions).map(([plan, count]): Row => [`On ${plan}`, formatCount(count)]),
            ...Object.entries(answer.domains).map(([state, count]): Row => [`Domains ${state}`, formatCount(count)]),
            ['Webhooks on', formatCount(hooks.active)],
            ['Webhooks off', formatCount(hooks.disabled)],
            ['Deliveries waiting', formatCount(hooks.waiting)],
          ]}
        />
      </Section>
      <Section title="Audit log">
        <Pairs
          rows={[
            ['Entries', formatCount(audit.entries)],
            ['Signed up to', audit.signedSeq === null ? 'nothing yet' : `entry ${formatCount(audit.signedSeq)}`],
            ['Counted', formatInstant(answer.asOf)],
          ]}
        />
      </Section>
    </>
  );
}

type Row = readonly [name: string, value: string];

function Pairs({ rows }: { rows: readonly Row[] }): JSX.Element {
  return (
    <dl class="pairs">
      {rows.map(([name, value]) => (
        <div key={`${name} ${value}`}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
