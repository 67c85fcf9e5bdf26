import type { Cache } from '@nostrata/cache';
import { within } from '@nostrata/http';
import type { Clock, LiveReads, StatisticsReads } from '../contract.ts';
import { readMsMax, snapshotAgeMsMax } from './limits.ts';

/** The observatory's part of `GET /health`. */
export interface ObservatoryHealth {
  /** Age of the last snapshot of the last 24 hours; null before the first, or where the database does not answer. */
  readonly snapshotAgeMs: number | null;
  /** Relays that the collector of this process is connected to; null where it does not collect or has said nothing yet. */
  readonly relaysConnected: number | null;
  readonly cache: { readonly engine: Cache['engine']; readonly reachable: boolean };
  /** One sentence for each thing that is wrong. */
  readonly problems: readonly string[];
}

/** What it is judged by. */
export interface ObservatoryHealthOptions {
  readonly statistics: Pick<StatisticsReads, 'snapshot'>;
  readonly live?: Pick<LiveReads, 'recent'> | undefined;
  readonly cache: Pick<Cache, 'engine' | 'isReachable'>;
  readonly clock: Clock;
}

/** Judges the health of the observatory now. Never rejects. */
export async function loadObservatoryHealth(options: ObservatoryHealthOptions): Promise<ObservatoryHealth> {
  const problems: string[] = [];
  const [snapshotAgeMs, reachable] = await Promise.all([loadAge(options, problems), options.cache.isReachable()]);
  if (snapshotAgeMs !== null && snapshotAgeMs > snapshotAgeMsMax) {
    problems.push(`the last snapshot is ${Math.round(snapshotAgeMs / 60_000)} minutes old`);
  }
  if (!reachable) problems.push('the cache is not reachable: answers come from the database');
  const relaysConnected = options.live?.recent().at(-1)?.connected ?? null;
  if (relaysConnected === 0) problems.push('the collector is connected to no relay');
  return { snapshotAgeMs, relaysConnected, cache: { engine: options.cache.engine, reachable }, problems };
}

async function loadAge({ statistics, clock }: ObservatoryHealthOptions, problems: string[]): Promise<number | null> {
  try {
    const snapshot = await within(clock, readMsMax, statistics.snapshot('24h'));
    return snapshot === undefined ? null : Math.max(0, clock.now() - Date.parse(snapshot.asOf));
  } catch (error) {
    problems.push(`the statistics cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}
