import type { Filter } from '@nostrata/protocol';
import { parseSearch, toFts5 } from '../search-query.ts';
import { compileCheck } from './check.ts';
import type { Entry } from './entry.ts';
import { stepRowsMax } from './limits.ts';
import { compareEntries, type Scan, type ScanOptions } from './scan.ts';

/**
 * The events of a filter with search, best first (bm25). Positions are fetched in the order of their rank, and the
 * filter's other conditions are checked on each.
 */
export function createSearchScan(filter: Filter, options: ScanOptions): Scan {
  const query = parseSearch(filter.search ?? '');
  if (query.type !== 'phrases') return { step: () => [], isDone: () => true, needsSnapshot: false };
  const { reader } = options;
  const check = compileCheck(filter, options as Parameters<typeof compileCheck>[1]);
  const find = reader.prepare('SELECT rowid, rank FROM search WHERE search MATCH ? ORDER BY rank');
  let matches: readonly Match[] | undefined;
  let at = 0;
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  return {
    needsSnapshot: true,
    isDone: () => left <= 0 || (matches !== undefined && at >= matches.length),
    step: () => {
      matches ??= find.all(toFts5(query)) as unknown as Match[];
      const part = nextMatches(matches, at, Math.min(stepRowsMax, left * 2 + 50));
      at += part.length;
      const entries = inOrder(part, reader.load(part.map(([seq]) => seq)))
        .filter(check)
        .slice(0, left);
      left -= entries.length;
      return entries;
    },
  };
}

type Match = readonly [seq: number, rank: number];

/** The next matches, about `count` of them; those that are equally good stay together. */
function nextMatches(matches: readonly Match[], from: number, count: number): readonly Match[] {
  let end = Math.min(matches.length, from + count);
  while (end < matches.length && matches[end]?.[1] === matches[end - 1]?.[1]) end += 1;
  return matches.slice(from, end);
}

/** The events of matches: best first, and among equals newest first, then lowest id. */
function inOrder(matches: readonly Match[], loaded: readonly (Entry | undefined)[]): Entry[] {
  const ranked = matches.flatMap(([, rank], index) => {
    const entry = loaded[index];
    return entry ? [{ rank, entry }] : [];
  });
  return ranked.sort((a, b) => a.rank - b.rank || compareEntries(a.entry, b.entry)).map(({ entry }) => entry);
}
