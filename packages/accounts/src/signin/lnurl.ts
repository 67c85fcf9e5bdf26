import { createHash } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Database, SqlRow } from '@nostrata/database';
import { encodeLnurl } from '@nostrata/protocol';
import type { AccountsMetrics, Clock, RandomBytes } from '../contract.ts';
import { derCharactersMax, lnurlMs, wrongSignaturesMax } from './limits.ts';
import type { NewSession, OpenedSession, Sessions } from './sessions.ts';
import type { SignInPlace } from './settings.ts';
import { admit, isAdmitted, type User, type Users } from './users.ts';

/** What a wallet shows that it is asked for (LUD-04). */
export type LnurlAction = 'login' | 'register' | 'link' | 'auth';

/** What a page needs to show a code and to wait for the wallet. */
export interface LnurlRequest {
  readonly k1: string;
  readonly url: string;
  /** Bech32 in lower case; in upper case it says the same and makes a smaller QR code. */
  readonly lnurl: string;
  /** Whoever holds it gets the session; it is in no code. */
  readonly pollSecret: string;
  readonly expiresMs: number;
}

/** What became of a code. */
export type LnurlOutcome =
  | { readonly state: 'pending' | 'expired' }
  /** For `link`: this wallet agreed, and the link waits for the event that names it. */
  | { readonly state: 'verified'; readonly linkingKey: string }
  | { readonly state: 'signed-in'; readonly opened: OpenedSession; readonly user: User };

/** What it is made of. */
export interface LnurlsParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly place: SignInPlace;
  readonly users: Pick<Users, 'findOrMake'>;
  readonly sessions: Pick<Sessions, 'open'>;
  readonly metrics: AccountsMetrics;
}

/** Signing in with a Lightning wallet (LUD-04): pending, verified by the wallet, consumed by the page; each step once. */
export interface Lnurls {
  /** @param userId whom a wallet is to be linked to; for `link` alone */
  create(action: LnurlAction, userId: string | undefined): Promise<LnurlRequest>;
  /** Takes the query that a wallet calls with: null where all is well, else a sentence for it. */
  receive(query: URLSearchParams): Promise<string | null>;
  /** What became of the code of a poll secret; the first to ask after the wallet signed gets the session. */
  poll(pollSecret: string, asked: Omit<NewSession, 'userId' | 'method'>): Promise<LnurlOutcome>;
}

/** The path that wallets call. */
export const lnurlCallbackPath = '/api/v1/auth/lnurl-callback';

/** Creates it. */
export function createLnurls(parts: LnurlsParts): Lnurls {
  const { database, clock, random, place } = parts;
  return {
    async create(action, userId) {
      const k1 = bytesToHex(random(32));
      const pollSecret = Buffer.from(random(32)).toString('base64url');
      const nowMs = clock.now();
      const expiresMs = nowMs + lnurlMs;
      await database.transaction((transaction) =>
        transaction.query(
          `INSERT INTO lnurl_session (k1, poll_hash, state, linking_key, action, user_id, wrongs, created_ms,
              expires_ms) VALUES ($1, $2, 'pending', NULL, $3, $4, 0, $5, $6)`,
          [k1, hashPollSecret(pollSecret), action, userId ?? null, nowMs, expiresMs],
        ),
      );
      const url = `${place.origin}${lnurlCallbackPath}?tag=login&k1=${k1}&action=${action}`;
      return { k1, url, lnurl: encodeLnurl(url), pollSecret, expiresMs };
    },
    async receive(query) {
      const fault = await receive(parts, query);
      if (fault !== null) parts.metrics.signIn?.('lnurl', 'refused');
      return fault;
    },
    poll: async (pollSecret, asked) => await poll(parts, hashPollSecret(pollSecret), asked),
  };
}

/** Says whether a DER signature in hex is that of a compressed key over the raw 32 bytes of k1. */
export function isWalletSignature({ k1, sig, key }: Readonly<Record<'k1' | 'sig' | 'key', string>>): boolean {
  try {
    // Wallets sign k1 itself, and some of them do not pick the lower of the two values of s.
    const options = { prehash: false, format: 'der', lowS: false } as const;
    return secp256k1.verify(hexToBytes(sig), hexToBytes(k1), hexToBytes(key), options);
  } catch (error) {
    // What is no signature or no point of the curve is told by exceptions of any class.
    if (error instanceof Error) return false;
    throw error;
  }
}

