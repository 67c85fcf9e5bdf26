import type { Database } from '@nostrata/database';
import type { Clock } from '@nostrata/network';
import { flushRowsMax, shownAgainMs, shownAgeMaxMs, shownPeopleMax } from '../limits.ts';
import { createFlusher } from './flusher.ts';

/** The people whose profiles the application has shown lately, kept between starts: they are likely to be shown again. */
export interface ShownPeople {
  /** Somebody is shown now. */
  note(pubkey: string): void;
  /** Those of the last days, the latest first. */
  list(): readonly string[];
  stop(): Promise<void>;
}

/** Opens the list over its table; all of it is in memory. */
export async function createShownPeople(
  database: Database,
  clock: Clock,
  onFailed: (what: string, error: unknown) => void,
): Promise<ShownPeople> {
  const rows = await database.query<{ pubkey: string; shown_at_ms: number }>(
    'SELECT pubkey, shown_at_ms FROM core_shown WHERE shown_at_ms > $1 ORDER BY shown_at_ms DESC LIMIT $2',
    [clock.now() - shownAgeMaxMs, shownPeopleMax],
  );
  /** The latest last. */
  const shownAtMs = new Map(rows.toReversed().map((row) => [row.pubkey, Number(row.shown_at_ms)]));
  const unsaved = new Set<string>();
  const save = async (): Promise<void> => {
    const pubkeys = [...unsaved].slice(0, flushRowsMax);
    await database.transaction(async (transaction) => {
      for (const pubkey of pubkeys) {
        await transaction.query(
          `INSERT INTO core_shown (pubkey, shown_at_ms) VALUES ($1, $2)
           ON CONFLICT (pubkey) DO UPDATE SET shown_at_ms = excluded.shown_at_ms`,
          [pubkey, shownAtMs.get(pubkey) ?? 0],
        );
      }
    });
    for (const pubkey of pubkeys) unsaved.delete(pubkey);
    if (unsaved.size > 0) flusher.touch();
  };
  const flusher = createFlusher(clock, save, (error) => onFailed('people shown', error));
  return {
    note: (pubkey) => {
      const now = clock.now();
      const before = shownAtMs.get(pubkey);
      // Read again and again while it is on the screen, it is written now and then.
      if (before !== undefined && before <= now && now - before < shownAgainMs) return;
      shownAtMs.delete(pubkey);
      shownAtMs.set(pubkey, now);
      const [oldest] = shownAtMs.keys();
      if (shownAtMs.size > shownPeopleMax && oldest !== undefined) {
        shownAtMs.delete(oldest);
        unsaved.delete(oldest);
      }
      unsaved.add(pubkey);
      flusher.touch();
    },
    list: () => {
      const since = clock.now() - shownAgeMaxMs;
      return [...shownAtMs].flatMap(([pubkey, atMs]) => (atMs > since ? [pubkey] : [])).toReversed();
    },
    stop: async () => {
      flusher.stop();
      await flusher.flush();
      await database.transaction(async (transaction) => {
        await transaction.query('DELETE FROM core_shown WHERE shown_at_ms <= $1', [clock.now() - shownAgeMaxMs]);
      });
    },
  };
}
