import { Problem } from '@nostrata/http';
import type { Range, Snapshot } from '../answers.ts';
import type { Clock, ObservatoryMetrics, StatisticsReads } from '../contract.ts';
import { ranges } from '../spans.ts';
import { snapshotSchema } from './answer-schemas.ts';
import type { CacheReads } from './cache-reads.ts';
import { createFlights } from './flights.ts';
import { snapshotKeptMs, snapshotLookMs } from './limits.ts';

/** The snapshots as the API reads them: from the cache first, then from the database. */
export interface Snapshots {
  /** @throws Problem 503 before the first snapshot, `DatabaseError` where neither can answer */
  load(range: Range): Promise<Snapshot>;
  /** The last one that was read, however old. */
  last(range: Range): Snapshot | undefined;
}

/** What they are read from. */
export interface SnapshotsOptions {
  readonly cache: CacheReads;
  readonly statistics: Pick<StatisticsReads, 'snapshot'>;
  readonly clock: Clock;
  readonly metrics: ObservatoryMetrics;
}

interface Copy {
  readonly snapshot: Snapshot;
  /** The text that the cache had; a snapshot of the database has none. */
  readonly text: string | undefined;
  readonly lookedAtMs: number;
}

/** Creates the reader; it keeps the last snapshot of each range in memory. */
export function createSnapshots({ cache, statistics, clock, metrics }: SnapshotsOptions): Snapshots {
  const copies = new Map<Range, Copy>();
  const flights = createFlights<Snapshot>(clock, ranges.length);
  const keep = (range: Range, snapshot: Snapshot, text: string | undefined): Snapshot => {
    copies.set(range, { snapshot, text, lookedAtMs: clock.now() });
    return snapshot;
  };
  const look = async (range: Range): Promise<Snapshot> => {
    const text = await cache.get(keyOf(range));
    const copy = copies.get(range);
    if (text !== undefined && copy !== undefined && text === copy.text) return keep(range, copy.snapshot, text);
    const cached = text === undefined ? undefined : parseSnapshot(text);
    if (cached !== undefined) return keep(range, cached, text);
    if (text !== undefined) metrics.failed?.('api.cached-snapshot');
    const stored = await statistics.snapshot(range);
    if (stored === undefined) {
      throw new Problem(503, 'unavailable', `no snapshot of ${range} has been computed yet; the first is on its way`);
    }
    if (text === undefined) cache.fill(keyOf(range), JSON.stringify(stored), snapshotKeptMs);
    return keep(range, stored.asOf === copy?.snapshot.asOf ? copy.snapshot : stored, undefined);
  };
  return {
    last: (range) => copies.get(range)?.snapshot,
    load(range) {
      const copy = copies.get(range);
      if (copy !== undefined && clock.now() - copy.lookedAtMs < snapshotLookMs) return Promise.resolve(copy.snapshot);
      return flights.join(range, () => look(range));
    },
  };
}

function keyOf(range: Range): string {
  return `stats:${range}`;
}

/** Another version of the program may have left something else there. */
function parseSnapshot(text: string): Snapshot | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return snapshotSchema.safeParse(parsed).success ? (parsed as Snapshot) : undefined;
  } catch {
    return undefined;
  }
}
