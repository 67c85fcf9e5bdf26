import { stepRowsMax } from './limits.ts';
import { createMatchHeap, type Match, type MatchHeap } from './match-heap.ts';
import type { Reader } from './reader.ts';

/** Matches too many to load at once, most of them equally good, in their order step by step. */
export interface Ties {
  /** Does a bounded piece of work: the next matches, about `count`, or none where more work is needed first. */
  step(count: number): readonly Match[];
  isDone(): boolean;
}

/**
 * Puts matches that come best first in order, together with those of `more` that are as good as the last. Those of a
 * better rank come at once; of the equals the times are fetched first, without the texts: newest first, and those of
 * one second together. A word that many notes consist of has hundreds of thousands of equals.
 */
export function createTies(matches: readonly Match[], more: MatchHeap, reader: Reader): Ties {
  const rank = matches.at(-1)?.rank ?? 0;
  const better = matches.filter((match) => match.rank !== rank);
  const byTime = createMatchHeap();
  const times = reader.prepare('SELECT e.seq, e.created_at FROM json_each(?) j CROSS JOIN event e ON e.seq = j.value');
  let equals = matches.slice(better.length);
  let hasBegun = false;
  return {
    isDone: () => hasBegun && equals.length === 0 && byTime.size === 0,
    step: (count) => {
      if (!hasBegun) {
        hasBegun = true;
        if (better.length > 0) return better;
      }
      if (equals.length === 0) return takeNewest(byTime, count).map(({ seq }) => ({ seq, rank }));
      const rows = times.all(JSON.stringify(equals.map(({ seq }) => seq))) as unknown as [number, number][];
      for (const [seq, createdAt] of rows) byTime.add(seq, -createdAt);
      equals = more.take(stepRowsMax, rank);
      return [];
    },
  };
}

/** The newest, and all of the second of the last, whose ids decide. */
function takeNewest(byTime: MatchHeap, count: number): Match[] {
  const taken = byTime.take(count);
  return taken.concat(byTime.take(Number.POSITIVE_INFINITY, taken.at(-1)?.rank));
}
