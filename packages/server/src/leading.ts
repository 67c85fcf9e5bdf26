import type { Cache, Lease } from '@nostrata/cache';
import { leaseMs, leaseRenewMs } from './limits.ts';

/** Work that one process of an installation does at a time. */
export interface LeadOptions {
  readonly cache: Cache;
  /** The name of the lease. */
  readonly name: string;
  /** Begins the work; what it returns ends it. */
  readonly begin: () => Promise<() => Promise<void>>;
  readonly after: (milliseconds: number, callback: () => void) => () => void;
  readonly onFailed: (error: unknown) => void;
}

/**
 * Does work for as long as a lease is held, and tries for the lease as long as it is not. Where the cache cannot be
 * reached the work ends: another process may have it by then.
 */
export function lead({ cache, name, begin, after, onFailed }: LeadOptions): AsyncDisposable {
  let lease: Lease | undefined;
  let end: (() => Promise<void>) | undefined;
  let isStopped = false;
  let cancel = (): void => undefined;
  const step = async (): Promise<void> => {
    try {
      const isHeld = lease ? await lease.renew(leaseMs) : false;
      if (!isHeld) {
        lease = undefined;
        await end?.();
        end = undefined;
        lease = await cache.acquire(name, leaseMs);
        if (lease && !isStopped) end = await begin();
      }
    } catch (error) {
      onFailed(error);
      await end?.().catch(onFailed);
      end = undefined;
      lease = undefined;
    }
  };
  let working = Promise.resolve();
  const round = (): void => {
    working = step().then(() => {
      if (!isStopped) cancel = after(leaseRenewMs, round);
    });
  };
  round();
  return {
    async [Symbol.asyncDispose]() {
      isStopped = true;
      cancel();
      await working;
      await end?.().catch(onFailed);
      await lease?.release().catch(onFailed);
    },
  };
}
