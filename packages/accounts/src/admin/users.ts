import type { Database, Queryable, SqlValue } from '@nostrata/database';
import { type Caller, Problem } from '@nostrata/http';
import { encodeNpub } from '@nostrata/protocol';
import type { SubscriptionAnswer } from '../billing/subscriptions.ts';
import type { AuditLog, Clock } from '../contract.ts';
import { toIso } from '../times.ts';
import { actorOf } from '../users.ts';
import type { AdminSubscriptions } from './contract.ts';
import { usersPageMax } from './limits.ts';
import { type Condition, readCursor, readSearch } from './search.ts';

/** What users are administered with. */
export interface AdminUsersParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly audit: AuditLog;
  readonly subscriptions: Pick<AdminSubscriptions, 'entitlementsOf' | 'show'>;
}

/** A user as the administration sees it; times are ISO 8601 in UTC. */
export interface AdminUserAnswer {
  readonly id: string;
  readonly pubkey: string | null;
  readonly npub: string | null;
  readonly role: string;
  readonly state: string;
  readonly createdAt: string;
  readonly plan: string;
}

/** A user with what they have. */
export interface AdminUserDetails extends AdminUserAnswer {
  readonly linkingKeys: string[];
  readonly usedAt: string | null;
  readonly has: {
    readonly sessions: number;
    readonly apiKeys: number;
    readonly hooks: number;
    readonly names: number;
    readonly domains: number;
    readonly payments: number;
  };
  readonly subscription: SubscriptionAnswer;
}

/** Which users. */
export interface UserFilter {
  /** Id, pubkey or the beginning of one, npub, linking key, or the address of a name. */
  readonly search?: string | undefined;
  readonly role?: string | undefined;
  readonly state?: string | undefined;
  readonly cursor?: string | undefined;
}

/** What is changed of a user. */
export interface UserChange {
  readonly role?: 'user' | 'support' | 'admin' | undefined;
  readonly state?: 'active' | 'suspended' | undefined;
}

/** Looks at users and changes what they are. */
export interface AdminUsers {
  list(filter: UserFilter): Promise<{ items: AdminUserAnswer[]; next: string | null }>;
  show(id: string): Promise<AdminUserDetails>;
  /** @throws Problem 404; 409 where nobody would be left who administers; 403 where the caller no longer does */
  change(caller: Caller, id: string, change: UserChange): Promise<AdminUserAnswer>;
}

/** Creates them. */
export function createAdminUsers(parts: AdminUsersParts): AdminUsers {
  return {
    list: (filter) => listUsers(parts, filter),
    show: (id) => showUser(parts, id),
    change: (caller, id, change) => changeUser(parts, caller, { id, change }),
  };
}

interface UserRow {
  readonly [column: string]: string | number | null;
  readonly id: string;
  readonly pubkey: string | null;
  readonly role: string;
  readonly state: string;
  readonly created_ms: number;
}

const columns = 'id, pubkey, role, state, created_ms';

async function listUsers(parts: AdminUsersParts, filter: UserFilter): ReturnType<AdminUsers['list']> {
  const values: SqlValue[] = [];
  const conditions: string[] = [];
  const add = ({ sql, values: own }: Condition): void => {
    conditions.push(sql(...own.map((value) => `$${values.push(value)}`)));
  };
  for (const column of ['role', 'state'] as const) {
    const wanted = filter[column];
    if (wanted !== undefined) add({ sql: (place) => `${column} = ${place}`, values: [wanted] });
  }
  if (filter.search !== undefined) add(readSearch(filter.search));
  if (filter.cursor !== undefined) add(readCursor(filter.cursor));
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = await parts.database.query<UserRow>(
    `SELECT ${columns} FROM account_user ${where} ORDER BY created_ms DESC, id DESC LIMIT $${values.push(usersPageMax + 1)}`,
    values,
  );
  const shown = rows.slice(0, usersPageMax);
  const items: AdminUserAnswer[] = [];
  for (const row of shown) items.push(await toAnswer(parts, row));
  const last = rows.length > usersPageMax ? shown.at(-1) : undefined;
  return { items, next: last ? `${last.created_ms}.${last.id}` : null };
}

