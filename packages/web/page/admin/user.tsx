import type { AdminUserDetails } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PlansAnswer } from '../account/answers.ts';
import { useAction, useCall, useFetched } from '../account/call.ts';
import { Confirm } from '../account/confirm.tsx';
import { Copyable, Select } from '../account/forms.tsx';
import { Loading, Section } from '../account/frame.tsx';
import { formatCount, formatInstant } from '../format.ts';
import { useSurroundings } from '../surroundings.ts';
import { AdminPage, useMayChange } from './frame.tsx';

/** Somebody with what they have, and what an administrator can change of it. */
export function AdminUser({ id }: { id: string }): JSX.Element {
  const user = useFetched<AdminUserDetails>(`/admin/users/${id}`);
  const mayChange = useMayChange();
  return (
    <AdminPage title="Somebody">
      <p class="back">
        <a href="/admin/users">All people</a>
      </p>
      <Loading of={user}>
        {(answer) => (
          <>
            <Who user={answer} />
            {mayChange ? <Changes user={answer} onChanged={user.reload} /> : null}
          </>
        )}
      </Loading>
    </AdminPage>
  );
}

function Who({ user }: { user: AdminUserDetails }): JSX.Element {
  const { has, subscription } = user;
  const rows: readonly (readonly [string, string])[] = [
    ['Id', user.id],
    ['Role', user.role],
    ['State', user.state],
    ['Here since', formatInstant(user.createdAt)],
    ['Last here', user.usedAt === null ? 'never' : formatInstant(user.usedAt)],
    ['Plan', `${subscription.plan}, ${subscription.phase}`],
    ['Paid until', subscription.periodEnd === null ? '–' : formatInstant(subscription.periodEnd)],
    ['Names', formatCount(has.names)],
    ['Domains', formatCount(has.domains)],
    ['API keys', formatCount(has.apiKeys)],
    ['Webhooks', formatCount(has.hooks)],
    ['Payments', formatCount(has.payments)],
    ['Sessions', formatCount(has.sessions)],
  ];
  return (
    <Section title="Who">
      {user.npub === null ? null : <Copyable text={user.npub} label="public key" />}
      <dl class="pairs">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="buttons">
        <a href={`/admin/names?search=${user.id}`}>Their names</a>
        <a href={`/admin/payments?userId=${user.id}`}>Their payments</a>
        <a href={`/admin/audit?entity=${encodeURIComponent(`user:${user.id}`)}`}>In the audit log</a>
      </p>
    </Section>
  );
}

interface ChangeProps {
  readonly user: AdminUserDetails;
  onChanged(): void;
}

function Changes({ user, onChanged }: ChangeProps): JSX.Element {
  const call = useCall();
  const [role, setRole] = useState(user.role);
  const isSuspended = user.state === 'suspended';
  const change = (body: object) => async (): Promise<void> => {
    await call(`/admin/users/${user.id}`, { method: 'PATCH', body });
    onChanged();
  };
  const setState = useAction(change({ state: isSuspended ? 'active' : 'suspended' }));
  const giveRole = useAction(change({ role }));
  return (
    <Section title="Change" lead="Every change is in the audit log.">
      <div class="buttons">
        <Confirm
          key={user.state}
          label={isSuspended ? 'Let in again…' : 'Suspend…'}
          yes={isSuspended ? 'Let in again' : 'Suspend'}
          action={setState}
        >
          <p>
            {isSuspended
              ? 'They can sign in again, and their keys work again.'
              : 'They are signed out everywhere, and their API keys are refused from the next request on.'}
          </p>
        </Confirm>
        <Confirm key={user.role} label="Give a role…" yes="Give the role" action={giveRole}>
          <p>Support may look at everything here; admins may change it.</p>
          <Select
            label="Role"
            value={role}
            choices={[
              ['user', 'user'],
              ['support', 'support'],
              ['admin', 'admin'],
            ]}
            onChosen={setRole}
          />
        </Confirm>
        <Grant user={user} onChanged={onChanged} />
        {user.subscription.phase === 'none' ? null : <SuspendPlan user={user} onChanged={onChanged} />}
      </div>
    </Section>
  );
}

/** The plan alone: they can still sign in, and have what everybody has. */
function SuspendPlan({ user, onChanged }: ChangeProps): JSX.Element {
  const call = useCall();
  const isSuspended = user.subscription.phase === 'suspended';
  const change = useAction(async () => {
    const body = { isSuspended: !isSuspended };
    await call(`/admin/users/${user.id}/subscription`, { method: 'PATCH', body });
    onChanged();
  });
  return (
    <Confirm
      key={user.subscription.phase}
      label={isSuspended ? 'Let the plan go on…' : 'Suspend the plan…'}
      yes={isSuspended ? 'Let it go on' : 'Suspend the plan'}
      action={change}
    >
      <p>
        {isSuspended
          ? 'They have what they paid for again, up to its end.'
          : 'They have what everybody has who pays nothing; names that the plan covers are not served.'}
      </p>
    </Confirm>
  );
}

const dayMs = 86_400_000;

function Grant({ user, onChanged }: ChangeProps): JSX.Element {
  const { now } = useSurroundings();
  const call = useCall();
  const plans = useFetched<PlansAnswer>('/plans');
  const items = plans.answer?.items ?? [];
  const [chosen, setPlan] = useState<string>();
  const [days, setDays] = useState('30');
  const plan = chosen ?? items.at(-1)?.id ?? '';
  const grant = useAction(async () => {
    const until = days === '' ? null : new Date(now() + Number(days) * dayMs).toISOString();
    await call(`/admin/users/${user.id}/grant`, { method: 'POST', body: { plan, until } });
    onChanged();
  });
  return (
    <Confirm label="Give a plan…" yes="Give the plan" action={grant}>
      <p>Without payment, in place of what they have.</p>
      <Select label="Plan" value={plan} choices={items.map((item) => [item.id, item.name])} onChosen={setPlan} />
      <Select
        label="For"
        value={days}
        choices={[
          ['30', '30 days'],
          ['365', 'a year'],
          ['', 'ever'],
        ]}
        onChosen={setDays}
      />
    </Confirm>
  );
}
