import type { NameAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useRouter } from '../router.ts';
import { useSurroundings } from '../surroundings.ts';
import { useAction, useCall } from './call.ts';
import { Confirm } from './confirm.tsx';
import { Field } from './forms.tsx';
import { Section } from './frame.tsx';
import { findPubkey, PersonLink, shortNpub } from './person.tsx';
import { RemoteSigner } from './remote-signer.tsx';
import { useSession } from './session.tsx';
import { openExtension, useExtension } from './signers.ts';
import type { PageSigner } from './signing.ts';

/** An order about a name, signed by the key that the name points at. */
const orderKind = 27_405;

type OrderAction = 'transfer' | 'rekey';

const words: Readonly<Record<OrderAction, { title: string; lead: string; field: string; button: string }>> = {
  transfer: {
    title: 'Hand it over',
    lead: 'The name, and what is paid for it, goes to somebody else. Only they can give it back.',
    field: 'Who gets it',
    button: 'Hand over…',
  },
  rekey: {
    title: 'Point it at another key of yours',
    lead: 'The name stays yours; people find the other key by it.',
    field: 'The new key',
    button: 'Change the key…',
  },
};

/** The two ways to change the key of a name; both are ordered by the key that it points at now. */
export function Handover(props: { name: NameAnswer; onChanged(name: NameAnswer): void }): JSX.Element | null {
  const { phase } = props.name;
  if (phase !== 'active' && phase !== 'grace' && phase !== 'expired') return null;
  return (
    <>
      <Order {...props} action="transfer" />
      <Order {...props} action="rekey" />
    </>
  );
}

function Order(props: { name: NameAnswer; action: OrderAction; onChanged(name: NameAnswer): void }): JSX.Element {
  const { name, action } = props;
  const { title, lead, field, button } = words[action];
  const [person, setPerson] = useState('');
  const [toPubkey, setToPubkey] = useState<string>();
  const call = useCall();
  const order = useOrder(props);
  const isThere = useExtension();
  const find = useAction(async () => setToPubkey(await findPubkey(call, person)));
  const sign = useAction(async () => {
    if (toPubkey !== undefined) await order(await openExtension(), toPubkey);
  });
  return (
    <Section title={title} lead={lead}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          find.run();
        }}
      >
        <Field
          label={field}
          value={person}
          onInput={(text) => {
            setPerson(text);
            setToPubkey(undefined);
          }}
          isMono
          placeholder="npub1… or bob@example.com"
          fault={find.fault}
          suffix={
            <button type="submit" disabled={person.trim() === '' || find.isRunning} aria-busy={find.isRunning}>
              {find.isRunning ? 'Looking…' : 'Find'}
            </button>
          }
        />
      </form>
      {toPubkey === undefined ? null : (
        <>
          <p role="status">
            <strong>{name.address}</strong> would point at <PersonLink pubkey={toPubkey} />.
          </p>
          <Confirm key={toPubkey} label={button} yes="Sign with my extension" action={sign}>
            <p>
              {action === 'transfer'
                ? `${name.address} stops being yours at once, with all that is paid for it.`
                : `People who look up ${name.address} find the other key from then on. Only that key can change it again.`}{' '}
              Sign it with {shortNpub(name.pubkey)}, the key it points at now.
              {isThere ? '' : ' No extension was found in this browser; a remote signer will do.'}
            </p>
            <details class="document">
              <summary>Sign with a remote signer instead</summary>
              <RemoteSigner work={(signer) => order(signer, toPubkey)} />
            </details>
          </Confirm>
        </>
      )}
    </Section>
  );
}

/** Signs an order and hands it in. */
function useOrder(props: {
  name: NameAnswer;
  action: OrderAction;
  onChanged(name: NameAnswer): void;
}): (signer: PageSigner, toPubkey: string) => Promise<void> {
  const { name, action, onChanged } = props;
  const { now } = useSurroundings();
  const { go } = useRouter();
  const { me } = useSession();
  const call = useCall();
  return async (signer, toPubkey) => {
    const signing = await signer.getPublicKey();
    if (signing !== name.pubkey) {
      throw new Error(
        `The signer has the key ${shortNpub(signing)}; the name points at ${shortNpub(name.pubkey)}, which has to sign`,
      );
    }
    const event = await signer.signEvent({
      kind: orderKind,
      created_at: Math.floor(now() / 1000),
      tags: [
        ['action', action],
        ['name', name.id],
        ['address', name.address],
        ['p', toPubkey],
        ['u', location.origin],
      ],
      content:
        action === 'transfer'
          ? `${name.address} goes to ${shortNpub(toPubkey)}`
          : `${name.address} points at ${shortNpub(toPubkey)}`,
    });
    const answer = await call<NameAnswer>(`/names/${name.id}/${action}`, { method: 'POST', body: { event } });
    // What was given to somebody else is not to be seen any more.
    if (action === 'transfer' && toPubkey !== me?.pubkey) go('/account/names');
    else onChanged(answer);
  };
}
