import type { Problem } from './problem.ts';

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
