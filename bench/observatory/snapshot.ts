import { createMemoryCache } from '@nostrata/cache';
import { type Database, openSqlite } from '@nostrata/database';
import {
  createLoadRelayFigures,
  createRegistry,
  createRelayReads,
  createStatistician,
  markTouched,
  migrateCollector,
  type ObservatoryLogger,
  type Registry,
  type Statistician,
} from '@nostrata/observatory';
import { viewsPragmas } from '@nostrata/views';
import { fillRelays, fillRollups, type RollupOptions } from './rollups.ts';
import { percentile } from './table.ts';

/** What a snapshot is computed from, and how often. */
export interface SnapshotOptions {
  readonly rollups: RollupOptions;
  readonly relays: number;
  /** The file of the database. */
  readonly path: string;
  readonly rounds: number;
}

/** What computing all five ranges took, stored and cached. */
export interface SnapshotTimes {
  readonly rollups: RollupOptions;
  readonly relays: number;
  readonly fillSeconds: number;
  /** By a process that has just begun. */
  readonly coldMs: number;
  /** Nothing has changed. */
  readonly idleMs: readonly [p50: number, max: number];
  /** Five minutes have gone by in which as much came as ever. */
  readonly warmMs: readonly [p50: number, max: number];
  /** CPU of the process for one of those, which a busy machine does not change much. */
  readonly warmCpuMs: number;
}

const quiet: ObservatoryLogger = { info: () => {}, warn: () => {}, error: () => {} };

/** Fills a database with a past and computes its snapshots. */
export async function measureSnapshots(options: SnapshotOptions): Promise<SnapshotTimes> {
  const { rollups, relays, path, rounds } = options;
  await using database = openSqlite(path, { pragmas: viewsPragmas });
  const beganMs = performance.now();
  await fillRollups(database, rollups);
  await using registry = await openRegistry(database, options);
  await fillRelays(database, rollups);
  const fillSeconds = (performance.now() - beganMs) / 1_000;
  await registry.addUp();
  const clock = { now: () => rollups.nowMs, after: () => () => {} };
  await using cache = createMemoryCache({ clock });
  const reads = createRelayReads({ database, clock });
  const loadRelays = createLoadRelayFigures({ database, relays: reads, now: clock.now, synthetic: true });
  const elapsed = (): number => performance.now();
  await using statistician = await createStatistician({
    ...{ database, cache, clock, elapsed, loadRelays },
    logger: quiet,
    schedule: null,
  });
  const coldMs = await time(statistician);
  const idle: number[] = [];
  const warm: number[] = [];
  const warmCpu: number[] = [];
  for (let round = 0; round < rounds; round++) {
    idle.push(await time(statistician));
    await passMinutes(database, rollups, round);
    const cpu = process.cpuUsage();
    warm.push(await time(statistician));
    const { user, system } = process.cpuUsage(cpu);
    warmCpu.push((user + system) / 1_000);
  }
  const sum = (times: readonly number[]) => [percentile(times, 0.5), percentile(times, 1)] as const;
  return {
    rollups,
    relays,
    fillSeconds,
    coldMs,
    idleMs: sum(idle),
    warmMs: sum(warm),
    warmCpuMs: percentile(warmCpu, 0.5),
  };
}

async function openRegistry(database: Database, { relays, rollups }: SnapshotOptions): Promise<Registry> {
  await migrateCollector(database);
  const registry = createRegistry({
    database,
    seeds: Array.from({ length: relays }, (_, place) => ({ url: `wss://relay-${place}.example.com/` })),
    clock: { now: () => rollups.nowMs, after: () => () => {} },
    logger: quiet,
  });
  await registry.start();
  return registry;
}

async function time(statistician: Statistician): Promise<number> {
  const startedMs = performance.now();
  const snapshots = await statistician.compute();
  if (snapshots?.length !== 5) throw new Error('not every range was computed');
  return performance.now() - startedMs;
}

/** What the roll-ups of five minutes touch: the hour that runs, and those who were active. */
async function passMinutes(database: Database, { nowMs, authors }: RollupOptions, round: number): Promise<void> {
  const active = Array.from({ length: 10_000 }, (_, place) => 1 + ((place * 131 + round * 7_919) % (authors - 1)));
  await database.transaction(async (transaction) => {
    await markTouched(transaction, { hours: [Math.floor(nowMs / 3_600_000)], authors: active });
  });
}
