import type { Filter } from '@nostrata/protocol';
import { parseSearch, toFts5 } from '../search-query.ts';
import { compileCheck } from './check.ts';
import type { Entry } from './entry.ts';
import { stepRowsMax } from './limits.ts';
import type { Match, MatchHeap } from './match-heap.ts';
import { findMatches } from './matches.ts';
import type { ReadContext } from './read-context.ts';
import { compareEntries, type Scan } from './scan.ts';
import { createTies, type Ties } from './ties.ts';

/**
 * The events of a filter with search, best first (bm25). All matches are ranked before the first is handed out; then
 * they are taken in the order of their rank, and the filter's other conditions are checked on each.
 */
export async function startSearch(filter: Filter, context: ReadContext): Promise<Scan> {
  const query = parseSearch(filter.search ?? '');
  if (query.type !== 'phrases' || filter.limit === 0) {
    return { step: () => [], isDone: () => true, needsSnapshot: false };
  }
  return createSearchScan(filter, context, await findMatches(toFts5(query), context));
}

function createSearchScan(filter: Filter, context: ReadContext, matches: MatchHeap): Scan {
  const { reader } = context;
  const check = compileCheck(filter, context as Parameters<typeof compileCheck>[1]);
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let ties: Ties | undefined;
  const takeNext = (): readonly Match[] => {
    const count = Math.min(stepRowsMax, left * 2 + 50);
    if (!ties) {
      const part = matches.take(count);
      const rank = part.at(-1)?.rank;
      // What is equally good stays together: its order is that of the events.
      part.push(...matches.take(stepRowsMax, rank));
      if (rank === undefined || matches.best !== rank) return part;
      ties = createTies(part, matches, reader);
    }
    const part = ties.step(count);
    if (ties.isDone()) ties = undefined;
    return part;
  };
  return {
    needsSnapshot: true,
    isDone: () => left <= 0 || (matches.size === 0 && !ties),
    step: () => {
      const part = takeNext();
      const entries = inOrder(part, reader.load(part.map(({ seq }) => seq)))
        .filter(check)
        .slice(0, left);
      left -= entries.length;
      return entries;
    },
  };
}

/** The events of matches: best first, and among equals newest first, then lowest id. */
function inOrder(matches: readonly Match[], loaded: readonly (Entry | undefined)[]): Entry[] {
  const ranked = matches.flatMap(({ rank }, index) => {
    const entry = loaded[index];
    return entry ? [{ rank, entry }] : [];
  });
  return ranked.sort((a, b) => a.rank - b.rank || compareEntries(a.entry, b.entry)).map(({ entry }) => entry);
}
