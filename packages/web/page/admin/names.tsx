import type { AdminNameAnswer, RuleAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useAction, useCall, useFetchedList } from '../account/call.ts';
import { Confirm } from '../account/confirm.tsx';
import { Fault, Field, More, Select } from '../account/forms.tsx';
import { Loading, Section } from '../account/frame.tsx';
import { formatAmount } from '../account/money.ts';
import { PhaseBadge } from '../account/names.tsx';
import { findPubkey } from '../account/person.tsx';
import { formatInstant } from '../format.ts';
import { Empty } from '../parts/states.tsx';
import { useRouter } from '../router.ts';
import { AdminPage, useMayChange } from './frame.tsx';
import { Search, withFilters } from './search.tsx';

/** All names, and the rules for those that are not sold like others. */
export function AdminNames(): JSX.Element {
  const { query } = useRouter();
  const names = useFetchedList<AdminNameAnswer>(withFilters('/admin/names', query, ['search']));
  return (
    <AdminPage title="Names" lead="Names of everybody, and rules for names.">
      <div class="filter-row">
        <Search label="Part of the address, a key, or the id of a user" placeholder="alice" />
      </div>
      <Section title="Found">
        <Loading of={names}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No name" />
            ) : (
              <ul class="entries">
                {items.map((name) => (
                  <NameEntry key={name.id} name={name} onChanged={names.reload} />
                ))}
              </ul>
            )
          }
        </Loading>
        <More action={names.more} />
      </Section>
      <Rules />
    </AdminPage>
  );
}

function NameEntry({ name, onChanged }: { name: AdminNameAnswer; onChanged(): void }): JSX.Element {
  return (
    <li>
      <a href={`/admin/users/${name.userId}`}>{name.address}</a>
      <PhaseBadge phase={name.phase} />
      <div>
        {termsOf(name)}{' '}
        {useMayChange() && name.phase !== 'free' ? <ReleaseName name={name} onChanged={onChanged} /> : null}
      </div>
    </li>
  );
}

const coverageWords: Readonly<Record<AdminNameAnswer['coverage'], string>> = {
  paid: 'Paid for',
  plan: 'Covered by a plan',
  granted: 'Given by an administrator',
};

/** Why somebody has a name, and for how long. */
function termsOf({ phase, coverage, heldUntil, paidUntil, freeAt }: AdminNameAnswer): string {
  if (phase === 'held') return `Held${heldUntil === null ? '' : ` until ${formatInstant(heldUntil)}`}, not paid yet.`;
  if ((phase === 'expired' || phase === 'quarantine') && freeAt !== null)
    return `Free from ${formatInstant(freeAt)} on.`;
  return `${coverageWords[coverage]}${paidUntil === null ? '' : ` until ${formatInstant(paidUntil)}`}.`;
}

function ReleaseName({ name, onChanged }: { name: AdminNameAnswer; onChanged(): void }): JSX.Element {
  const call = useCall();
  const [reason, setReason] = useState('');
  const [person, setPerson] = useState('');
  const release = useAction(async () => {
    const pubkey = person.trim() === '' ? undefined : await findPubkey(call, person);
    const body = { reason: reason.trim(), ...(pubkey === undefined ? {} : { pubkey }) };
    await call(`/admin/names/${name.id}/release`, { method: 'POST', body });
    onChanged();
  });
  return (
    <Confirm label="Take it back…" about={name.address} yes={`Take ${name.address} back`} tone="quiet" action={release}>
      <p>
        Its holder loses it at once, with what is paid for it. Without another key anybody can have it from then on.
      </p>
      <Field label="Why, for the audit log" value={reason} onInput={setReason} isRequired />
      <Field label="To which key it goes, if any" value={person} onInput={setPerson} isMono placeholder="npub1…" />
    </Confirm>
  );
}

const ruleWords: Readonly<Record<RuleAnswer['rule'], string>> = {
  standard: 'sold like others',
  premium: 'sold at its own price',
  reserved: 'given out by admins alone',
  blocked: 'nobody can have it',
};

function Rules(): JSX.Element {
  const rules = useFetchedList<RuleAnswer>('/admin/name-rules');
  const mayChange = useMayChange();
  return (
    <Section title="Rules" lead="Words that are reserved everywhere are not among them.">
      {mayChange ? <NewRule onMade={rules.reload} /> : null}
      <Loading of={rules}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No rules" />
          ) : (
            <ul class="entries">
              {items.map((rule) => (
                <li key={`${rule.local}@${rule.host}`}>
                  <strong>
                    {rule.local}@{rule.host === '*' ? 'every host' : rule.host}
                  </strong>
                  <span class="badge dim">{rule.rule}</span>
                  <div>
                    {ruleWords[rule.rule]}
                    {rule.priceMsat === null ? '' : `, ${formatAmount(rule.priceMsat, 'msat')} a year`}{' '}
                    {mayChange ? <RemoveRule rule={rule} onRemoved={rules.reload} /> : null}
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loading>
      <More action={rules.more} />
    </Section>
  );
}

function RemoveRule({ rule, onRemoved }: { rule: RuleAnswer; onRemoved(): void }): JSX.Element {
  const call = useCall();
  const remove = useAction(async () => {
    const query = new URLSearchParams({ host: rule.host, local: rule.local });
    await call(`/admin/name-rules?${query}`, { method: 'DELETE' });
    onRemoved();
  });
  return (
    <Confirm label="Remove…" about={rule.local} yes="Remove the rule" tone="quiet" action={remove}>
      <p>The name is then sold like others of its length.</p>
    </Confirm>
  );
}

function NewRule({ onMade }: { onMade(): void }): JSX.Element {
  const call = useCall();
  const [local, setLocal] = useState('');
  const [host, setHost] = useState('*');
  const [rule, setRule] = useState('reserved');
  const [sats, setSats] = useState('');
  const make = useAction(async () => {
    const priceMsat = rule === 'premium' ? Number(sats) * 1000 : null;
    await call('/admin/name-rules', {
      method: 'PUT',
      body: { host: host.trim(), local: local.trim(), rule, priceMsat },
    });
    setLocal('');
    onMade();
  });
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        make.run();
      }}
    >
      <div class="field-pair">
        <Field label="Name" value={local} onInput={setLocal} placeholder="support" isRequired />
        <Field label="Host, or * for all" value={host} onInput={setHost} isRequired />
        <Select label="Rule" value={rule} choices={Object.entries(ruleWords)} onChosen={setRule} />
        {rule === 'premium' ? (
          <Field label="Satoshi a year" value={sats} onInput={setSats} keys="numeric" isRequired />
        ) : null}
      </div>
      <button type="submit" disabled={local.trim() === '' || host.trim() === '' || make.isRunning}>
        Write the rule
      </button>
      <Fault text={make.fault} />
    </form>
  );
}
