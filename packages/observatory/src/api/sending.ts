import { sendBody } from '@nostrata/http';
import type { Answered } from './answering.ts';
import { cacheControl, secondsByFreshness } from './freshness.ts';
import type { Route } from './route.ts';

/** What decides how figures are sent. */
export interface SendOptions {
  readonly acceptEncoding: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly nowMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends figures: fresh ones for as long as their class lasts, the last good copy with 503 and its age. */
export function sendAnswer(route: Route, answered: Answered, options: SendOptions): Promise<Response> {
  const { body, staleSeconds, loadedAtMs } = answered;
  const headers: Record<string, string> = { ...options.headers };
  if (body.contentType.startsWith('text/csv')) {
    headers['Content-Disposition'] = `attachment; filename="${fileNameOf(route)}.csv"`;
  }
  if (staleSeconds !== undefined) {
    const stale = { ...headers, 'Cache-Control': 'no-store', 'Retry-After': '10', Age: String(staleSeconds) };
    return sendBody(body, { ...options, ifNoneMatch: undefined, headers: stale, status: 503 });
  }
  headers['Cache-Control'] = cacheControl(route.freshness);
  const age = Math.floor((options.nowMs - loadedAtMs) / 1_000);
  if (age > 0) headers.Age = String(Math.min(age, secondsByFreshness[route.freshness][0]));
  return sendBody(body, { ...options, headers });
}

function fileNameOf(route: Route): string {
  const words = route.path.replace('/api/v1/stats/', '').split('/');
  return words.filter((word) => !word.startsWith(':')).join('-');
}
