import type { Freshness } from './route.ts';

/** Headers of every answer of the API, errors included. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'ETag, Age, Last-Modified, RateLimit, RateLimit-Policy, Retry-After, Content-Disposition',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** For clients that came by HTTPS alone: a year (RFC 6797). */
export const strictTransport = { 'Strict-Transport-Security': 'max-age=31536000' };

/** What the page of the documentation may load: files of this server. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers to OPTIONS, preflights among them. */
export const optionsHeaders: Readonly<Record<string, string>> = {
  Allow: 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': '86400',
};

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
