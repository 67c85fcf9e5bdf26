import type { KeyAnswer, ShownKey } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatAge, formatInstant } from '../format.ts';
import { Empty } from '../parts/states.tsx';
import { useSurroundings } from '../surroundings.ts';
import type { ListAnswer } from './answers.ts';
import { useAction, useCall, useFetched } from './call.ts';
import { Confirm } from './confirm.tsx';
import { NoRoom } from './domains.tsx';
import { Select } from './forms.tsx';
import { AccountPage, Loading, Section } from './frame.tsx';
import { NewKey } from './key-form.tsx';
import { KeyUsage } from './key-usage.tsx';
import type { BadgeTone } from './name-words.ts';
import { scopeSentences } from './scope-words.ts';
import { useSession } from './session.tsx';
import { ShownOnce } from './shown-once.tsx';

/** Keys for programs: made, replaced, ended, and what they were used for. */
export function Keys(): JSX.Element {
  const keys = useFetched<ListAnswer<KeyAnswer>>('/keys');
  const [made, setMade] = useState<ShownKey>();
  const show = (key: ShownKey): void => {
    setMade(key);
    keys.reload();
    scrollTo({ top: 0 });
  };
  return (
    <AccountPage
      title="API keys"
      lead="Programs of yours ask the API with a key. A key may do no more than you choose."
    >
      {made === undefined ? null : (
        <ShownOnce title={`The key “${made.name}”`} secret={made.key} onDone={() => setMade(undefined)}>
          Put it where your program finds it. It is shown this once; who has it can do what it may do.
        </ShownOnce>
      )}
      <Loading of={keys}>{({ items }) => <KeyList items={items} onMade={show} onChanged={keys.reload} />}</Loading>
    </AccountPage>
  );
}

interface KeyListProps {
  readonly items: readonly KeyAnswer[];
  onMade(key: ShownKey): void;
  onChanged(): void;
}

function KeyList({ items, onMade, onChanged }: KeyListProps): JSX.Element {
  const { me } = useSession();
  const { now } = useSurroundings();
  const [showsEnded, setShowsEnded] = useState(false);
  const nowMs = now();
  const live = items.filter((key) => stateOf(key, nowMs) !== 'ended');
  const ended = items.filter((key) => stateOf(key, nowMs) === 'ended');
  const room = me?.entitlements.apiKeys ?? 0;
  const isFull = live.filter(({ replacedBy }) => replacedBy === null).length >= room;
  return (
    <>
      {isFull ? <NoRoom room={room} what="API keys" /> : <NewKey onMade={onMade} />}
      {live.length === 0 ? <Empty title="No keys yet">{isFull ? '' : 'Make one above.'}</Empty> : null}
      {live.map((key) => (
        <Key key={key.id} answer={key} {...{ onMade, onChanged }} />
      ))}
      {ended.length === 0 ? null : (
        <p class="back">
          <button type="button" class="quiet" aria-expanded={showsEnded} onClick={() => setShowsEnded(!showsEnded)}>
            {showsEnded ? 'Hide' : 'Show'} keys that have ended ({ended.length})
          </button>
        </p>
      )}
      {showsEnded ? ended.map((key) => <Key key={key.id} answer={key} {...{ onMade, onChanged }} />) : null}
    </>
  );
}

function stateOf(key: KeyAnswer, nowMs: number): 'works' | 'replaced' | 'ended' {
  const ends = [key.revokedAt, key.expiresAt].flatMap((at) => (at === null ? [] : [Date.parse(at)]));
  if (ends.some((end) => end <= nowMs)) return 'ended';
  return key.replacedBy === null ? 'works' : 'replaced';
}

const badges: Readonly<Record<ReturnType<typeof stateOf>, readonly [string, BadgeTone]>> = {
  works: ['works', ''],
  replaced: ['replaced', 'warn'],
  ended: ['ended', 'dim'],
};

