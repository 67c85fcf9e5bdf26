import type { HostAudit, VerifyAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatAge } from '../format.ts';
import { useSurroundings } from '../surroundings.ts';
import { useAction, useCall } from './call.ts';
import { Fault, Field } from './forms.tsx';
import { Section } from './frame.tsx';
import { addressSentences, PersonLink, readPubkey } from './person.tsx';

/** Tools for addresses of anybody. */
export function AddressTools(): JSX.Element {
  return (
    <>
      <VerifyAddress />
      <AuditHost />
    </>
  );
}

function VerifyAddress(): JSX.Element {
  const call = useCall();
  const [address, setAddress] = useState('');
  const [person, setPerson] = useState('');
  const [found, setFound] = useState<VerifyAnswer>();
  const look = useAction(async () => {
    setFound(undefined);
    const pubkey = person.trim() === '' ? undefined : readPubkey(person);
    if (person.trim() !== '' && pubkey === undefined) throw new Error('The key is neither an npub nor 64 hex digits');
    const query = new URLSearchParams({ address: address.trim(), ...(pubkey === undefined ? {} : { pubkey }) });
    setFound(await call<VerifyAnswer>(`/names/verify?${query}`));
  });
  return (
    <Section title="Look up an address" lead="Asks its host which key the address stands for.">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          look.run();
        }}
      >
        <div class="field-pair">
          <Field label="Address" value={address} onInput={setAddress} placeholder="alice@example.com" isRequired />
          <Field label="Key that you expect, if any" value={person} onInput={setPerson} placeholder="npub1…" isMono />
        </div>
        <button type="submit" disabled={address.trim() === '' || look.isRunning} aria-busy={look.isRunning}>
          {look.isRunning ? 'Asking the host…' : 'Look up'}
        </button>
        <Fault text={look.fault} />
      </form>
      <div role="status" class="found">
        {found === undefined ? null : <Verified found={found} />}
      </div>
    </Section>
  );
}

function Verified({ found }: { found: VerifyAnswer }): JSX.Element {
  const { now } = useSurroundings();
  const isGood = found.state === 'identified';
  return (
    <>
      <p>
        <span class={isGood ? 'badge' : 'badge bad'}>{isGood ? 'right' : 'not right'}</span>{' '}
        <strong>{found.address}</strong>: {addressSentences[found.state]}{' '}
        <span class="soft">Asked {formatAge(Date.parse(found.checkedAt), now())}.</span>
      </p>
      {found.pubkey === null ? null : (
        <p>
          It stands for <PersonLink pubkey={found.pubkey} />.
        </p>
      )}
      {found.relays.length === 0 ? null : (
        <p class="soft">
          Relays: <bdi>{found.relays.join(', ')}</bdi>
        </p>
      )}
    </>
  );
}

function AuditHost(): JSX.Element {
  const call = useCall();
  const [host, setHost] = useState('');
  const [name, setName] = useState('');
  const [found, setFound] = useState<HostAudit>();
  const look = useAction(async () => {
    setFound(undefined);
    const wanted = name.trim();
    const query = new URLSearchParams({ host: host.trim(), ...(wanted === '' ? {} : { name: wanted }) });
    setFound(await call<HostAudit>(`/names/audit?${query}`));
  });
  return (
    <Section
      title="Check a host that serves names"
      lead="Asks it as a page in a browser would, and says what is right and how to mend what is not."
    >
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          look.run();
        }}
      >
        <div class="field-pair">
          <Field label="Host" value={host} onInput={setHost} placeholder="example.com" keys="url" isRequired />
          <Field label="A name on it, if any" value={name} onInput={setName} placeholder="alice" />
        </div>
        <button type="submit" disabled={host.trim() === '' || look.isRunning} aria-busy={look.isRunning}>
          {look.isRunning ? 'Asking the host…' : 'Check'}
        </button>
        <Fault text={look.fault} />
      </form>
      <div role="status" class="found">
        {found === undefined ? null : <Checks found={found} />}
      </div>
    </Section>
  );
}

function Checks({ found: { host, checks } }: { found: HostAudit }): JSX.Element {
  const wrong = checks.filter(({ ok }) => !ok).length;
  return (
    <>
      <p>
        <strong>{host}</strong>{' '}
        {wrong === 0
          ? 'does everything right.'
          : wrong === 1
            ? 'has one thing to mend.'
            : `has ${wrong} things to mend.`}
      </p>
      <ul class="checks">
        {checks.map(({ id, ok, message }) => (
          <li key={id}>
            <span class={ok ? 'badge' : 'badge bad'}>{ok ? 'right' : 'wrong'}</span> <span>{message}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
