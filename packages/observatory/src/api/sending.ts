import type { ApiError } from '../answers.ts';
import type { Answered } from './answering.ts';
import { chooseEncoding } from './bodies.ts';
import { cacheControl, optionsHeaders, secondsByFreshness } from './headers.ts';
import type { Problem } from './problem.ts';
import type { Route } from './route.ts';

/** What decides how a body is sent. */
export interface SendOptions {
  readonly acceptEncoding: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly nowMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends a body in the best encoding, or 304 where the client has it, or 503 with the last good copy. */
export async function sendAnswer(route: Route, answered: Answered, options: SendOptions): Promise<Response> {
  const { body, staleSeconds } = answered;
  const made = body.variant(chooseEncoding(options.acceptEncoding));
  const variant = made instanceof Promise ? await made : made;
  const headers: Record<string, string> = {
    ...options.headers,
    'Cache-Control': cacheControl(route.freshness),
    ETag: variant.etag,
    'Last-Modified': new Date(body.asOfMs).toUTCString(),
    Vary: 'Accept-Encoding',
  };
  if (staleSeconds !== undefined) {
    headers['Cache-Control'] = 'no-store';
    headers['Retry-After'] = '10';
    headers.Age = String(staleSeconds);
  } else {
    const age = Math.floor((options.nowMs - answered.loadedAtMs) / 1_000);
    if (age > 0) headers.Age = String(Math.min(age, secondsByFreshness[route.freshness][0]));
    if (hasTag(options.ifNoneMatch, variant.etag)) return new Response(null, { status: 304, headers });
  }
  headers['Content-Type'] = body.contentType;
  headers['Content-Length'] = String(variant.bytes.byteLength);
  if (variant.encoding !== 'identity') headers['Content-Encoding'] = variant.encoding;
  if (body.contentType.startsWith('text/csv')) {
    headers['Content-Disposition'] = `attachment; filename="${fileNameOf(route)}.csv"`;
  }
  return new Response(variant.bytes, { status: staleSeconds === undefined ? 200 : 503, headers });
}

/** Compares weakly, as `If-None-Match` asks for (RFC 9110, 13.1.2). */
function hasTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((given) => given.trim() === '*' || given.trim().replace(/^W\//, '') === etag);
}

function fileNameOf(route: Route): string {
  const words = route.path.replace('/api/v1/stats/', '').split('/');
  return words.filter((word) => !word.startsWith(':')).join('-');
}

/** Sends an error of the API. */
export function sendProblem(problem: Problem, headers: Readonly<Record<string, string>>): Response {
  const error: ApiError = { error: problem.code, message: problem.message };
  const text = JSON.stringify(error);
  const more: Record<string, string> = {
    ...headers,
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
  };
  if (problem.retryAfter !== undefined) more['Retry-After'] ??= String(problem.retryAfter);
  if (problem.status === 405) more.Allow = optionsHeaders.Allow ?? '';
  return new Response(text, { status: problem.status, headers: more });
}
