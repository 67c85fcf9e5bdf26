import { createHash } from 'node:crypto';
import type { Database } from '@nostrata/database';
import { type Credentials, Problem } from '@nostrata/http';
import { Kind, type NostrEvent } from '@nostrata/protocol';
import type { AccountsMetrics, Clock } from '../contract.ts';
import { headerCharactersMax, requestSkewSeconds, usedEventMs } from './limits.ts';
import type { SignInPlace } from './settings.ts';
import { type CheckSignature, hasTag, readEvent, singleTag } from './signed-event.ts';
import { admit, type User, type Users } from './users.ts';

/** What it is made of. */
export interface SignedRequestsParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly place: SignInPlace;
  readonly checkSignature: CheckSignature;
  readonly users: Pick<Users, 'findOrMake'>;
  readonly metrics: AccountsMetrics;
}

/** Requests that are signed by an event of kind 27235 (NIP-98). */
export interface SignedRequests {
  /**
   * Checks what follows the scheme `Nostr`, and uses the event up.
   * @throws Problem 401 with `WWW-Authenticate: Nostr`; 403 for an account that is suspended
   */
  check(encoded: string, request: Credentials): Promise<{ readonly user: User; readonly eventId: string }>;
}

/**
 * Creates them. The URL is the configured origin and the target as it was sent: headers of the request say nothing about
 * it. Requests that change something and have a body need its hash in a `payload` tag; a hash that is there must be right.
 */
export function createSignedRequests(parts: SignedRequestsParts): SignedRequests {
  return {
    async check(encoded, request) {
      const event = decode(encoded);
      const fault = typeof event === 'string' ? event : await findFault(event, request, parts);
      if (fault !== null || typeof event === 'string') throw refuse(parts, fault ?? '');
      const user = await spend(event, parts);
      if (user === undefined) throw refuse(parts, 'this signed request was used already: sign every request anew');
      admit(user);
      parts.metrics.signIn?.('nip98', 'ok');
      return { user, eventId: event.id };
    },
  };
}

/** Remembers the event and finds its author; undefined where it was used before. */
async function spend(event: NostrEvent, { database, clock, users }: SignedRequestsParts): Promise<User | undefined> {
  return await database.transaction(async (transaction) => {
    const kept = await transaction.query(
      'INSERT INTO used_event (id, expires_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id',
      [event.id, clock.now() + usedEventMs],
    );
    return kept.length === 0 ? undefined : await users.findOrMake(transaction, { pubkey: event.pubkey });
  });
}

/** The event of a header, or why there is none. Base64 is taken with and without padding, as the example of the NIP has none. */
function decode(encoded: string): NostrEvent | string {
  if (encoded.length > headerCharactersMax)
    return `the signed request is longer than ${headerCharactersMax} characters`;
  const plain = encoded.replace(/={1,2}$/, '');
  const isPadded = plain.length !== encoded.length;
  const bytes = Buffer.from(plain, 'base64');
  const isStrict = /^[A-Za-z0-9+/]+$/.test(plain) && (!isPadded || encoded.length % 4 === 0);
  if (!isStrict || bytes.toString('base64').replace(/=+$/, '') !== plain) return 'the signed request is not base64';
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return 'the signed request is not JSON in base64';
    throw error;
  }
  const event = readEvent(value);
  return typeof event === 'string' ? `the signed request is not an event of Nostr: ${event}` : event;
}

/** Cheap checks first, the signature last. */
async function findFault(
  event: NostrEvent,
  request: Credentials,
  { clock, place, checkSignature }: SignedRequestsParts,
): Promise<string | null> {
  if (event.kind !== Kind.httpAuthentication)
    return `the signed request has kind ${event.kind}, not ${Kind.httpAuthentication}`;
  if (Math.abs(event.created_at - Math.floor(clock.now() / 1000)) > requestSkewSeconds) {
    return 'the request was signed more than a minute before or after the time of this server: check the clock of the signer';
  }
  if (singleTag(event, 'u') !== place.origin + request.target)
    return 'the request was signed for another URL, or for none or several';
  if (singleTag(event, 'method') !== request.method)
    return 'the request was signed for another method, or for none or several';
  const fault = await findPayloadFault(event, request);
  if (fault !== null) return fault;
  return checkSignature(event) ? null : 'id or signature of the signed request is wrong';
}

async function findPayloadFault(event: NostrEvent, request: Credentials): Promise<string | null> {
  const body = await request.readBody();
  if (!hasTag(event, 'payload')) {
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    return changes && body.byteLength > 0 ? 'the request has a body: sign its SHA-256 in a payload tag' : null;
  }
  const hash = createHash('sha256').update(body).digest('hex');
  return singleTag(event, 'payload') === hash ? null : 'the payload tag is not the SHA-256 of the body as it was sent';
}

function refuse({ metrics }: SignedRequestsParts, message: string): Problem {
  metrics.signIn?.('nip98', 'refused');
  return new Problem(401, 'bad-signed-request', { message, headers: { 'WWW-Authenticate': 'Nostr' } });
}
