import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, createMemoryCache } from '@nostrata/cache';
import { type Database, openSqlite } from '@nostrata/database';
import { createIngest, type Ingest } from '@nostrata/ingest';
import { createPool, type NetworkLimits } from '@nostrata/network';
import { type EventStore, openStore } from '@nostrata/store';
import { type TestNetwork, waitUntil } from '@nostrata/testing';
import type { Clock, ObservatoryLogger } from '../contract.ts';
import { createCollector } from './collector.ts';
import type { Collector, CollectorOptions } from './contract.ts';

/** The clock of the machine. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

const quiet: ObservatoryLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What collectors of one test write to. */
export interface Pieces {
  readonly folder: string;
  readonly store: EventStore;
  readonly database: Database;
  readonly ingest: Ingest;
  readonly cache: Cache;
  close(): Promise<void>;
}

/** Pieces in a folder of their own, which goes with them. */
export type Place = Pieces & AsyncDisposable;

/** Opens the store of a folder and a door before it. */
export async function openPieces(folder: string, database: Database, cache: Cache): Promise<Pieces> {
  const store = await openStore(`sqlite:${join(folder, 'store')}`, { now: () => Date.now() });
  const ingest = await createIngest({ store, policies: [], now: () => Date.now(), verifier: { workers: 1 } });
  return {
    ...{ folder, store, database, ingest, cache },
    async close() {
      await ingest.stop();
      await cache.stop();
      await store.stop();
      await database.close();
    },
  };
}

/** Opens a store, a door, a cache and a database of statistics. */
export async function openPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-collector-'));
  const cache = createMemoryCache({ clock: realClock });
  const pieces = await openPieces(folder, openSqlite(join(folder, 'statistics.db')), cache);
  return {
    ...pieces,
    async [Symbol.asyncDispose]() {
      await pieces.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Pieces of a collector that a test chooses; the rest is filled in. */
export type CollectionOptions = Partial<CollectorOptions> & {
  readonly network?: TestNetwork;
  readonly networkLimits?: Partial<NetworkLimits>;
};

/** Creates a collector over the relays of a test network, with flushes and waits that are short. */
export function collectFrom(place: Pieces, options: CollectionOptions): Collector {
  const { network, networkLimits, ...rest } = options;
  const urls = network?.urls ?? [];
  return createCollector({
    createPool: (door) =>
      createPool({
        ...door,
        clock: realClock,
        random: Math.random,
        allowLocal: true,
        limits: { ...door.limits, backoffMs: 20, noticeGraceMs: 50, ...networkLimits },
      }),
    ...{
      ingest: place.ingest,
      database: place.database,
      cache: place.cache,
      store: place.store,
      clock: realClock,
      random: Math.random,
    },
    logger: quiet,
    relays: async () => urls.map((url, index) => ({ relay: index + 1, url })),
    ...rest,
    limits: { flushMs: 30, retryMs: 20, askAgainMs: 200, lookBackSeconds: 1e9, ...rest.limits },
  });
}

/** What is counted of one relay, over all hours. */
export interface RelayTotals {
  readonly received: number;
  readonly events: number;
  readonly novel: number;
  readonly repeats: number;
  readonly invalid: number;
  readonly refused: number;
  readonly bytes: number;
}

/** The totals of all relays, by their number. */
export async function readTotals({ database }: Pick<Pieces, 'database'>): Promise<Map<number, RelayTotals>> {
  const columns = ['received', 'events', 'novel', 'repeats', 'invalid', 'refused', 'bytes'];
  const sums = columns.map((column) => `SUM(${column}) AS ${column}`).join(', ');
  const rows = await database.query(`SELECT relay, ${sums} FROM collector_relay_hour GROUP BY relay ORDER BY relay`);
  return new Map(
    rows.map((row) => [
      Number(row.relay),
      Object.fromEntries(columns.map((column) => [column, Number(row[column])])) as unknown as RelayTotals,
    ]),
  );
}

/** Waits until all relays are caught up with and everything is written. */
export async function settle(collector: Collector, relays: number): Promise<void> {
  await waitUntil(
    () => {
      const statuses = collector.statuses();
      return statuses.length === relays && statuses.every(({ isCaughtUp }) => isCaughtUp);
    },
    { timeoutMs: 20_000, what: 'all relays to be caught up with' },
  );
  await waitUntil(() => collector.flush(), { timeoutMs: 20_000, what: 'a flush' });
}

/** The sum of one count over all relays. */
export function sumOf(totals: ReadonlyMap<number, RelayTotals>, count: keyof RelayTotals): number {
  return [...totals.values()].reduce((sum, counts) => sum + counts[count], 0);
}
