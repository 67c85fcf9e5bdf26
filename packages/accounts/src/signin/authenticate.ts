import { type Authenticate, type Caller, type Credentials, Problem } from '@nostrata/http';
import type { EntitlementReads } from '../contract.ts';
import type { SessionCookies } from './cookies.ts';
import type { SignedRequests } from './nip98.ts';
import type { Sessions } from './sessions.ts';
import { admit, type User } from './users.ts';

/** Finds out who an API key belongs to and what it may do now; refuses suspended owners. @throws Problem 401 or 403 */
export type AuthenticateKey = (request: Credentials, key: string) => Promise<Caller>;

/** What it is made of. */
export interface AuthenticateParts {
  readonly sessions: Pick<Sessions, 'use'>;
  readonly cookies: SessionCookies;
  readonly signedRequests: SignedRequests;
  readonly authenticateKey: AuthenticateKey;
  readonly entitlements: Pick<EntitlementReads, 'entitlementsOf'>;
}

/** What a request brought to say who makes it. */
type Found =
  | { readonly kind: 'token' | 'cookie' | 'key' | 'signed'; readonly value: string }
  | { readonly kind: 'none' };

/**
 * Creates what finds out who makes a request, by exactly one of: `Authorization: Bearer` with a session token or an API
 * key, `X-API-Key`, `Authorization: Nostr`, the session cookie. Role, state and rate are those of this moment.
 */
export function createAuthenticate(parts: AuthenticateParts): Authenticate {
  return async (request) => {
    const found = find(request, parts.cookies);
    switch (found.kind) {
      case 'none':
        return undefined;
      case 'key':
        return await parts.authenticateKey(request, found.value);
      case 'signed': {
        const { user, eventId } = await parts.signedRequests.check(found.value, request);
        return await toCaller(parts, user, { by: 'nip98', credential: eventId });
      }
      case 'token':
        return await bySession(parts, found.value);
      case 'cookie':
        return await byCookie(parts, found.value, request);
    }
  };
}

function find(request: Credentials, cookies: SessionCookies): Found {
  const found: Found[] = [];
  const authorization = request.header('authorization');
  if (authorization !== undefined) found.push(readAuthorization(authorization));
  const key = request.header('x-api-key');
  if (key !== undefined) found.push({ kind: 'key', value: key });
  const cookie = cookies.read(request);
  if (cookie !== undefined) found.push({ kind: 'cookie', value: cookie });
  if (found.length > 1) {
    throw new Problem(
      400,
      'several-credentials',
      'send one of a token, an API key, a signed request or a cookie, not several',
    );
  }
  return found[0] ?? { kind: 'none' };
}

function readAuthorization(header: string): Found {
  const [, scheme = '', value = ''] = /^([A-Za-z]+) +([^\s]+)$/.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { kind: value.startsWith('nst_') ? 'key' : 'token', value };
    case 'nostr':
      return { kind: 'signed', value };
    default:
      throw new Problem(401, 'bad-authorization', {
        message: 'Authorization must be Bearer with a token or an API key, or Nostr with a signed request',
        headers: { 'WWW-Authenticate': 'Bearer, Nostr' },
      });
  }
}

async function bySession(parts: AuthenticateParts, token: string): Promise<Caller> {
  const { session, user } = await parts.sessions.use(token);
  return await toCaller(parts, user, { by: 'session', credential: session.id });
}

/** A cookie that does not hold is taken away with the answer: the page itself cannot remove it. */
async function byCookie(parts: AuthenticateParts, token: string, request: Credentials): Promise<Caller> {
  let caller: Caller;
  try {
    caller = await bySession(parts, token);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    const { message, code, headers } = error;
    throw new Problem(401, code, {
      message,
      cause: error,
      headers: { ...headers, 'Set-Cookie': parts.cookies.clear() },
    });
  }
  parts.cookies.checkSource(request, caller.credential);
  return caller;
}

async function toCaller(
  { entitlements }: AuthenticateParts,
  user: User,
  { by, credential }: Pick<Caller, 'by' | 'credential'>,
): Promise<Caller> {
  const role = admit(user);
  const { rate } = await entitlements.entitlementsOf(user.id);
  return { userId: user.id, pubkey: user.pubkey ?? undefined, role, by, credential, scopes: undefined, rate };
}
