import type { OnProblem } from './channels.ts';
import type { Cache } from './contract.ts';
import { CacheError } from './errors.ts';
import { createMemoryCache } from './memory.ts';
import { openRedisCache } from './redis/engine.ts';

/** Options of a cache of either engine. */
export interface CacheOptions {
  /** The time of a cache in memory; Redis has its own. */
  readonly clock: { now(): number };
  /** What all names in Redis begin with; `nostrata` unless told. */
  readonly prefix?: string | undefined;
  /** Values and counters in memory at most. */
  readonly entriesMax?: number | undefined;
  /** Their bytes at most. */
  readonly bytesMax?: number | undefined;
  /** How long a call of Redis may take; 2,000 ms unless told. */
  readonly commandTimeoutMs?: number | undefined;
  /** Is told of what goes wrong where no caller waits for it. */
  readonly onProblem?: OnProblem | undefined;
  /** Is called when a lost connection to Redis is back. */
  readonly onReconnect?: (() => void) | undefined;
}

/**
 * Opens the cache that a URL names; the driver of Redis is loaded only when it is asked for.
 * - `memory:` — of this process alone
 * - `redis://[user:password@]host[:port][/database]`, or `rediss://` with TLS
 * @throws CacheError with one clear sentence: unknown scheme, Redis away, wrong password
 */
export async function openCache(url: string, options: CacheOptions): Promise<Cache> {
  if (url === 'memory:') return createMemoryCache(options);
  if (/^rediss?:\/\//.test(url)) return await openRedisCache(url, options);
  throw new CacheError('argument', 'the address of the cache is not known: use memory:, redis://… or rediss://…');
}
