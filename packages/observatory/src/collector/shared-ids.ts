import type { Cache } from '@nostrata/cache';
import type { Clock } from '../contract.ts';
import type { Entry } from './intake.ts';

/** The events that other collectors have made durable lately. */
export interface SharedIds {
  /** Those of the entries that are known; where the cache is away: none. */
  findKnown(entries: readonly Entry[]): Promise<ReadonlySet<Entry>>;
  /** Tells the others that these are genuine and durable. Never rejects. */
  add(entries: readonly Entry[]): Promise<void>;
}

/** What sharing works with. */
export interface SharedIdsOptions {
  readonly cache: Pick<Cache, 'engine' | 'getAll' | 'setAllIfAbsent'>;
  readonly clock: Clock;
  /** How long an event is remembered. */
  readonly cachedMs: number;
  readonly failed: (error: unknown) => void;
}

/** After a failure the cache is left alone so long: the store knows everything that it would say. */
const restMs = 10_000;
/** An answer that takes longer than this is not worth waiting for. */
const answerMs = 1_000;

/** Creates it; with a cache that nobody shares it knows nothing and costs nothing. */
export function createSharedIds({ cache, clock, cachedMs, failed }: SharedIdsOptions): SharedIds {
  let restUntilMs = Number.NEGATIVE_INFINITY;
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    const nowMs = clock.now();
    if (cache.engine !== 'redis' || (nowMs < restUntilMs && nowMs >= restUntilMs - restMs)) return undefined;
    let cancel = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(answerMs, () => reject(new Error('the cache did not answer in time')));
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      restUntilMs = clock.now() + restMs;
      failed(error);
      return undefined;
    } finally {
      cancel();
    }
  };
  return {
    async findKnown(entries) {
      if (entries.length === 0) return new Set();
      const values = await attempt(() => cache.getAll(entries.map(keyOf)));
      return new Set(values === undefined ? [] : entries.filter((_, place) => values[place] !== undefined));
    },
    async add(entries) {
      if (entries.length === 0) return;
      await attempt(() => cache.setAllIfAbsent(entries.map(keyOf), '1', cachedMs));
    },
  };
}

/** The fingerprint stands for everything that the event says, so that a forged copy has another key. */
function keyOf({ event, fingerprint: { high, low } }: Entry): string {
  return `event:${event.id}:${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}
