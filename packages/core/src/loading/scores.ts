import type { Database } from '@nostrata/database';
import type { Clock } from '@nostrata/network';
import { createFlusher } from '../freshness/flusher.ts';
import { flushRowsMax } from '../limits.ts';

/** What was learned about relays, kept between starts: one JSON text a relay, which only the routes understand. */
export interface Scores {
  load(): ReadonlyMap<string, string>;
  save(relay: string, score: string): void;
  stop(): Promise<void>;
}

/** Opens the scores over their table; all of them are in memory, a few dozen bytes a relay. */
export async function createScores(
  database: Database,
  clock: Clock,
  onFailed: (what: string, error: unknown) => void,
): Promise<Scores> {
  const rows = await database.query<{ relay: string; score: string }>('SELECT relay, score FROM core_relay_score');
  const scores = new Map(rows.map(({ relay, score }) => [relay, score]));
  const unsaved = new Set<string>();
  const save = async (): Promise<void> => {
    const relays = [...unsaved].slice(0, flushRowsMax);
    await database.transaction(async (transaction) => {
      for (const relay of relays) {
        await transaction.query(
          `INSERT INTO core_relay_score (relay, score) VALUES ($1, $2)
           ON CONFLICT (relay) DO UPDATE SET score = excluded.score`,
          [relay, scores.get(relay) ?? ''],
        );
      }
    });
    for (const relay of relays) unsaved.delete(relay);
  };
  const flusher = createFlusher(clock, save, (error) => onFailed('scores', error));
  return {
    load: () => scores,
    save: (relay, score) => {
      scores.set(relay, score);
      unsaved.add(relay);
      flusher.touch();
    },
    stop: async () => {
      flusher.stop();
      await flusher.flush();
    },
  };
}