function hashPollSecret(pollSecret: string): string {
  return createHash('sha256').update(`poll ${pollSecret}`).digest('hex');
}

async function receive({ database, clock }: LnurlsParts, query: URLSearchParams): Promise<string | null> {
  const single = (name: string): string => (query.getAll(name).length === 1 ? (query.get(name) ?? '') : '');
  const [tag, k1, action] = [single('tag'), single('k1'), single('action')];
  const [sig, key] = [single('sig').toLowerCase(), single('key').toLowerCase()];
  if (tag !== 'login') return 'tag must be login, once';
  if (!/^[0-9a-f]{64}$/.test(k1)) return 'k1 must be 32 bytes in hex, as it was in the code, once';
  if (!/^0[23][0-9a-f]{64}$/.test(key)) return 'key must be a compressed public key in hex, once';
  if (sig.length > derCharactersMax || !/^30(?:[0-9a-f]{2})+$/.test(sig))
    return 'sig must be a DER signature in hex, once';
  const [known] = await database.query<{ action: string }>(
    `SELECT action FROM lnurl_session WHERE k1 = $1 AND state = 'pending' AND wrongs < $2 AND expires_ms > $3`,
    [k1, wrongSignaturesMax, clock.now()],
  );
  if (known === undefined) return 'this code was used already or has expired: ask for another';
  if (known.action !== action) return 'action is not the one of the code';
  if (!isWalletSignature({ k1, sig, key })) {
    // Nobody counts these requests, and each of them is work.
    const sql = 'UPDATE lnurl_session SET wrongs = wrongs + 1 WHERE k1 = $1';
    await database.transaction((transaction) => transaction.query(sql, [k1]));
    return 'the signature is wrong';
  }
  const verified = await database.transaction((transaction) =>
    transaction.query(
      `UPDATE lnurl_session SET state = 'verified', linking_key = $1
        WHERE k1 = $2 AND state = 'pending' AND expires_ms > $3 RETURNING k1`,
      [key, k1, clock.now()],
    ),
  );
  return verified.length === 1 ? null : 'this code was used already: ask for another';
}

interface LnurlRow extends SqlRow {
  readonly state: string;
  readonly action: string;
  readonly linking_key: string | null;
}

async function poll(
  parts: LnurlsParts,
  pollHash: string,
  asked: Omit<NewSession, 'userId' | 'method'>,
): Promise<LnurlOutcome> {
  const { database, clock, metrics } = parts;
  const [row] = await database.query<LnurlRow>(
    'SELECT state, action, linking_key FROM lnurl_session WHERE poll_hash = $1 AND expires_ms > $2',
    [pollHash, clock.now()],
  );
  if (row?.state === 'pending') return { state: 'pending' };
  if (row?.state !== 'verified' || row.linking_key === null) return { state: 'expired' };
  if (row.action === 'link') return { state: 'verified', linkingKey: row.linking_key };
  const signedIn = await consume(parts, pollHash, asked);
  if (signedIn === undefined) return { state: 'expired' };
  const { user, opened } = signedIn;
  // Refused only now, so that the code stays used.
  admit(user);
  if (opened === undefined) return { state: 'expired' };
  metrics.signIn?.('lnurl', 'ok');
  return { state: 'signed-in', opened, user };
}

async function consume(
  { database, clock, users, sessions }: LnurlsParts,
  pollHash: string,
  asked: Omit<NewSession, 'userId' | 'method'>,
): Promise<{ opened: OpenedSession | undefined; user: User } | undefined> {
  return await database.transaction(async (transaction) => {
    const [consumed] = await transaction.query<{ linking_key: string }>(
      `UPDATE lnurl_session SET state = 'consumed'
        WHERE poll_hash = $1 AND state = 'verified' AND action <> 'link' AND expires_ms > $2 RETURNING linking_key`,
      [pollHash, clock.now()],
    );
    if (consumed === undefined) return undefined;
    const user = await users.findOrMake(transaction, { linkingKey: consumed.linking_key });
    const isOpened = isAdmitted(user);
    const opened = isOpened
      ? await sessions.open(transaction, { ...asked, userId: user.id, method: 'lnurl' })
      : undefined;
    return { user, opened };
  });
}
