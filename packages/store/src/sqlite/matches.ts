import { nextTurn } from '#platform';
import { searchPartRows, searchPartsMax, sliceMs, stepRowsMax } from './limits.ts';
import { type MatchCursor, type MatchRow, matchesSql } from './long-searches.ts';
import { createMatchHeap, type MatchHeap } from './match-heap.ts';
import type { ReadContext } from './read-context.ts';

/**
 * All matches of a search with their ranks. A few are fetched at once; many are walked on a connection of their own,
 * between whose slices others have their turn, for its open statement would keep everybody else's reads in the past.
 */
export async function findMatches(words: string, context: ReadContext): Promise<MatchHeap> {
  const { reader, longSearches } = context;
  const heap = createMatchHeap();
  const count = reader.prepare(`SELECT rowid FROM search WHERE search MATCH ? LIMIT ${stepRowsMax}`);
  const isLong = reader.attempt(() => count.all(words)).length === stepRowsMax;
  if (isLong && longSearches) {
    await longSearches.run((open) => walk(heap, () => reader.attempt(() => open(words)), context));
  } else {
    const rows = reader.attempt(() => reader.prepare(matchesSql).all(words)) as unknown as MatchRow[];
    for (const [seq, rank] of rows) heap.add(seq, rank);
  }
  return heap;
}

async function walk(heap: MatchHeap, open: () => MatchCursor, { reader, now, signal }: ReadContext): Promise<void> {
  const cursor = open();
  try {
    for (;;) {
      // Another search may have ended in this very turn.
      await nextTurn();
      signal?.throwIfAborted();
      const until = now() + sliceMs;
      // The clock may stand still, so a slice has a bound in rows too.
      for (let part = 0; part < searchPartsMax; part += 1) {
        const rows = reader.attempt(() => cursor.next(searchPartRows));
        for (const [seq, rank] of rows) heap.add(seq, rank);
        if (rows.length < searchPartRows) return;
        if (now() >= until) break;
      }
    }
  } finally {
    cursor.end();
  }
}
