import type { NameAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { Empty } from '../parts/states.tsx';
import type { ListAnswer } from './answers.ts';
import { useFetched } from './call.ts';
import { FindName } from './find-name.tsx';
import { AccountPage, Loading, Section } from './frame.tsx';
import { AddressTools } from './name-tools.tsx';
import { phaseBadges, phaseSentence } from './name-words.ts';

/** The names of whoever is signed in, the way to another, and tools for addresses of anybody. */
export function Names(): JSX.Element {
  return (
    <AccountPage title="Names" lead="Addresses such as alice@example.com, by which people find your key (NIP-05).">
      <MyNames />
      <FindName />
      <AddressTools />
    </AccountPage>
  );
}

function MyNames(): JSX.Element {
  const names = useFetched<ListAnswer<NameAnswer>>('/names');
  return (
    <Section title="Your names">
      <Loading of={names}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No names yet">Find one below that is free.</Empty>
          ) : (
            <NameRows items={items} />
          )
        }
      </Loading>
    </Section>
  );
}

function NameRows({ items }: { items: readonly NameAnswer[] }): JSX.Element {
  return (
    <ul class="entries">
      {items.map((name) => (
        <li key={name.id}>
          <a href={`/account/names/${name.id}`}>{name.address}</a>
          <PhaseBadge phase={name.phase} />
          <span>{phaseSentence(name)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The phase of a name in a word. */
export function PhaseBadge({ phase }: { phase: NameAnswer['phase'] }): JSX.Element {
  const [word, tone] = phaseBadges[phase];
  return <span class={`badge ${tone}`}>{word}</span>;
}
