import type { Cache } from '@nostrata/cache';
import type { Clock, HttpMetrics, RateTier } from './contract.ts';
import { cacheMsMax, countedCallersMax } from './limits.ts';
import { within } from './within.ts';

/** What the limiter says to one request. */
export interface Allowance {
  readonly isAllowed: boolean;
  /** Until the window ends. */
  readonly resetMs: number;
  /** `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers-10, and `Retry-After` on refusal. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts requests by caller. */
export interface Limiter {
  /** Counts one; a tier without a limit counts nothing. */
  count(caller: string, tier: RateTier): Promise<Allowance>;
}

/** What it counts with. */
export interface LimiterOptions {
  readonly cache: Pick<Cache, 'increment'>;
  readonly clock: Clock;
  readonly metrics: HttpMetrics;
}

interface Window {
  count: number;
  readonly endMs: number;
}

/** Creates a limiter over the cache, so that all processes count together; without it each one counts by itself. */
export function createLimiter({ cache, clock, metrics }: LimiterOptions): Limiter {
  const windows = new Map<string, Window>();
  const countHere = (caller: string, windowMs: number) => {
    const nowMs = clock.now();
    const open = windows.get(caller);
    const window = open !== undefined && open.endMs > nowMs ? open : { count: 0, endMs: nowMs + windowMs };
    window.count += 1;
    windows.delete(caller);
    windows.set(caller, window);
    const [oldest] = windows.size > countedCallersMax ? windows.keys() : [];
    if (oldest !== undefined) windows.delete(oldest);
    return { count: window.count, resetMs: window.endMs - nowMs };
  };
  return {
    async count(caller, tier) {
      const { name, requestsMax, windowMs } = tier;
      if (requestsMax === 0) return { isAllowed: true, resetMs: 0, headers: {} };
      let result: { readonly count: number; readonly resetMs: number };
      try {
        result = await within(clock, cacheMsMax, cache.increment(`rate:${caller}`, windowMs));
      } catch {
        metrics.failed?.('api.limiter');
        result = countHere(caller, windowMs);
      }
      const seconds = Math.max(1, Math.ceil(result.resetMs / 1_000));
      const isAllowed = result.count <= requestsMax;
      const headers = {
        'RateLimit-Policy': `"${name}";q=${requestsMax};w=${Math.ceil(windowMs / 1_000)}`,
        RateLimit: `"${name}";r=${Math.max(0, requestsMax - result.count)};t=${seconds}`,
      };
      const { resetMs } = result;
      return { isAllowed, resetMs, headers: isAllowed ? headers : { ...headers, 'Retry-After': String(seconds) } };
    },
  };
}

/** Whoever has one IPv6 address has all of its network of 64 bits; addresses that are written as networks stay. */
export function addressToCount(address: string): string {
  if (!address.includes(':') || address.includes('/')) return address.slice(0, 64);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const url = URL.parse(`http://[${address.replace(/%.*$/, '')}]/`);
  if (url === null) return address.slice(0, 64);
  const [head = '', tail = ''] = url.hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(Math.max(0, 8 - (first?.length ?? 0) - (last?.length ?? 0))).fill('0');
  return `${[...(first ?? []), ...zeros, ...(last ?? [])].slice(0, 4).join(':')}::/64`;
}
