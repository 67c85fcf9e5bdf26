import type { Cache } from '@nostrata/cache';
import type { Clock, ObservatoryMetrics } from '../contract.ts';
import { within } from './cache-reads.ts';
import { cacheMsMax, countedAddressesMax } from './limits.ts';

/** What the limiter says to one request. */
export interface Allowance {
  readonly isAllowed: boolean;
  /** `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers-10, and `Retry-After` on refusal. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts requests by address. */
export interface Limiter {
  count(address: string): Promise<Allowance>;
}

/** What it counts with. */
export interface LimiterOptions {
  readonly cache: Pick<Cache, 'increment'>;
  readonly clock: Clock;
  readonly metrics: ObservatoryMetrics;
  readonly requestsMax: number;
  readonly windowMs: number;
}

interface Window {
  count: number;
  readonly endMs: number;
}

/** Creates a limiter over the cache, so that all processes count together; without it each one counts by itself. */
export function createLimiter({ cache, clock, metrics, requestsMax, windowMs }: LimiterOptions): Limiter {
  const windows = new Map<string, Window>();
  const policy = `"default";q=${requestsMax};w=${Math.ceil(windowMs / 1_000)}`;
  const countHere = (address: string) => {
    const nowMs = clock.now();
    const open = windows.get(address);
    const window = open !== undefined && open.endMs > nowMs ? open : { count: 0, endMs: nowMs + windowMs };
    window.count += 1;
    windows.delete(address);
    windows.set(address, window);
    const [oldest] = windows.size > countedAddressesMax ? windows.keys() : [];
    if (oldest !== undefined) windows.delete(oldest);
    return { count: window.count, resetMs: window.endMs - nowMs };
  };
  return {
    async count(address) {
      const counted = addressToCount(address);
      let result: { readonly count: number; readonly resetMs: number };
      try {
        result = await within(clock, cacheMsMax, cache.increment(`rate:${counted}`, windowMs));
      } catch {
        metrics.failed?.('api.limiter');
        result = countHere(counted);
      }
      const seconds = Math.max(1, Math.ceil(result.resetMs / 1_000));
      const isAllowed = result.count <= requestsMax;
      const headers = {
        'RateLimit-Policy': policy,
        RateLimit: `"default";r=${Math.max(0, requestsMax - result.count)};t=${seconds}`,
      };
      return { isAllowed, headers: isAllowed ? headers : { ...headers, 'Retry-After': String(seconds) } };
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
