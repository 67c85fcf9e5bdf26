import { bytesToHex } from '@noble/hashes/utils.js';
import type { Database } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import { Kind, type NostrEvent } from '@nostrata/protocol';
import type { AccountsMetrics, Clock, RandomBytes } from '../contract.ts';
import { challengeMs, challengeSkewSeconds } from './limits.ts';
import type { SignInPlace } from './settings.ts';
import { type CheckSignature, hasTag, readEvent, singleTag } from './signed-event.ts';

/** A challenge as it is handed out. */
export interface Challenge {
  readonly challenge: string;
  readonly expiresMs: number;
}

/** What somebody signed a challenge for. */
export type ChallengePurpose = 'sign-in' | 'link';

/** A challenge that was signed, and is used up. */
export interface SignedChallenge {
  readonly pubkey: string;
  /** The Lightning wallet that is to be linked; there for `link` alone. */
  readonly linkingKey: string | undefined;
}

/** What it is made of. */
export interface ChallengesParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly place: SignInPlace;
  readonly checkSignature: CheckSignature;
  readonly metrics: AccountsMetrics;
}

/**
 * Challenges of 32 random bytes that are signed as events of kind 22242 (NIP-42) and never published:
 *
 * - to sign in: tags `["challenge", c]` and `["relay", "wss://example.com/"]`, and where it is there `["domain", "example.com"]`;
 * - to link a wallet: the same, and `["linking-key", 66 hex digits]`, and `domain` must be there.
 *
 * One that names a linking key signs nobody in. Each is good once, for five minutes, and `created_at` may be ten minutes
 * before or after our clock.
 */
export interface Challenges {
  create(): Promise<Challenge>;
  /** Checks what was signed and uses its challenge up. @throws Problem 401 */
  consume(value: unknown, purpose: ChallengePurpose): Promise<SignedChallenge>;
}

/** Creates them. */
export function createChallenges(parts: ChallengesParts): Challenges {
  const { database, clock, random, place } = parts;
  return {
    async create() {
      const challenge = bytesToHex(random(32));
      const nowMs = clock.now();
      const expiresMs = nowMs + challengeMs;
      await database.transaction((transaction) =>
        transaction.query(
          'INSERT INTO auth_challenge (challenge, domain, created_ms, expires_ms) VALUES ($1, $2, $3, $4)',
          [challenge, place.domain, nowMs, expiresMs],
        ),
      );
      return { challenge, expiresMs };
    },
    async consume(value, purpose) {
      const event = readEvent(value);
      if (typeof event === 'string') throw refuse(parts, `the event is not one of Nostr: ${event}`);
      const fault = findFault(event, purpose, parts);
      if (fault !== null) throw refuse(parts, fault);
      // Within a transaction, as everything on one SQLite connection would else belong to one that may be rolled back.
      const used = await database.transaction((transaction) =>
        transaction.query(
          'DELETE FROM auth_challenge WHERE challenge = $1 AND domain = $2 AND expires_ms > $3 RETURNING challenge',
          [singleTag(event, 'challenge') ?? '', place.domain, clock.now()],
        ),
      );
      if (used.length === 0)
        throw refuse(parts, 'this challenge was used already, has expired, or is not from here: ask for another');
      return { pubkey: event.pubkey, linkingKey: singleTag(event, 'linking-key') };
    },
  };
}

/** Cheap checks first, the signature last. */
function findFault(
  event: NostrEvent,
  purpose: ChallengePurpose,
  { clock, place, checkSignature }: ChallengesParts,
): string | null {
  if (event.kind !== Kind.authentication) return `the event has kind ${event.kind}, not ${Kind.authentication}`;
  if (Math.abs(event.created_at - Math.floor(clock.now() / 1000)) > challengeSkewSeconds) {
    return 'created_at is more than ten minutes away from the time of this server: check the clock of the signer';
  }
  if (!/^[0-9a-f]{64}$/.test(singleTag(event, 'challenge') ?? ''))
    return 'the event needs one challenge tag, as it was given';
  if (!isRelay(singleTag(event, 'relay'), place.relay)) return `the event needs one relay tag that says ${place.relay}`;
  if (hasTag(event, 'domain') ? singleTag(event, 'domain') !== place.domain : purpose === 'link') {
    return `the event needs one domain tag that says ${place.domain}`;
  }
  if (purpose === 'sign-in' && hasTag(event, 'linking-key')) return 'an event that links a wallet signs nobody in';
  if (purpose === 'link' && !/^0[23][0-9a-f]{64}$/.test(singleTag(event, 'linking-key') ?? '')) {
    return 'the event needs one linking-key tag: the 66 hex digits of the key of the wallet';
  }
  return checkSignature(event) ? null : 'id or signature of the event is wrong';
}

/** Signers may write the URL without its last slash. */
function isRelay(given: string | undefined, relay: string): boolean {
  return given === relay || `${given}/` === relay;
}

function refuse({ metrics }: ChallengesParts, sentence: string): Problem {
  metrics.signIn?.('challenge', 'refused');
  return new Problem(401, 'bad-event', sentence);
}
