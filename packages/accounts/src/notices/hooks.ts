import type { Database, Queryable } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { AuditLog, Clock, EntitlementReads, RandomBytes, Topic } from '../contract.ts';
import { createId } from '../ids.ts';
import type { Secrets } from '../secrets.ts';
import { lockUser } from '../users.ts';
import { listedMax, urlCharsMax } from './limits.ts';
import {
  type DeliveryAnswer,
  type DeliveryRow,
  type HookAnswer,
  type HookRow,
  toDeliveryAnswer,
  toHookAnswer,
} from './rows.ts';
import { showSecret } from './signing.ts';

/** All that hooks can be told of. */
export const topics = [
  'payment.settled',
  'payment.refund-owed',
  'subscription.changed',
  'subscription.reminder',
  'name.changed',
  'domain.changed',
  'key.revoked',
  'hook.disabled',
] as const satisfies readonly Topic[];

/** What hooks are made of. */
export interface HooksParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly secrets: Secrets;
  readonly entitlements: Pick<EntitlementReads, 'entitlementsOf'>;
  /** Whether they may lead to addresses without TLS: for trials. */
  readonly allowLocalHosts?: boolean | undefined;
}

/** Who asks. */
export interface HookOwner {
  readonly userId: string;
  /** For the audit log: the user or one of the user's keys. */
  readonly actor: string;
}

/** Who asks, and for which hook. */
export interface HookPlace extends HookOwner {
  readonly id: string;
}

/** Where to, and what. */
export interface HookWish {
  readonly url: string;
  readonly topics: readonly string[];
}

/** What is changed of a hook. */
export interface HookChange {
  readonly url?: string | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly state?: 'active' | 'disabled' | undefined;
}

/** A hook with its secret: the only time it is shown. */
export type ShownHook = HookAnswer & { readonly secret: string };

/** Webhooks that users set up; each of them is only there for its owner. */
export interface Hooks {
  list(userId: string): Promise<HookAnswer[]>;
  create(owner: HookOwner, wish: HookWish): Promise<ShownHook>;
  change(place: HookPlace, change: HookChange): Promise<HookAnswer>;
  /** Gives it another secret; the one before signs too for a day. */
  rotate(place: HookPlace): Promise<ShownHook>;
  /** Removes it with its deliveries. */
  remove(place: HookPlace): Promise<void>;
  /** Puts a delivery on the way that says nothing; the id of it. It is tried once. */
  test(place: HookPlace): Promise<string>;
  /** The newest first. */
  deliveries(place: HookPlace): Promise<DeliveryAnswer[]>;
}

/** Creates them. */
export function createHooks(parts: HooksParts): Hooks {
  return {
    async list(userId) {
      const sql = 'SELECT * FROM hook WHERE user_id = $1 ORDER BY created_ms, id';
      return (await parts.database.query<HookRow>(sql, [userId])).map(toHookAnswer);
    },
    create: (owner, wish) => createHook(parts, owner, wish),
    change: (place, change) => changeHook(parts, place, change),
    rotate: (place) => rotateHook(parts, place),
    remove: (place) => removeHook(parts, place),
    test: (place) => testHook(parts, place),
    deliveries: (place) => listDeliveries(parts, place),
  };
}

async function createHook(parts: HooksParts, owner: HookOwner, wish: HookWish): Promise<ShownHook> {
  const { database, clock, random, secrets, entitlements } = parts;
  const url = readUrl(parts, wish.url);
  const mine = await entitlements.entitlementsOf(owner.userId);
  return await database.transaction(async (transaction) => {
    await lockUser(transaction, owner.userId);
    const [counted] = await transaction.query('SELECT COUNT(*) AS hooks FROM hook WHERE user_id = $1', [owner.userId]);
    if (Number(counted?.hooks ?? 0) >= mine.hooks) {
      const message = `your plan has room for ${mine.hooks} webhooks: remove one or change the plan`;
      throw new Problem(403, 'too-many-hooks', message);
    }
    const id = createId(random, 'hok');
    const [row] = await transaction.query<HookRow>(
      `INSERT INTO hook (id, user_id, url, topics, state, generation, created_ms)
        VALUES ($1, $2, $3, $4, 'active', 1, $5) RETURNING *`,
      [id, owner.userId, url, toTopics(wish.topics), clock.now()],
    );
    await tell(parts, transaction, { ...owner, id, action: 'hook.created' });
    return show(secrets, present(row));
  });
}

async function changeHook(parts: HooksParts, place: HookPlace, change: HookChange): Promise<HookAnswer> {
  const url = change.url === undefined ? null : readUrl(parts, change.url);
  const wanted = change.topics === undefined ? null : toTopics(change.topics);
  return await parts.database.transaction(async (transaction) => {
    // Another address or another chance: what was before does not count any more.
    const [row] = await transaction.query<HookRow>(
      `UPDATE hook SET url = COALESCE($1, url), topics = COALESCE($2, topics), state = COALESCE($3, state),
        failing_since_ms = CASE WHEN $1 IS NULL AND $3 IS NULL THEN failing_since_ms END
        WHERE id = $4 AND user_id = $5 RETURNING *`,
      [url, wanted, change.state ?? null, place.id, place.userId],
    );
    if (row === undefined) throw noHook();
    if (change.state === 'disabled') await cancelDeliveries(transaction, place.id, parts.clock.now());
    await tell(parts, transaction, { ...place, action: 'hook.changed' });
    return toHookAnswer(row);
  });
}

