import { createMemoryCache } from '@nostrata/cache';
import type { Database } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import { type EventStore, openStore } from '@nostrata/store';
import { createViews } from '@nostrata/views';
import type { Coverage, Snapshot } from '../answers.ts';
import type { Clock, ObservatoryLogger } from '../contract.ts';
import { createFacts, type Facts } from '../facts/facts.ts';
import { createStatisticsViews, type StatisticsViewsOptions } from '../facts/statistics-view.ts';
import { migrateFacts } from '../facts/tables.ts';
import { markTouched, migrateMarks } from './marks.ts';
import type { RelayFigures } from './snapshot.ts';
import { createStatistician, type Statistician } from './statistician.ts';

/** A log, its roll-ups and a statistician over them, at a time that stands still. */
export interface World extends AsyncDisposable {
  readonly store: EventStore;
  readonly facts: Facts;
  readonly statistician: Statistician;
  readonly clock: Clock & { set(ms: number): void };
  put(...events: readonly VerifiedEvent[]): Promise<void>;
  /** Resolves when the roll-ups have taken in what was put. */
  caughtUp(): Promise<void>;
  /** Computes now and gives the snapshot of a range. */
  snapshot(range: Snapshot['range']): Promise<Snapshot>;
}

/** Noon of a Saturday. */
export const noonMs: number = Date.UTC(2026, 10, 21, 12);

export const quietLogger: ObservatoryLogger = { info: () => {}, warn: () => {}, error: () => {} };

/** Creates a world on an empty database. */
export async function createWorld(
  database: Database,
  trusted?: ReadonlySet<string>,
  verify?: StatisticsViewsOptions['verify'],
): Promise<World> {
  let nowMs = noonMs;
  const clock = {
    now: () => nowMs,
    after: () => () => {},
    set(ms: number) {
      nowMs = ms;
    },
  };
  const store = await openStore('memory:', { now: clock.now });
  await migrateFacts(database);
  await migrateMarks(database);
  const facts = createFacts({ database, touched: markTouched });
  const views = await createViews({
    store,
    database,
    views: createStatisticsViews({ secret: new Uint8Array(32), touched: markTouched, verify }),
  });
  const cache = createMemoryCache({ clock });
  const statistician = await createStatistician({
    database,
    cache,
    clock,
    elapsed: () => performance.now(),
    logger: quietLogger,
    loadRelays: async () => noRelays,
    loadTrusted: async () => trusted,
    caughtUp: () => views.caughtUp(),
    schedule: null,
  });
  return {
    store,
    facts,
    statistician,
    clock,
    async put(...events) {
      await store.put(events.map((event) => ({ event })));
    },
    caughtUp: () => views.caughtUp(),
    async snapshot(range) {
      const snapshots = await statistician.compute();
      const found = snapshots?.find((snapshot) => snapshot.range === range);
      if (!found) throw new Error(`there is no snapshot of ${range}`);
      return found;
    },
    async [Symbol.asyncDispose]() {
      await statistician.stop();
      await views.stop();
      await store.stop();
      await cache.stop();
    },
  };
}

const none = { p50: null, p95: null, samples: 0 };
const coverage: Coverage = {
  relaysKnown: 0,
  relaysConnected: 0,
  gapSeconds: 0,
  covered: 1,
  unseenEvents: null,
  sinceMs: null,
  synthetic: false,
};

/** What there is to say where nothing was collected. */
export const noRelays: RelayFigures = {
  summary: {
    known: 0,
    online: 0,
    connected: 0,
    outage: 0,
    dead: 0,
    openMs: none,
    readMs: none,
    eoseMs: none,
    uptime: null,
    replication: null,
    overlap: [],
  },
  top: [],
  software: [],
  nips: [],
  countries: [],
  coverage,
};
