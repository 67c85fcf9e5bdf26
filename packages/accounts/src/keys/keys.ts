import type { Database, Queryable } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { AuditLog, Clock, EntitlementReads, NoticeBoard, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';
import { lockUser } from '../users.ts';
import { parseAddresses } from './addresses.ts';
import { makeKey, type NewKey } from './format.ts';
import { lifeMsMax, listedMax, madeADayMax, overlapSecondsUsual } from './limits.ts';
import { type KeyAnswer, type KeyRow, toKeyAnswer } from './rows.ts';
import { grantedScopes, type Standing } from './scopes.ts';

/** What keys are made of. */
export interface KeysParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly entitlements: Pick<EntitlementReads, 'entitlementsOf'>;
}

/** What a key is made for. */
export interface KeyWish {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly addresses?: readonly string[] | undefined;
  readonly expiresAt?: string | undefined;
}

/** What is changed of a key. */
export interface KeyChange {
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly addresses?: readonly string[] | undefined;
}

/** A key with its secret: the only time it is shown. */
export type ShownKey = KeyAnswer & { readonly key: string };

/** Whose key, and which. */
export interface KeyPlace {
  readonly userId: string;
  readonly id: string;
}

/** Makes, changes and ends API keys; each of them only for its owner. */
export interface Keys {
  list(userId: string): Promise<KeyAnswer[]>;
  create(userId: string, wish: KeyWish): Promise<ShownKey>;
  change(place: KeyPlace, change: KeyChange): Promise<KeyAnswer>;
  /** Makes another key in place of one, which goes on working for a while. */
  rotate(place: KeyPlace, overlapSeconds?: number): Promise<ShownKey>;
  /** Ends a key at once. */
  revoke(place: KeyPlace): Promise<void>;
  /** @throws Problem 404 where the user has no such key */
  checkOwner(place: KeyPlace): Promise<void>;
}

/** Creates the keys of the installation. */
export function createKeys(parts: KeysParts): Keys {
  return {
    list: (userId) => listKeys(parts, userId),
    create: (userId, wish) => createKey(parts, userId, wish),
    change: (place, change) => changeKey(parts, place, change),
    rotate: (place, overlapSeconds = overlapSecondsUsual) => rotateKey(parts, place, overlapSeconds),
    revoke: (place) => revokeKey(parts, place),
    checkOwner: async (place) => {
      await loadKey(parts.database, place);
    },
  };
}

async function listKeys({ database, entitlements }: KeysParts, userId: string): Promise<KeyAnswer[]> {
  const [user] = await database.query<{ role: string }>('SELECT role FROM account_user WHERE id = $1', [userId]);
  const standing = { entitlements: await entitlements.entitlementsOf(userId), role: user?.role ?? '' };
  const rows = await database.query<KeyRow>(
    'SELECT * FROM api_key WHERE user_id = $1 ORDER BY created_ms DESC, id LIMIT $2',
    [userId, listedMax],
  );
  return rows.map((row) => toKeyAnswer(row, standing));
}

async function createKey(parts: KeysParts, userId: string, wish: KeyWish): Promise<ShownKey> {
  const { database, clock, random, entitlements } = parts;
  const addresses = parseAddresses(wish.addresses ?? []);
  const expiresMs = readExpiry(wish.expiresAt, clock.now());
  const mine = await entitlements.entitlementsOf(userId);
  return await database.transaction(async (transaction) => {
    const standing = { entitlements: mine, role: await lockUser(transaction, userId) };
    const scopes = checkScopes(wish.scopes, standing);
    await checkRoom(transaction, { userId, apiKeys: mine.apiKeys, nowMs: clock.now() });
    const made = makeKey(random);
    const row = toRow(made, { userId, name: wish.name, scopes, addresses, expiresMs, nowMs: clock.now(), random });
    await insertKey(transaction, row, made.hash);
    await tell(parts, transaction, {
      userId,
      id: row.id,
      action: 'key.created',
      details: { scopes: scopes.join(' ') },
    });
    return { key: made.text, ...toKeyAnswer(row, standing) };
  });
}

