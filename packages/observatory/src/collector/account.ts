import type { RelayPool } from '@nostrata/network';
import type { Clock } from '../contract.ts';
import type { Coverage } from './coverage.ts';
import type { Ledger } from './ledger.ts';
import type { Session } from './session.ts';

/** What is counted beside events, from outside of their path. */
export interface AccountOptions {
  readonly pool: Pick<RelayPool, 'statuses'>;
  readonly coverage: Pick<Coverage, 'write'>;
  readonly ledger: Pick<Ledger, 'counts'>;
  readonly find: (url: string) => Session | undefined;
  readonly clock: Clock;
  /** How often connected time is written down at most. */
  readonly everyMs: number;
}

const hourMs = 3_600_000;

/**
 * Creates the function that puts into the ledger what came in bytes, each time, so that it is written with the events
 * that it brought, and connected time where it is time or it has to be now.
 */
export function createAccount(options: AccountOptions): (isForced: boolean) => void {
  const { pool, coverage, ledger, find, clock, everyMs } = options;
  let bytesByUrl = new Map<string, number>();
  let lastMs = clock.now();
  return (isForced) => {
    const nowMs = clock.now();
    if (isForced || Math.abs(nowMs - lastMs) >= everyMs) {
      lastMs = nowMs;
      coverage.write();
    }
    const seen = new Map<string, number>();
    for (const { relay: url, bytesIn } of pool.statuses()) {
      const session = find(url);
      if (session === undefined) continue;
      const before = bytesByUrl.get(url) ?? 0;
      seen.set(url, bytesIn);
      // A connection that the pool had forgotten counts from zero again.
      const bytes = bytesIn >= before ? bytesIn - before : bytesIn;
      if (bytes > 0) ledger.counts(session.source.relay, Math.floor(nowMs / hourMs)).bytes += bytes;
    }
    bytesByUrl = seen;
  };
}
