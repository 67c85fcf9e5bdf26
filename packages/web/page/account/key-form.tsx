import type { ShownKey } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.ts';
import { useAction, useCall } from './call.ts';
import { Choices, Fault, Field, Select } from './forms.tsx';
import { Section } from './frame.tsx';
import { grantableScopes, scopeChoices } from './scope-words.ts';
import { useSession } from './session.tsx';

const lives: readonly (readonly [string, string])[] = [
  ['', 'when you end it'],
  ['30', 'after 30 days'],
  ['90', 'after 90 days'],
  ['365', 'after a year'],
];
const dayMs = 86_400_000;

/** Makes a key. */
export function NewKey({ onMade }: { onMade(key: ShownKey): void }): JSX.Element | null {
  const { me } = useSession();
  const { now } = useSurroundings();
  const call = useCall();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [addresses, setAddresses] = useState('');
  const [days, setDays] = useState('');
  const make = useAction(async () => {
    const key = await call<ShownKey>('/keys', {
      method: 'POST',
      body: {
        name: name.trim(),
        scopes,
        addresses: addresses.split(/[\s,]+/).filter((word) => word !== ''),
        ...(days === '' ? {} : { expiresAt: new Date(now() + Number(days) * dayMs).toISOString() }),
      },
    });
    setName('');
    setScopes([]);
    setAddresses('');
    onMade(key);
  });
  if (me === undefined) return null;
  return (
    <Section title="Make a key">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          make.run();
        }}
      >
        <Field label="Name, for you to know it by" value={name} onInput={setName} placeholder="My bot" isRequired />
        <Choices legend="It may" choices={scopeChoices(grantableScopes(me))} chosen={scopes} onChosen={setScopes} />
        <div class="field-pair">
          <Field
            label="Only from these addresses"
            value={addresses}
            onInput={setAddresses}
            isMono
            placeholder="192.0.2.7, 2001:db8::/48"
            hint="From anywhere if it is empty."
          />
          <Select label="It ends" value={days} choices={lives} onChosen={setDays} />
        </div>
        <button
          type="submit"
          class="main"
          disabled={name.trim() === '' || scopes.length === 0 || make.isRunning}
          aria-busy={make.isRunning}
        >
          Make the key
        </button>
        <Fault text={make.fault} />
      </form>
    </Section>
  );
}