async function showUser(parts: AdminUsersParts, id: string): Promise<AdminUserDetails> {
  const { database, clock, subscriptions } = parts;
  const [row] = await database.query<UserRow>(`SELECT ${columns} FROM account_user WHERE id = $1`, [id]);
  if (row === undefined) throw noUser();
  const keys = await database.query<{ linking_key: string }>(
    'SELECT linking_key FROM linking_key WHERE user_id = $1 ORDER BY created_ms, linking_key',
    [id],
  );
  const [sums] = await database.query<Record<string, number | null>>(
    `SELECT
      (SELECT COUNT(*) FROM session WHERE user_id = $1 AND revoked_ms IS NULL AND expires_ms > $2) AS sessions,
      (SELECT MAX(used_ms) FROM session WHERE user_id = $1) AS used_ms,
      (SELECT COUNT(*) FROM api_key WHERE user_id = $1 AND revoked_ms IS NULL
        AND (expires_ms IS NULL OR expires_ms > $2)) AS api_keys,
      (SELECT COUNT(*) FROM hook WHERE user_id = $1) AS hooks,
      (SELECT COUNT(*) FROM name WHERE user_id = $1 AND is_current = 1) AS names,
      (SELECT COUNT(*) FROM domain WHERE user_id = $1) AS domains,
      (SELECT COUNT(*) FROM payment WHERE user_id = $1) AS payments`,
    [id, clock.now()],
  );
  const countOf = (column: string): number => Number(sums?.[column] ?? 0);
  const usedMs = sums?.used_ms ?? null;
  return {
    ...(await toAnswer(parts, row)),
    linkingKeys: keys.map(({ linking_key }) => linking_key),
    usedAt: usedMs === null ? null : toIso(usedMs),
    has: {
      sessions: countOf('sessions'),
      apiKeys: countOf('api_keys'),
      hooks: countOf('hooks'),
      names: countOf('names'),
      domains: countOf('domains'),
      payments: countOf('payments'),
    },
    subscription: await subscriptions.show(id),
  };
}

interface AskedChange {
  readonly id: string;
  readonly change: UserChange;
}

async function changeUser(parts: AdminUsersParts, caller: Caller, asked: AskedChange): Promise<AdminUserAnswer> {
  const { id, change } = asked;
  if (change.role !== undefined && caller.by === 'api-key') {
    throw new Problem(403, 'no-key', 'roles are given by people who are signed in, not by API keys');
  }
  const row = await parts.database.transaction(async (transaction) => {
    await lockAdmins(transaction, caller.userId);
    const sql = `SELECT ${columns} FROM account_user WHERE id = $1`;
    const [before] = await transaction.query<UserRow>(sql, [id]);
    if (before === undefined) throw noUser();
    const role = change.role ?? before.role;
    const state = change.state ?? before.state;
    if (role === before.role && state === before.state) return before;
    await transaction.query('UPDATE account_user SET role = $1, state = $2 WHERE id = $3', [role, state, id]);
    await checkAdmins(transaction);
    await parts.audit.append(transaction, {
      actor: actorOf(caller),
      action: change.role === undefined || role === before.role ? 'user.state' : 'user.role',
      entity: `user:${id}`,
      details: { fromRole: before.role, toRole: role, fromState: before.state, toState: state },
    });
    return { ...before, role, state };
  });
  return await toAnswer(parts, row);
}

/**
 * Locks the rows of all who administer, so that changes of them are made one after the other: two admins cannot take
 * the role from each other at the same moment.
 * @throws Problem 403 where the caller is none of them any more
 */
async function lockAdmins(transaction: Queryable, callerId: string): Promise<void> {
  const admins = await transaction.query<{ id: string }>(
    `UPDATE account_user SET role = role WHERE role = 'admin' AND state = 'active' RETURNING id`,
  );
  if (!admins.some(({ id }) => id === callerId)) throw new Problem(403, 'no-role', 'this takes the role admin');
}

async function checkAdmins(transaction: Queryable): Promise<void> {
  const [left] = await transaction.query(
    `SELECT id FROM account_user WHERE role = 'admin' AND state = 'active' LIMIT 1`,
  );
  if (left === undefined)
    throw new Problem(409, 'last-admin', 'nobody would be left who administers: appoint one first');
}

async function toAnswer({ subscriptions }: AdminUsersParts, row: UserRow): Promise<AdminUserAnswer> {
  const { plan } = await subscriptions.entitlementsOf(row.id);
  return {
    id: row.id,
    pubkey: row.pubkey,
    npub: row.pubkey === null ? null : encodeNpub(row.pubkey),
    role: row.role,
    state: row.state,
    createdAt: toIso(row.created_ms),
    plan,
  };
}

function noUser(): Problem {
  return new Problem(404, 'not-found', 'there is no such user');
}
