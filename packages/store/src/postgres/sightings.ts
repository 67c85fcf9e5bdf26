import type { PostgresDatabase, PostgresSession } from '@nostrata/database';
import type { Sighting } from '../contract.ts';
import { sightingsDelayMs, sightingsPendingMax } from './limits.ts';
import { hex, hexArray, numberArray } from './literal.ts';
import { type Sources, sourceName } from './sources.ts';
import { retry } from './transaction.ts';

/** An event that was seen somewhere again. */
export interface Seen {
  readonly id: string;
  readonly source: string;
  readonly atMs: number;
}

/** Keeps further sightings of stored events: collected for a moment, then written together. */
export interface Sightings {
  /** Notes without waiting. Beyond the bound the sighting is dropped: provenance is not worth the memory. */
  note(seen: Seen): void;
  /** The sources of an event, first seen first; what is pending is written before. */
  read(id: string): Promise<readonly Sighting[]>;
  /** Writes what is pending. */
  flush(): Promise<void>;
  /** Sightings that were dropped, for want of room or of a server. */
  dropped(): number;
}

const insert = {
  name: 'sightings_insert',
  // The lock keeps the event until the sighting is committed: no sighting of an event that has left.
  text: `INSERT INTO sighting (seq, source, first_seen_ms)
    SELECT e.seq, s.source, s.at_ms FROM unnest($1::bytea[], $2::int[], $3::bigint[]) AS s (id, source, at_ms)
    JOIN event e ON e.id = s.id WHERE e.source IS DISTINCT FROM s.source ORDER BY e.seq FOR KEY SHARE OF e
    ON CONFLICT DO NOTHING`,
};

const read = {
  name: 'sightings_read',
  text: `SELECT n.name AS source, s.first_seen_ms FROM event e
    CROSS JOIN LATERAL (
      SELECT e.source, e.received_at_ms AS first_seen_ms WHERE e.source IS NOT NULL
      UNION ALL SELECT source, first_seen_ms FROM sighting WHERE seq = e.seq
    ) AS s JOIN source n ON n.id = s.source
    WHERE e.id = $1 ORDER BY s.first_seen_ms, n.name`,
};

/** Writes sightings of events that are stored, within a transaction or without. */
export async function insertSightings(
  session: PostgresSession,
  seen: readonly { readonly id: string; readonly source: number; readonly atMs: number }[],
): Promise<void> {
  if (seen.length === 0) return;
  await session.run(insert, [
    hexArray(seen.map(({ id }) => id)),
    numberArray(seen.map(({ source }) => source)),
    numberArray(seen.map(({ atMs }) => atMs)),
  ]);
}

/** Creates the collection of one store. */
export function createSightings(database: PostgresDatabase, sources: Sources): Sightings {
  let pending = new Map<string, Seen>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let lost = 0;

  const write = async (batch: readonly Seen[]): Promise<void> => {
    const numbers = await sources.resolve(new Set(batch.map(({ source }) => source)));
    const seen = batch.map(({ id, source, atMs }) => ({ id, atMs, source: numbers.get(source) ?? 0 }));
    await retry(() => insertSightings(database, seen));
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = [...pending.values()];
    pending = new Map();
    if (batch.length > 0) {
      writing = writing
        .then(() => write(batch))
        .catch(() => {
          lost += batch.length;
        });
    }
    return writing;
  };
  return {
    note({ id, source, atMs }) {
      const name = sourceName(source);
      const key = `${id} ${name}`;
      if (pending.has(key)) return;
      if (pending.size >= sightingsPendingMax) {
        lost += 1;
        return;
      }
      pending.set(key, { id, source: name, atMs });
      timer ??= setTimeout(() => void flush(), sightingsDelayMs).unref();
    },
    async read(id) {
      await flush();
      const rows = await database.run<{ source: string; first_seen_ms: number }>(read, [hex(id)]);
      return rows.map(({ source, first_seen_ms }) => ({ source, firstSeenMs: first_seen_ms }));
    },
    flush,
    dropped: () => lost,
  };
}
