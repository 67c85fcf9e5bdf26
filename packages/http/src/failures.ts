import type { Clock, RateTier } from './contract.ts';
import type { Limiter } from './limiter.ts';
import { countedCallersMax } from './limits.ts';
import { Problem } from './problem.ts';

/** Counts wrong credentials by address. */
export interface FailureCount {
  /** @throws Problem 429 where an address had too many: then no credentials of it are looked at until the window ends */
  check(address: string): void;
  /** Counts one. @throws Problem 429 where that was one too many */
  count(address: string): Promise<void>;
}

/** Creates the count. Each process learns by its own next failure that all of them together had too many. */
export function createFailureCount(limiter: Limiter, clock: Clock, tier: RateTier): FailureCount {
  const endByAddress = new Map<string, number>();
  const refuse = (endMs: number): never => {
    const retryAfter = Math.max(1, Math.ceil((endMs - clock.now()) / 1_000));
    const message = 'too many wrong credentials came from this address: Retry-After says when others are looked at';
    throw new Problem(429, 'rate-limited', { message, retryAfter });
  };
  return {
    check(address) {
      const endMs = endByAddress.get(address);
      if (endMs === undefined) return;
      if (endMs > clock.now()) refuse(endMs);
      endByAddress.delete(address);
    },
    async count(address) {
      const { isAllowed, resetMs } = await limiter.count(`failures:${address}`, tier);
      if (isAllowed) return;
      const endMs = clock.now() + resetMs;
      endByAddress.set(address, endMs);
      const [oldest] = endByAddress.size > countedCallersMax ? endByAddress.keys() : [];
      if (oldest !== undefined) endByAddress.delete(oldest);
      refuse(endMs);
    },
  };
}
