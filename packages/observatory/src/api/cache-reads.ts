import type { Cache } from '@nostrata/cache';
import { within } from '@nostrata/http';
import type { Clock, ObservatoryMetrics } from '../contract.ts';
import { cacheMsMax } from './limits.ts';

/** What the API asks of the cache; none of it ever rejects, for whoever reads a cache can do without. */
export interface CacheReads {
  get(key: string): Promise<string | undefined>;
  /** Does not wait for the cache to have it. */
  set(key: string, value: string, ttlMs: number): void;
  /** Sets what is not there. */
  fill(key: string, value: string, ttlMs: number): void;
}

/** Creates them. */
export function createCacheReads(cache: Cache, clock: Clock, metrics: ObservatoryMetrics): CacheReads {
  const dropFailure = () => metrics.failed?.('api.cache');
  return {
    async get(key) {
      try {
        const value = await within(clock, cacheMsMax, cache.get(key));
        metrics.cacheLookup?.(value !== undefined);
        return value;
      } catch {
        metrics.failed?.('api.cache');
        return undefined;
      }
    },
    set: (key, value, ttlMs) => void cache.set(key, value, ttlMs).catch(dropFailure),
    fill: (key, value, ttlMs) => void cache.setIfAbsent(key, value, ttlMs).catch(dropFailure),
  };
}
