import type { Freshness } from './route.ts';

/** Seconds that a copy is good for, how long an old one may be shown while a new one is fetched, and when that fails. */
export const secondsByFreshness: Readonly<Record<Freshness, readonly [number, number, number]>> = {
  latest: [10, 30, 3_600],
  totals: [300, 300, 86_400],
  series: [600, 600, 86_400],
  stable: [3_600, 3_600, 86_400],
};

/** The `Cache-Control` of a class of routes (RFC 9111, RFC 5861). */
export function cacheControl(freshness: Freshness): string {
  const [good, revalidating, failing] = secondsByFreshness[freshness];
  return `public, max-age=${good}, stale-while-revalidate=${revalidating}, stale-if-error=${failing}`;
}
