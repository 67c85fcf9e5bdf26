import { encodeNpub } from '@nostrata/protocol';
import type { PathAnswer } from '@nostrata/trust';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useAction, useCall, useFetched } from './call.ts';
import { Fault, Field } from './forms.tsx';
import { Loading, Section } from './frame.tsx';
import { findPubkey, PersonLink, readPubkey } from './person.tsx';
import { Chain } from './trust-parts.tsx';

/** Whether a chain of follows leads from one person to another, and which. */
export function PathFinder(props: { from: string; to: string }): JSX.Element {
  const call = useCall();
  const [from, setFrom] = useState(props.from);
  const [to, setTo] = useState(props.to);
  const [ends, setEnds] = useState(() => readEnds(props));
  const find = useAction(async () => {
    setEnds(undefined);
    const [first, last] = await Promise.all([findPubkey(call, from), findPubkey(call, to)]);
    setEnds({ from: first, to: last });
  });
  return (
    <Section title="Path between two people" lead="The shortest chain of follows from the first to the second.">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          find.run();
        }}
      >
        <div class="field-pair">
          <Field label="From" value={from} onInput={setFrom} isMono placeholder="npub1… or alice@example.com" />
          <Field label="To" value={to} onInput={setTo} isMono placeholder="npub1… or bob@example.com" />
        </div>
        <button
          type="submit"
          disabled={from.trim() === '' || to.trim() === '' || find.isRunning}
          aria-busy={find.isRunning}
        >
          {find.isRunning ? 'Looking…' : 'Find the path'}
        </button>
        <Fault text={find.fault} />
      </form>
      {ends === undefined ? null : <Found from={ends.from} to={ends.to} />}
    </Section>
  );
}

function readEnds({ from, to }: { from: string; to: string }): { from: string; to: string } | undefined {
  const [first, last] = [readPubkey(from), readPubkey(to)];
  return first === undefined || last === undefined ? undefined : { from: first, to: last };
}

function Found({ from, to }: { from: string; to: string }): JSX.Element {
  const query = new URLSearchParams({ from: encodeNpub(from), to: encodeNpub(to) });
  const found = useFetched<PathAnswer>(`/wot/path?${query}`);
  return (
    <div role="status" class="found">
      <Loading of={found}>
        {({ path, steps }) =>
          path === null ? (
            <p>
              No chain of follows leads from <PersonLink pubkey={from} /> to <PersonLink pubkey={to} />.
            </p>
          ) : (
            <>
              <p>{steps === 0 ? 'They are the same.' : steps === 1 ? 'One step.' : `${steps} steps.`}</p>
              <Chain path={path} />
            </>
          )
        }
      </Loading>
    </div>
  );
}
