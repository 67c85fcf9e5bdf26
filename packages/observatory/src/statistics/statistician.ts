import type { Cache } from '@nostrata/cache';
import type { Database } from '@nostrata/database';
import { Cron } from 'croner';
import type { Range, Snapshot } from '../answers.ts';
import type { Clock, ObservatoryLogger, ObservatoryMetrics, StatisticsReads } from '../contract.ts';
import { createAuthorIndex } from './author-index.ts';
import { createBucketSums } from './bucket-sums.ts';
import { clientTotalsMs, clientTotalsPauses, snapshotCacheMs, snapshotLeaseMs } from './limits.ts';
import { migrateMarks } from './marks.ts';
import { createStatisticsReads } from './reads.ts';
import { computeSnapshots, type RelayFigures } from './snapshot.ts';
import { migrateSnapshots, putSnapshots } from './snapshots.ts';
import { createTrustedAuthors } from './trusted.ts';

/** What a statistician works with. */
export interface StatisticianOptions {
  readonly database: Database;
  readonly cache: Cache;
  readonly clock: Clock;
  /** Milliseconds that only go forward. */
  readonly elapsed: () => number;
  readonly logger: ObservatoryLogger;
  readonly metrics?: ObservatoryMetrics | undefined;
  readonly loadRelays: (range: Range) => Promise<RelayFigures>;
  /** Pubkeys that count as trusted; undefined where nobody said whom to trust. */
  readonly loadTrusted?: (() => Promise<ReadonlySet<string> | undefined>) | undefined;
  /** Resolves when the roll-ups have taken in what is stored; a snapshot begins with it. */
  readonly caughtUp?: (() => Promise<void>) | undefined;
  /** When snapshots are computed, as a cron pattern in UTC; every five minutes unless told, null for never by itself. */
  readonly schedule?: string | null | undefined;
}

/** Computes snapshots on time, and answers what is not in one. */
export interface Statistician extends AsyncDisposable {
  readonly reads: StatisticsReads;
  /**
   * Computes, stores and caches the snapshots of all ranges; undefined where another process is at it.
   * @throws DatabaseError
   */
  compute(): Promise<readonly Snapshot[] | undefined>;
  /** Waits for what is being computed. Idempotent. */
  stop(): Promise<void>;
}

/** The key of a snapshot in the cache. */
export function snapshotKey(range: Range): string {
  return `stats:${range}`;
}

/** Says whether a text is a cron pattern of five or six fields. */
export function isSchedule(pattern: string): boolean {
  try {
    new Cron(pattern, { timezone: 'UTC', paused: true }).stop();
    return true;
  } catch {
    // The library says in its own words what is wrong with the pattern; the caller says it in the program's.
    return false;
  }
}

/** Creates the statistician; its tables are there when this resolves. */
export async function createStatistician(options: StatisticianOptions): Promise<Statistician> {
  const { database, clock, logger, metrics } = options;
  await migrateMarks(database);
  await migrateSnapshots(database);
  const index = createAuthorIndex(database);
  const bucketSums = createBucketSums({ database, elapsed: options.elapsed });
  const trusted = createTrustedAuthors(database);
  const loadTrusted = async () => await trusted.find(await options.loadTrusted?.(), index.size);
  let running: Promise<readonly Snapshot[] | undefined> | undefined;

  let totalsDueMs = Number.NEGATIVE_INFINITY;
  const refreshClientTotals = async (): Promise<void> => {
    const beganMs = options.elapsed();
    if (beganMs < totalsDueMs) return;
    await index.clients.refreshTotals();
    const endedMs = options.elapsed();
    totalsDueMs = endedMs + Math.min(clientTotalsMs, (endedMs - beganMs) * clientTotalsPauses);
  };

  const compute = (): Promise<readonly Snapshot[] | undefined> => {
    running ??= computeAlone(options, async () => {
      await options.caughtUp?.();
      await index.refresh();
      await refreshClientTotals();
      return await computeSnapshots({ ...options, index, bucketSums, trusted: await loadTrusted() }, clock.now());
    }).finally(() => {
      running = undefined;
    });
    return running;
  };
  const { schedule = '*/5 * * * *' } = options;
  const job = schedule === null ? undefined : new Cron(schedule, { timezone: 'UTC', unref: true }, onTime);
  return {
    reads: createStatisticsReads({ database, index, sums: bucketSums, clock, loadTrusted }),
    compute,
    stop,
    [Symbol.asyncDispose]: stop,
  };

  async function onTime(): Promise<void> {
    try {
      await compute();
    } catch (error) {
      metrics?.failed?.('snapshot');
      logger.error({ error: String(error) }, 'snapshots could not be computed; the last ones stay');
    }
  }

  async function stop(): Promise<void> {
    job?.stop();
    await running?.catch(() => metrics?.failed?.('snapshot'));
  }
}

/** Computes under a lease, so that of several processes one does it; without the cache everybody does. */
async function computeAlone(
  { cache, database, logger, metrics }: StatisticianOptions,
  work: () => Promise<readonly Snapshot[]>,
): Promise<readonly Snapshot[] | undefined> {
  const lease = await cache.acquire('statistics', snapshotLeaseMs).catch((error: unknown) => {
    logger.warn({ error: String(error) }, 'the cache is not reachable: snapshots are computed without its lease');
    return null;
  });
  if (lease === undefined) return undefined;
  try {
    const snapshots = await work();
    const stored = snapshots.map((snapshot) => ({
      range: snapshot.range,
      asOfMs: Date.parse(snapshot.asOf),
      body: JSON.stringify(snapshot),
    }));
    await putSnapshots(database, stored);
    for (const { range, computedInMs } of snapshots) metrics?.snapshot?.(range, computedInMs / 1000);
    for (const { range, body } of stored) {
      await cache.set(snapshotKey(range), body, snapshotCacheMs).catch((error: unknown) => {
        metrics?.failed?.('cache');
        logger.warn({ error: String(error) }, 'a snapshot is stored, but not in the cache');
      });
    }
    return snapshots;
  } finally {
    await lease?.release().catch(() => metrics?.failed?.('cache'));
  }
}