async function rotateHook(parts: HooksParts, place: HookPlace): Promise<ShownHook> {
  return await parts.database.transaction(async (transaction) => {
    const [row] = await transaction.query<HookRow>(
      'UPDATE hook SET generation = generation + 1, rotated_ms = $1 WHERE id = $2 AND user_id = $3 RETURNING *',
      [parts.clock.now(), place.id, place.userId],
    );
    if (row === undefined) throw noHook();
    await tell(parts, transaction, { ...place, action: 'hook.rotated' });
    return show(parts.secrets, row);
  });
}

async function removeHook(parts: HooksParts, place: HookPlace): Promise<void> {
  await parts.database.transaction(async (transaction) => {
    const sql = 'DELETE FROM hook WHERE id = $1 AND user_id = $2 RETURNING id';
    const [row] = await transaction.query(sql, [place.id, place.userId]);
    if (row === undefined) throw noHook();
    await transaction.query('DELETE FROM hook_delivery WHERE hook_id = $1', [place.id]);
    await tell(parts, transaction, { ...place, action: 'hook.removed' });
  });
}

async function testHook({ database, clock, random }: HooksParts, place: HookPlace): Promise<string> {
  return await database.transaction(async (transaction) => {
    const hook = await lockHook(transaction, place);
    if (hook.state !== 'active') throw new Problem(409, 'hook-disabled', 'the webhook is switched off');
    const [waiting] = await transaction.query(
      `SELECT d.id FROM hook_delivery d JOIN notice n ON n.id = d.notice_id
        WHERE d.hook_id = $1 AND d.state = 'waiting' AND n.topic = $2 LIMIT 1`,
      [place.id, testTopic],
    );
    if (waiting !== undefined) throw new Problem(429, 'rate-limited', 'the test before is still under way');
    const [noticeId, id] = [createId(random, 'ntc'), createId(random, 'dlv')];
    await transaction.query(
      `INSERT INTO notice (id, user_id, topic, payload, at_ms, state) VALUES ($1, $2, $3, '{}', $4, 'spread')`,
      [noticeId, place.userId, testTopic, clock.now()],
    );
    await transaction.query(
      `INSERT INTO hook_delivery (id, hook_id, notice_id, state, attempts, next_ms)
        VALUES ($1, $2, $3, 'waiting', 0, $4)`,
      [id, place.id, noticeId, clock.now()],
    );
    return id;
  });
}

async function listDeliveries({ database }: HooksParts, { userId, id }: HookPlace): Promise<DeliveryAnswer[]> {
  const [hook] = await database.query('SELECT id FROM hook WHERE id = $1 AND user_id = $2', [id, userId]);
  if (hook === undefined) throw noHook();
  const rows = await database.query<DeliveryRow>(
    `SELECT d.id, n.topic, d.state, d.attempts, n.at_ms, d.next_ms, d.last_status, d.last_failure, d.done_ms
      FROM hook_delivery d JOIN notice n ON n.id = d.notice_id WHERE d.hook_id = $1
      ORDER BY n.at_ms DESC, d.id LIMIT $2`,
    [id, listedMax],
  );
  return rows.map(toDeliveryAnswer);
}

/** What tests of hooks are about; no hook has to ask for it. */
export const testTopic = 'hook.test';

/** Ends what still waits for a hook that is switched off. */
export async function cancelDeliveries(transaction: Queryable, hookId: string, nowMs: number): Promise<void> {
  await transaction.query(
    `UPDATE hook_delivery SET state = 'cancelled', next_ms = NULL, done_ms = $1 WHERE hook_id = $2 AND state = 'waiting'`,
    [nowMs, hookId],
  );
}

async function lockHook(transaction: Queryable, { id, userId }: HookPlace): Promise<HookRow> {
  const sql = 'UPDATE hook SET state = state WHERE id = $1 AND user_id = $2 RETURNING *';
  const [row] = await transaction.query<HookRow>(sql, [id, userId]);
  if (row === undefined) throw noHook();
  return row;
}

function readUrl({ allowLocalHosts = false }: Pick<HooksParts, 'allowLocalHosts'>, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isTaken = url?.protocol === 'https:' || (allowLocalHosts && url?.protocol === 'http:');
  if (url === undefined || !isTaken || url.username !== '' || url.password !== '') {
    throw new Problem(400, 'bad-url', 'url: an https address without a user name');
  }
  url.hash = '';
  if (url.href.length > urlCharsMax) throw new Problem(400, 'bad-url', `url: at most ${urlCharsMax} characters`);
  return url.href;
}

function toTopics(wanted: readonly string[]): string {
  return JSON.stringify([...new Set(wanted)].sort());
}

function show(secrets: Secrets, row: HookRow): ShownHook {
  return { secret: showSecret(secrets, { id: row.id, generation: Number(row.generation) }), ...toHookAnswer(row) };
}

function present(row: HookRow | undefined): HookRow {
  if (row === undefined) throw new Error('a hook that was inserted was not returned');
  return row;
}

function noHook(): Problem {
  return new Problem(404, 'not-found', 'you have no such webhook');
}

async function tell(
  { audit }: HooksParts,
  transaction: Queryable,
  { actor, id, action }: HookPlace & { readonly action: string },
): Promise<void> {
  await audit.append(transaction, { actor, action, entity: `hook:${id}`, details: {} });
}
