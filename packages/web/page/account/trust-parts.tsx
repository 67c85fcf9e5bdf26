import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { PersonLink } from './person.tsx';

/** People shown before there is a button for the others. */
const firstShown = 10;

/** People with their trust. */
export function RankList({
  items,
}: {
  items: readonly { readonly pubkey: string; readonly trustScore: number }[];
}): JSX.Element {
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? items : items.slice(0, firstShown);
  if (items.length === 0) return <p>Nobody.</p>;
  return (
    <>
      <ol class="ranks">
        {shown.map(({ pubkey, trustScore }) => (
          <li key={pubkey}>
            <PersonLink pubkey={pubkey} />
            <ScoreBar score={trustScore} />
            <span class="score">{trustScore}</span>
          </li>
        ))}
      </ol>
      {items.length > firstShown && !showsAll ? (
        <button type="button" class="quiet" onClick={() => setShowsAll(true)}>
          Show all {items.length}
        </button>
      ) : null}
    </>
  );
}

/** A score of 0 to 100 as a bar; the figure stands beside it. */
export function ScoreBar({ score }: { score: number }): JSX.Element {
  return (
    <svg class="score-bar tone-3" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      <rect class="fill" width={Math.max(0, Math.min(100, score))} height="6" />
    </svg>
  );
}

/** A chain of people, each of whom follows the next. */
export function Chain({ path }: { path: readonly string[] }): JSX.Element {
  return (
    <ol class="chain">
      {path.map((pubkey) => (
        <li key={pubkey}>
          <PersonLink pubkey={pubkey} />
        </li>
      ))}
    </ol>
  );
}
