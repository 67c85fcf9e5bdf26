import { type Change, toSeq } from '@nostrata/store';
import { createRecentMap } from '../freshness/recent-map.ts';
import { rowsInMemoryMax } from '../limits.ts';

/** Rows of views that were read lately; never older than what the views show. */
export interface RowMemory {
  /** The row of that person, from memory or else by reading it. */
  read<T>(kind: number, pubkey: string, load: () => Promise<T | undefined>): Promise<T | undefined>;
  stop(): void;
}

/** What the memory follows. */
export interface RowMemoryOptions {
  readonly follow: (follower: (changes: readonly Change[]) => void) => () => void;
  readonly caughtUp: (seq?: Change['seq']) => Promise<void>;
  /** Whether the views show everything that is stored: while they catch up at a start, rows change without a commit. */
  readonly isCaughtUp: () => boolean;
}

/**
 * Makes the memory. A change of a row is known before the view shows it: the row is forgotten then, and once more when
 * the view has applied the change, and nothing that was being read meanwhile is kept.
 */
export function createRowMemory({ follow, caughtUp, isCaughtUp }: RowMemoryOptions): RowMemory {
  const rows = createRecentMap<{ readonly row: unknown }>(rowsInMemoryMax);
  let generation = 0;
  const forget = (changes: readonly Change[]): void => {
    generation += 1;
    for (const change of changes) {
      const { kind, pubkey } = change.type === 'stored' ? change.event : change;
      rows.delete(`${kind}:${pubkey}`);
    }
  };
  const unfollow = follow((changes) => {
    forget(changes);
    void caughtUp(changes.at(-1)?.seq ?? toSeq(0)).then(() => forget(changes));
  });
  return {
    read: async <T>(kind: number, pubkey: string, load: () => Promise<T | undefined>) => {
      const key = `${kind}:${pubkey}`;
      const known = rows.get(key);
      if (known) return known.row as T | undefined;
      const before = isCaughtUp() ? generation : undefined;
      const row = await load();
      if (generation === before) rows.set(key, { row });
      return row;
    },
    stop: unfollow,
  };
}
