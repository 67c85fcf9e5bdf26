import type { Database, Queryable, SqlRow } from '@nostrata/database';
import { type CallerRole, Problem } from '@nostrata/http';
import type { AuditLog, Clock, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';

/** A user as the row says. */
export interface User {
  readonly id: string;
  /** Hex; null of somebody who is known by Lightning wallets alone. */
  readonly pubkey: string | null;
  /** Checked when the user is let in, not here. */
  readonly role: string;
  readonly state: string;
  readonly createdMs: number;
}

/** Who somebody has proven to be. */
export type Identity = { readonly pubkey: string } | { readonly linkingKey: string };

/** What it is made of. */
export interface UsersParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly admins: ReadonlySet<string>;
}

/** Finds and makes users. */
export interface Users {
  /** The user of a key, made where there is none yet: the same one for all who ask at the same time. */
  findOrMake(transaction: Queryable, identity: Identity): Promise<User>;
  find(queryable: Queryable, id: string): Promise<User | undefined>;
  findByPubkey(queryable: Queryable, pubkey: string): Promise<User | undefined>;
  findByLinkingKey(queryable: Queryable, linkingKey: string): Promise<User | undefined>;
  linkingKeysOf(queryable: Queryable, userId: string): Promise<readonly { key: string; createdMs: number }[]>;
  /** Gives the admins of the settings their role, and makes them where they are not there yet. Call it once at start. */
  appointAdmins(database: Database): Promise<void>;
}

const roles: readonly string[] = ['user', 'support', 'admin'] satisfies readonly CallerRole[];
const columns = 'id, pubkey, role, state, created_ms';

/** Creates them. */
export function createUsers(parts: UsersParts): Users {
  const findByPubkey = async (queryable: Queryable, pubkey: string) =>
    toUser(await queryable.query<UserRow>(`SELECT ${columns} FROM account_user WHERE pubkey = $1`, [pubkey]));
  const findByLinkingKey = async (queryable: Queryable, linkingKey: string) =>
    toUser(
      await queryable.query<UserRow>(
        `SELECT ${columns} FROM account_user WHERE id = (SELECT user_id FROM linking_key WHERE linking_key = $1)`,
        [linkingKey],
      ),
    );
  const findOrMake = async (transaction: Queryable, identity: Identity): Promise<User> => {
    const find = () =>
      'pubkey' in identity
        ? findByPubkey(transaction, identity.pubkey)
        : findByLinkingKey(transaction, identity.linkingKey);
    const known = await find();
    if (known !== undefined) return known;
    const made = await make(parts, transaction, identity);
    // Somebody else made the same one first: it is committed by now.
    const user = made ?? (await find());
    if (user === undefined) throw new Error('a user was there and is not');
    return user;
  };
  return {
    findOrMake,
    findByPubkey,
    findByLinkingKey,
    find: async (queryable, id) =>
      toUser(await queryable.query<UserRow>(`SELECT ${columns} FROM account_user WHERE id = $1`, [id])),
    async linkingKeysOf(queryable, userId) {
      const rows = await queryable.query<{ linking_key: string; created_ms: number }>(
        'SELECT linking_key, created_ms FROM linking_key WHERE user_id = $1 ORDER BY created_ms, linking_key',
        [userId],
      );
      return rows.map((row) => ({ key: row.linking_key, createdMs: Number(row.created_ms) }));
    },
    async appointAdmins(database) {
      for (const pubkey of parts.admins)
        await database.transaction((transaction) => appoint(parts, transaction, pubkey));
    },
  };

  async function appoint({ audit }: UsersParts, transaction: Queryable, pubkey: string): Promise<void> {
    const user = await findOrMake(transaction, { pubkey });
    const [changed] = await transaction.query(
      `UPDATE account_user SET role = 'admin' WHERE id = $1 AND role <> 'admin' RETURNING id`,
      [user.id],
    );
    if (changed === undefined) return;
    const details = { from: user.role, to: 'admin' };
    await audit.append(transaction, { actor: 'operator', action: 'user.role', entity: `user:${user.id}`, details });
  }
}

/**
 * The role of somebody who may do something at all.
 * @throws Problem 403 where the account is suspended, or has a role or state that this version does not know
 */
export function admit(user: Pick<User, 'role' | 'state'>): CallerRole {
  if (user.state !== 'active') throw new Problem(403, 'suspended', 'this account is suspended: ask the operator');
  if (!isAdmitted(user))
    throw new Problem(403, 'unknown-role', 'the role of this account is not known here: ask the operator');
  return user.role as CallerRole;
}

/** Whether `admit` lets them in. */
export function isAdmitted({ role, state }: Pick<User, 'role' | 'state'>): boolean {
  return state === 'active' && roles.includes(role);
}

interface UserRow extends SqlRow {
  readonly id: string;
  readonly pubkey: string | null;
  readonly role: string;
  readonly state: string;
  readonly created_ms: number;
}

function toUser([row]: readonly UserRow[]): User | undefined {
  if (row === undefined) return undefined;
  const { id, pubkey, role, state, created_ms } = row;
  return { id, pubkey, role, state, createdMs: Number(created_ms) };
}

async function make(
  { clock, random }: UsersParts,
  transaction: Queryable,
  identity: Identity,
): Promise<User | undefined> {
  const id = createId(random, 'usr');
  const nowMs = clock.now();
  if ('linkingKey' in identity) {
    // The key decides who makes the user: whoever loses here has made nothing yet.
    const taken = await transaction.query(
      'INSERT INTO linking_key (linking_key, user_id, created_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING user_id',
      [identity.linkingKey, id, nowMs],
    );
    if (taken.length === 0) return undefined;
  }
  const pubkey = 'pubkey' in identity ? identity.pubkey : null;
  return toUser(
    await transaction.query<UserRow>(
      `INSERT INTO account_user (id, pubkey, role, state, created_ms) VALUES ($1, $2, 'user', 'active', $3)
        ON CONFLICT DO NOTHING RETURNING ${columns}`,
      [id, pubkey, nowMs],
    ),
  );
}
