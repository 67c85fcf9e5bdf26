import type { Filter } from '@nostrata/protocol';
import { parseSearch, toFts5 } from '../search-query.ts';
import { compileCheck } from './check.ts';
import type { Entry } from './entry.ts';
import { stepRowsMax } from './limits.ts';
import type { Scan, ScanOptions } from './scan.ts';

/**
 * The events of a filter with search, best first (bm25). Positions are fetched in the order of their rank, and the
 * filter's other conditions are checked on each.
 */
export function createSearchScan(filter: Filter, options: ScanOptions): Scan {
  const query = parseSearch(filter.search ?? '');
  if (query.type !== 'phrases') return { step: () => [], isDone: () => true, needsSnapshot: false };
  const { reader } = options;
  const check = compileCheck(filter, options as Parameters<typeof compileCheck>[1]);
  const find = reader.prepare(
    'SELECT e.seq FROM search s CROSS JOIN event e ON e.seq = s.rowid WHERE search MATCH ? ORDER BY s.rank, e.created_at DESC, substr(e.json, 8, 64)',
  );
  let seqs: readonly number[] | undefined;
  let at = 0;
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  return {
    needsSnapshot: true,
    isDone: () => left <= 0 || (seqs !== undefined && at >= seqs.length),
    step: () => {
      seqs ??= (find.all(toFts5(query)) as unknown as [number][]).map(([seq]) => seq);
      const part = seqs.slice(at, at + stepRowsMax);
      at += part.length;
      const found: Entry[] = reader.load(part).filter((entry) => entry !== undefined && check(entry)) as Entry[];
      const entries = found.slice(0, left);
      left -= entries.length;
      return entries;
    },
  };
}