function Key({ answer, onMade, onChanged }: { answer: KeyAnswer } & Omit<KeyListProps, 'items'>): JSX.Element {
  const { now } = useSurroundings();
  const call = useCall();
  const [showsUsage, setShowsUsage] = useState(false);
  const state = stateOf(answer, now());
  const [word, tone] = badges[state];
  const revoke = useAction(async () => {
    await call(`/keys/${answer.id}`, { method: 'DELETE' });
    onChanged();
  });
  return (
    <Section title={`${answer.name} …${answer.last4}`}>
      <p>
        <span class={`badge ${tone}`}>{word}</span>{' '}
        <code>
          {answer.prefix}…{answer.last4}
        </code>{' '}
        <span class="soft">{usedSentence(answer, now())}</span>
      </p>
      <KeyFacts answer={answer} />
      <div class="buttons">
        <button type="button" class="quiet" aria-expanded={showsUsage} onClick={() => setShowsUsage(!showsUsage)}>
          {showsUsage ? 'Hide usage' : 'Usage'}
          <span class="unseen"> of {answer.name}</span>
        </button>
        {state === 'works' ? <Rotate answer={answer} onMade={onMade} /> : null}
        {state === 'ended' ? null : (
          <Confirm label="End it…" about={answer.name} yes="End it now" action={revoke}>
            <p>Programs that use this key are refused from the next request on. It cannot be brought back.</p>
          </Confirm>
        )}
      </div>
      {showsUsage ? <KeyUsage id={answer.id} name={answer.name} /> : null}
    </Section>
  );
}

function usedSentence({ usedAt }: KeyAnswer, nowMs: number): string {
  return usedAt === null ? 'Never used.' : `Last used ${formatAge(Date.parse(usedAt), nowMs)}.`;
}

function KeyFacts({ answer }: { answer: KeyAnswer }): JSX.Element {
  const { scopes, effectiveScopes, addresses, createdAt, expiresAt, revokedAt } = answer;
  const end = revokedAt === null ? expiresAt : revokedAt;
  return (
    <dl class="pairs">
      <div>
        <dt>May</dt>
        <dd>
          {scopes.map((scope) => (
            <span key={scope} class="line">
              {scopeSentences[scope] ?? scope} <code class="soft">{scope}</code>{' '}
              {effectiveScopes.includes(scope) ? null : <span class="badge warn">not with your plan</span>}
            </span>
          ))}
        </dd>
      </div>
      <div>
        <dt>From</dt>
        <dd>{addresses.length === 0 ? 'anywhere' : addresses.join(', ')}</dd>
      </div>
      <div>
        <dt>Made</dt>
        <dd>{formatInstant(createdAt)}</dd>
      </div>
      <div>
        <dt>{revokedAt === null ? 'Ends' : 'Ended'}</dt>
        <dd>{end === null ? 'when you end it' : formatInstant(end)}</dd>
      </div>
    </dl>
  );
}

const overlaps: readonly (readonly [string, string])[] = [
  ['0', 'ends at once'],
  ['3600', 'works for an hour'],
  ['86400', 'works for a day'],
  ['604800', 'works for a week'],
];

function Rotate({ answer, onMade }: { answer: KeyAnswer; onMade(key: ShownKey): void }): JSX.Element {
  const call = useCall();
  const [overlap, setOverlap] = useState('86400');
  const rotate = useAction(async () => {
    const body = { overlapSeconds: Number(overlap) };
    onMade(await call<ShownKey>(`/keys/${answer.id}/rotate`, { method: 'POST', body }));
  });
  return (
    <Confirm label="Replace…" about={answer.name} yes="Make the new key" tone="quiet" action={rotate}>
      <p>A new key is made that may do the same. Put it in place while the old one still works.</p>
      <Select label="The old key" value={overlap} choices={overlaps} onChosen={setOverlap} />
    </Confirm>
  );
}
