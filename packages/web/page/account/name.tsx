import type { ChangeAnswer, NameAnswer, PaymentAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatInstant } from '../format.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { useRouter } from '../router.ts';
import type { ListAnswer } from './answers.ts';
import { useAction, useCall, useFetched } from './call.ts';
import { Confirm } from './confirm.tsx';
import { yearChoices } from './find-name.tsx';
import { ActionButton, Copyable, Select } from './forms.tsx';
import { AccountPage, Loading, Section } from './frame.tsx';
import { Handover } from './handover.tsx';
import { changeSentence, phaseSentence } from './name-words.ts';
import { PhaseBadge } from './names.tsx';
import { usePayWay } from './pay-way.tsx';
import { PersonLink } from './person.tsx';

/** One name: what it points at, how long, and what can be done with it. */
export function Name({ id }: { id: string }): JSX.Element {
  const name = useFetched<NameAnswer>(`/names/${id}`);
  const [turn, setTurn] = useState(0);
  const change = (answer: NameAnswer): void => {
    name.replace(answer);
    setTurn(turn + 1);
  };
  return (
    <AccountPage title={name.answer?.address ?? 'Name'}>
      <p class="back">
        <a href="/account/names">All names</a>
      </p>
      <Loading of={name}>
        {(answer) => (
          <>
            <Standing name={answer} />
            <Renew name={answer} />
            <Relays name={answer} onChanged={change} />
            <Handover name={answer} onChanged={change} />
            <Release name={answer} />
            <History key={turn} id={id} />
          </>
        )}
      </Loading>
    </AccountPage>
  );
}

function Standing({ name }: { name: NameAnswer }): JSX.Element {
  return (
    <Section title="State">
      <p>
        <PhaseBadge phase={name.phase} /> {phaseSentence(name)}
      </p>
      <dl class="pairs">
        <div>
          <dt>Address</dt>
          <dd>
            <Copyable text={name.address} label="address" />
          </dd>
        </div>
        <div>
          <dt>Points at</dt>
          <dd>
            <PersonLink pubkey={name.pubkey} />
          </dd>
        </div>
        <div>
          <dt>Yours since</dt>
          <dd>{formatInstant(name.createdAt)}</dd>
        </div>
      </dl>
    </Section>
  );
}

function Renew({ name }: { name: NameAnswer }): JSX.Element | null {
  const call = useCall();
  const { go } = useRouter();
  const { provider, canPay, choice } = usePayWay();
  const [years, setYears] = useState('1');
  const renew = useAction(async () => {
    const { payment } = await call<{ payment: PaymentAnswer }>(`/names/${name.id}/renew`, {
      method: 'POST',
      body: { years: Number(years), provider },
    });
    go(`/account/payments/${payment.id}`);
  });
  if (name.coverage === 'granted' || name.phase === 'free') return null;
  const lead =
    name.coverage === 'plan'
      ? 'Your plan covers it. Paid for by itself, it goes on when the plan ends.'
      : name.phase === 'active'
        ? 'The years begin where the paid time ends: nothing is lost by renewing early.'
        : undefined;
  return (
    <Section title={name.phase === 'held' ? 'Pay for it' : 'Renew'} lead={lead}>
      <div class="form">
        <div class="field-pair">
          <Select label="For" value={years} choices={yearChoices} onChosen={setYears} />
          {choice}
        </div>
        <ActionButton action={renew} tone="main" isDisabled={!canPay}>
          {name.phase === 'held' ? 'Pay' : 'Renew and pay'}
        </ActionButton>
        {canPay ? null : <p class="soft">The operator has not set up a way to pay yet.</p>}
      </div>
    </Section>
  );
}

function Relays(props: { name: NameAnswer; onChanged(name: NameAnswer): void }): JSX.Element {
  const { name } = props;
  const call = useCall();
  const [text, setText] = useState(name.relays.join('\n'));
  const [isSaved, setIsSaved] = useState(false);
  const save = useAction(async () => {
    setIsSaved(false);
    const relays = text.split(/\s+/).filter((word) => word !== '');
    const answer = await call<NameAnswer>(`/names/${name.id}`, { method: 'PATCH', body: { relays } });
    setText(answer.relays.join('\n'));
    setIsSaved(true);
    props.onChanged(answer);
  });
  return (
    <Section title="Relays" lead="Where clients that look the name up are told to find your events. Ten at most.">
      <div class="form">
        <div class="field">
          <label for="relays-of-name">One in each line</label>
          <textarea
            id="relays-of-name"
            class="mono"
            rows={4}
            value={text}
            spellcheck={false}
            placeholder="wss://relay.example.com"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </div>
        <ActionButton action={save} isDisabled={text.trim() === name.relays.join('\n')}>
          Save relays
        </ActionButton>
        <span role="status" class="soft">
          {isSaved ? 'Saved.' : ''}
        </span>
      </div>
    </Section>
  );
}

function Release({ name }: { name: NameAnswer }): JSX.Element | null {
  const call = useCall();
  const { go } = useRouter();
  const release = useAction(async () => {
    await call(`/names/${name.id}`, { method: 'DELETE' });
    go('/account/names');
  });
  if (name.phase === 'quarantine' || name.phase === 'free') return null;
  return (
    <Section title="Give it up">
      <Confirm label="Give up this name…" yes={`Give up ${name.address}`} action={release}>
        {name.phase === 'held' ? (
          <p>
            <strong>{name.address}</strong> is no longer held for you: anybody can have it at once. Do not pay its
            invoice any more.
          </p>
        ) : (
          <p>
            <strong>{name.address}</strong> stops working at once: nobody finds your key by it, and zaps to it fail.
            {name.paidUntil === null ? '' : ` The time until ${formatInstant(name.paidUntil)} is not paid back.`} For a
            while you can come back to it; then anybody can have it.
          </p>
        )}
      </Confirm>
    </Section>
  );
}

function History({ id }: { id: string }): JSX.Element {
  const history = useFetched<ListAnswer<ChangeAnswer>>(`/names/${id}/history`);
  return (
    <Section title="History">
      <Loading of={history}>
        {({ items }) => (
          <ScrollBox label="History of the name">
            <table class="figures rows">
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">What</th>
                  <th scope="col">Key</th>
                </tr>
              </thead>
              <tbody>
                {items.map((change) => (
                  <tr key={change.id}>
                    <th scope="row">{formatInstant(change.at)}</th>
                    <td class="prose-cell">{changeSentence(change)}</td>
                    <td>
                      {change.toPubkey === null ? '–' : <PersonLink pubkey={change.toPubkey} />}
                      <Evidence text={change.evidence} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        )}
      </Loading>
    </Section>
  );
}

/** The payment or the signed order behind a change. */
function Evidence({ text }: { text: string | null }): JSX.Element | null {
  if (text === null) return null;
  if (/^pay_\w+$/.test(text)) {
    return (
      <>
        {' '}
        <a href={`/account/payments/${text}`}>payment</a>
      </>
    );
  }
  return (
    <details class="document">
      <summary>Signed order</summary>
      <pre class="whole">{text}</pre>
    </details>
  );
}
