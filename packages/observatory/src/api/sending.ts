import type { ApiError } from '../answers.ts';
import type { Answered } from './answering.ts';
import { type Body, chooseEncoding } from './bodies.ts';
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

/** Sends a body in the best encoding, or 304 where the client has it. */
export async function sendBody(
  body: Body,
  options: Omit<SendOptions, 'nowMs'> & { readonly status?: 503 | undefined },
): Promise<Response> {
  const made = body.variant(chooseEncoding(options.acceptEncoding));
  const variant = made instanceof Promise ? await made : made;
  const headers: Record<string, string> = {
    ...options.headers,
    ETag: variant.etag,
    'Last-Modified': new Date(body.asOfMs).toUTCString(),
  };
  headers.Vary = headers.Vary === undefined ? 'Accept-Encoding' : `${headers.Vary}, Accept-Encoding`;
  if (hasTag(options.ifNoneMatch, variant.etag)) return new Response(null, { status: 304, headers });
  headers['Content-Type'] = body.contentType;
  headers['Content-Length'] = String(variant.bytes.byteLength);
  if (variant.encoding !== 'identity') headers['Content-Encoding'] = variant.encoding;
  return new Response(variant.bytes, { status: options.status ?? 200, headers });
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
