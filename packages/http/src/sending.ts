import { type Body, chooseEncoding } from './bodies.ts';
import type { Problem } from './problem.ts';

/** What decides how a body is sent. */
export interface SendOptions {
  readonly acceptEncoding: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** 200 unless told. */
  readonly status?: 503 | undefined;
}

/** Sends a body in the best encoding, or 304 where the client has it. */
export async function sendBody(body: Body, options: SendOptions): Promise<Response> {
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

/** Sends an error of the API. */
export function sendProblem(problem: Problem, headers: Readonly<Record<string, string>>): Response {
  const text = JSON.stringify({ error: problem.code, message: problem.message });
  const more: Record<string, string> = {
    ...headers,
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
    ...problem.headers,
  };
  if (problem.retryAfter !== undefined) more['Retry-After'] ??= String(problem.retryAfter);
  if (problem.status === 401) more['WWW-Authenticate'] ??= 'Nostr, Bearer';
  return new Response(text, { status: problem.status, headers: more });
}
