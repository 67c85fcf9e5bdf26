import type { Cache } from '@nostrata/cache';
import type { TrustClock } from './contract.ts';
import { TrustError } from './errors.ts';
import { freshMs, scoreTtlMs, staleMs } from './limits.ts';

/** What the cache of scores is made of. */
export interface ScoreCacheOptions {
  readonly cache: Cache;
  readonly clock: TrustClock;
  readonly onProblem?: ((error: unknown) => void) | undefined;
}

/** What is kept: a score, or why somebody has it. */
interface Kept {
  /** The time (ms) up to which the log is in it. */
  readonly asOf: number;
  readonly stale: boolean;
}

/** Scores that are kept for a while. */
export interface ScoreCache {
  /**
   * What has that name: for a minute as it was computed; up to five minutes as it was while it is computed anew; later
   * only where it cannot be computed, and then as `stale`. Age counts from `asOf`.
   */
  get<T extends Kept>(name: string, compute: () => Promise<T>): Promise<T>;
}

/** Creates a cache of scores (`wot-scores`). A cache that does not answer costs time, never a score. */
export function createScoreCache({ cache, clock, onProblem }: ScoreCacheOptions): ScoreCache {
  const underWay = new Map<string, Promise<Kept>>();

  const read = async <T extends Kept>(key: string): Promise<T | undefined> => {
    try {
      const text = await cache.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    } catch (error) {
      onProblem?.(error);
      return undefined;
    }
  };
  const renew = <T extends Kept>(key: string, compute: () => Promise<T>): Promise<T> => {
    const known = underWay.get(key);
    // Under one name there is one sort of thing.
    if (known) return known as Promise<T>;
    const computing = compute().then(async (score) => {
      await cache.set(key, JSON.stringify(score), staleMs).catch((error) => onProblem?.(error));
      return score;
    });
    underWay.set(key, computing);
    const end = (): void => void underWay.delete(key);
    computing.then(end, end);
    return computing;
  };
  /** Says of a score that is too old that it is: also of one made of old ranks. */
  const judged = <T extends Kept>(score: T): T => ({ ...score, stale: clock.now() - score.asOf >= scoreTtlMs });

  return {
    async get<T extends Kept>(name: string, compute: () => Promise<T>): Promise<T> {
      const key = `wot-scores:${name}`;
      const kept = await read<T>(key);
      const age = kept ? clock.now() - kept.asOf : Number.POSITIVE_INFINITY;
      if (kept && age < freshMs) return kept;
      if (kept && age < scoreTtlMs) {
        renew(key, compute).catch((error) => onProblem?.(error));
        return kept;
      }
      try {
        return judged(await renew(key, compute));
      } catch (error) {
        if (kept && error instanceof TrustError && error.fault === 'unavailable') return judged(kept);
        throw error;
      }
    },
  };
}