async function changeKey(parts: KeysParts, place: KeyPlace, change: KeyChange): Promise<KeyAnswer> {
  const { userId, id } = place;
  const addresses = change.addresses && JSON.stringify(parseAddresses(change.addresses));
  const mine = await parts.entitlements.entitlementsOf(userId);
  return await parts.database.transaction(async (transaction) => {
    const standing = { entitlements: mine, role: await lockUser(transaction, userId) };
    const scopes = change.scopes && JSON.stringify(checkScopes(change.scopes, standing));
    const [row] = await transaction.query<KeyRow>(
      `UPDATE api_key SET name = COALESCE($1, name), scopes = COALESCE($2, scopes),
        addresses = COALESCE($3, addresses) WHERE id = $4 AND user_id = $5 AND revoked_ms IS NULL RETURNING *`,
      [change.name ?? null, scopes ?? null, addresses ?? null, id, userId],
    );
    if (row === undefined) throw noKey();
    const details = { what: Object.keys(change).sort().join(' '), ...(change.scopes && { scopes: row.scopes }) };
    await tell(parts, transaction, { userId, id, action: 'key.changed', details });
    return toKeyAnswer(row, standing);
  });
}

async function rotateKey(parts: KeysParts, place: KeyPlace, overlapSeconds: number): Promise<ShownKey> {
  const { database, clock, random, entitlements } = parts;
  const { userId, id } = place;
  const mine = await entitlements.entitlementsOf(userId);
  return await database.transaction(async (transaction) => {
    const standing = { entitlements: mine, role: await lockUser(transaction, userId) };
    const old = await loadKey(transaction, place);
    const nowMs = clock.now();
    const made = makeKey(random);
    const kept = { name: old.name, scopes: JSON.parse(old.scopes), addresses: JSON.parse(old.addresses) };
    const row = toRow(made, { userId, ...kept, expiresMs: old.expires_ms, nowMs, random });
    await checkRoom(transaction, { userId, apiKeys: Number.POSITIVE_INFINITY, nowMs });
    const [replaced] = await transaction.query(
      `UPDATE api_key SET replaced_by = $1, expires_ms = CASE WHEN expires_ms < $2 THEN expires_ms ELSE $2 END
        WHERE id = $3 AND revoked_ms IS NULL AND replaced_by IS NULL AND (expires_ms IS NULL OR expires_ms > $4)
        RETURNING id`,
      [row.id, nowMs + overlapSeconds * 1000, id, nowMs],
    );
    if (replaced === undefined) throw new Problem(409, 'key-ended', 'the key has been replaced, revoked or is expired');
    // What this one replaced ends here: of each key there are two that work at most.
    await transaction.query(
      'UPDATE api_key SET expires_ms = $1 WHERE user_id = $2 AND replaced_by = $3 AND expires_ms > $1',
      [nowMs, userId, id],
    );
    await insertKey(transaction, row, made.hash);
    const details = { replacedBy: row.id, overlapSeconds };
    await tell(parts, transaction, { userId, id, action: 'key.rotated', details });
    return { key: made.text, ...toKeyAnswer(row, standing) };
  });
}

async function revokeKey(parts: KeysParts, place: KeyPlace): Promise<void> {
  const { userId, id } = place;
  await parts.database.transaction(async (transaction) => {
    await loadKey(transaction, place);
    const [row] = await transaction.query<{ prefix: string; last4: string }>(
      'UPDATE api_key SET revoked_ms = $1 WHERE id = $2 AND revoked_ms IS NULL RETURNING prefix, last4',
      [parts.clock.now(), id],
    );
    if (row === undefined) return;
    const payload = { keyId: id, prefix: row.prefix, last4: row.last4 };
    await parts.notices.add(transaction, { userId, topic: 'key.revoked', payload });
    await tell(parts, transaction, { userId, id, action: 'key.revoked', details: {} });
  });
}

