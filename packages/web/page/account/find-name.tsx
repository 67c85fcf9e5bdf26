import type { CheckAnswer, HostsAnswer, RegisterAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useRouter } from '../router.ts';
import { useAction, useCall, useFetched } from './call.ts';
import { ActionButton, Field, Select } from './forms.tsx';
import { Loading, Section } from './frame.tsx';
import { formatPrice } from './money.ts';
import { usePayWay } from './pay-way.tsx';
import { findPubkey } from './person.tsx';
import { messageOf } from './request.ts';
import { useSession } from './session.tsx';

/** After a pause of this length what was typed is looked up. */
const pauseMs = 300;

/** The years that can be bought at once, and what they are called. */
export const yearChoices: readonly (readonly [string, string])[] = [1, 2, 3, 5, 10].map(
  (years) => [String(years), years === 1 ? 'one year' : `${years} years`] as const,
);

/** Finds a name that is free, and takes it. */
export function FindName(): JSX.Element {
  const hosts = useFetched<HostsAnswer>('/names/hosts');
  return (
    <Section title="Find a name" lead="Type it: what is free and what it costs shows at once.">
      <Loading of={hosts}>
        {(answer) =>
          answer.items.length === 0 ? <p>The operator gives out no names here.</p> : <FindForm hosts={answer} />
        }
      </Loading>
    </Section>
  );
}

function FindForm({ hosts }: { hosts: HostsAnswer }): JSX.Element {
  const [name, setName] = useState('');
  const [host, setHost] = useState(hosts.items[0]?.host ?? '');
  const { found, fault } = useCheck(name.trim(), host);
  return (
    <div class="form">
      <div class="field-pair">
        <Field
          label="Name"
          value={name}
          onInput={setName}
          placeholder="alice"
          suffix={<span class="soft">@{host}</span>}
        />
        {hosts.items.length > 1 ? (
          <Select
            label="At"
            value={host}
            choices={hosts.items.map((item) => [item.host, item.kind === 'own' ? `${item.host} (yours)` : item.host])}
            onChosen={setHost}
          />
        ) : null}
      </div>
      <div role="status" class="found">
        {fault ?? (found === undefined ? null : <Found found={found} />)}
      </div>
      {found?.available && fault === undefined ? (
        <Take key={found.address} found={found} name={name.trim()} host={host} />
      ) : null}
      <PriceList hosts={hosts} />
    </div>
  );
}

/** Looks a name up as it is typed; an answer to something else than what stands there now is not shown. */
function useCheck(name: string, host: string): { found: CheckAnswer | undefined; fault: string | undefined } {
  const call = useCall();
  const asked = `${name}@${host}`;
  const [state, setState] = useState<{ asked: string; found?: CheckAnswer; fault?: string }>({ asked: '' });
  useEffect(() => {
    if (name === '') return;
    const leaving = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const found = await call<CheckAnswer>(`/names/check?${new URLSearchParams({ name, host })}`, {
          signal: leaving.signal,
        });
        setState({ asked, found });
      } catch (error) {
        if (!leaving.signal.aborted) setState({ asked, fault: messageOf(error) });
      }
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [name, host, call]);
  return state.asked === asked ? { found: state.found, fault: state.fault } : { found: undefined, fault: undefined };
}

function Found({ found }: { found: CheckAnswer }): JSX.Element {
  if (!found.available) {
    return (
      <p>
        <span class="badge bad">not free</span> <strong>{found.address}</strong>: {found.reason ?? 'it cannot be had'}.
      </p>
    );
  }
  return (
    <p>
      <span class="badge">free</span> <strong>{found.address}</strong>{' '}
      {found.coveredByPlan
        ? 'is covered by your plan.'
        : found.price === null
          ? 'costs nothing.'
          : `costs ${formatPrice(found.price)} a year${found.rule === 'premium' ? ', being a special one' : ''}.`}
    </p>
  );
}

function Take({ found, name, host }: { found: CheckAnswer; name: string; host: string }): JSX.Element {
  const { me } = useSession();
  const { go } = useRouter();
  const call = useCall();
  const { provider, canPay, choice } = usePayWay();
  const [years, setYears] = useState('1');
  const [person, setPerson] = useState(me?.npub ?? '');
  const isPaid = !found.coveredByPlan && found.price !== null;
  const take = useAction(async () => {
    const pubkey = await findPubkey(call, person);
    const terms = isPaid ? { years: Number(years), provider } : {};
    const { name: taken, payment } = await call<RegisterAnswer>('/names', {
      method: 'POST',
      body: { name, host, pubkey, ...terms },
    });
    go(payment === null ? `/account/names/${taken.id}` : `/account/payments/${payment.id}`);
  });
  return (
    <>
      <Field
        label="For which key"
        value={person}
        onInput={setPerson}
        isMono
        hint={me?.npub === person ? 'Your own.' : 'An npub, 64 hex digits, or the address of somebody.'}
      />
      {isPaid ? (
        <div class="field-pair">
          <Select label="For" value={years} choices={yearChoices} onChosen={setYears} />
          {choice}
        </div>
      ) : null}
      <ActionButton action={take} tone="main" isDisabled={(isPaid && !canPay) || person.trim() === ''}>
        {isPaid ? `Register and pay ${found.address}` : `Register ${found.address}`}
      </ActionButton>
      {isPaid && !canPay ? <p class="soft">The operator has not set up a way to pay yet.</p> : null}
    </>
  );
}

function PriceList({ hosts: { prices } }: { hosts: HostsAnswer }): JSX.Element | null {
  if (prices.length === 0) return null;
  const sorted = prices.toSorted((a, b) => b.charactersMin - a.charactersMin);
  return (
    <details class="document">
      <summary>Prices by length</summary>
      <dl class="pairs">
        {sorted.map(({ charactersMin, price }, place) => (
          <div key={charactersMin}>
            <dt>{place === 0 ? `${charactersMin} characters or more` : `${charactersMin} characters`}</dt>
            <dd>{formatPrice(price)} a year</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