async function checkRoom(
  transaction: Queryable,
  { userId, apiKeys, nowMs }: { readonly userId: string; readonly apiKeys: number; readonly nowMs: number },
): Promise<void> {
  const [counted] = await transaction.query<{ live: number; made: number }>(
    `SELECT COUNT(CASE WHEN revoked_ms IS NULL AND replaced_by IS NULL AND (expires_ms IS NULL OR expires_ms > $1)
        THEN 1 END) AS live, COUNT(CASE WHEN created_ms > $2 THEN 1 END) AS made
      FROM api_key WHERE user_id = $3`,
    [nowMs, nowMs - 86_400_000, userId],
  );
  if (Number(counted?.live ?? 0) >= apiKeys) {
    throw new Problem(
      403,
      'too-many-keys',
      `your plan has room for ${apiKeys} API keys: revoke one or change the plan`,
    );
  }
  if (Number(counted?.made ?? 0) >= madeADayMax) {
    throw new Problem(429, 'too-many-keys', { message: 'too many API keys were made today', retryAfter: 3600 });
  }
}

function checkScopes(scopes: readonly string[], standing: Standing): string[] {
  const granted = grantedScopes(standing);
  const wanted = [...new Set(scopes)].sort();
  const missing = wanted.find((scope) => !granted.has(scope));
  if (missing === undefined) return wanted;
  throw new Problem(403, 'no-scope', `you cannot give the scope ${missing.slice(0, 40)}: your plan or role lacks it`);
}

function readExpiry(text: string | undefined, nowMs: number): number | null {
  if (text === undefined) return null;
  const expiresMs = Date.parse(text);
  if (expiresMs > nowMs && expiresMs <= nowMs + lifeMsMax) return expiresMs;
  throw new Problem(400, 'bad-body', 'expiresAt: a time within the next five years');
}

interface RowParts {
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly addresses: readonly string[];
  readonly expiresMs: number | null;
  readonly nowMs: number;
  readonly random: RandomBytes;
}

function toRow(
  { prefix, last4 }: NewKey,
  { userId, name, scopes, addresses, expiresMs, nowMs, random }: RowParts,
): KeyRow {
  return {
    id: createId(random, 'key'),
    user_id: userId,
    name,
    prefix,
    last4,
    scopes: JSON.stringify(scopes),
    addresses: JSON.stringify(addresses),
    created_ms: nowMs,
    expires_ms: expiresMs,
    used_ms: null,
    revoked_ms: null,
    replaced_by: null,
  };
}

async function insertKey(transaction: Queryable, row: KeyRow, hash: string): Promise<void> {
  await transaction.query(
    `INSERT INTO api_key (id, user_id, name, hash, prefix, last4, scopes, addresses, created_ms, expires_ms)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      row.id,
      row.user_id,
      row.name,
      hash,
      row.prefix,
      row.last4,
      row.scopes,
      row.addresses,
      row.created_ms,
      row.expires_ms,
    ],
  );
}

async function loadKey(queryable: Queryable, { userId, id }: KeyPlace): Promise<KeyRow> {
  const [row] = await queryable.query<KeyRow>('SELECT * FROM api_key WHERE id = $1 AND user_id = $2', [id, userId]);
  if (row === undefined) throw noKey();
  return row;
}

function noKey(): Problem {
  return new Problem(404, 'not-found', 'you have no such key');
}

interface Told extends KeyPlace {
  readonly action: string;
  readonly details: Readonly<Record<string, string | number>>;
}

async function tell(
  { audit }: KeysParts,
  transaction: Queryable,
  { userId, id, action, details }: Told,
): Promise<void> {
  await audit.append(transaction, { actor: `user:${userId}`, action, entity: `key:${id}`, details });
}
