import type { Database, Queryable, SqlRow } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { AuditLog, Clock, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';
import { agentCharactersMax, sessionMs, sessionMsMax, sessionsPerUserMax, turnGraceMs, usedEveryMs } from './limits.ts';
import type { SessionTokens } from './session-token.ts';
import { admit, type User } from './users.ts';

/** How somebody signed in. */
export type SessionMethod = 'challenge' | 'nip98' | 'lnurl';

/** A session as the row says. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly turn: number;
  readonly turnedMs: number;
  readonly method: string;
  readonly agent: string;
  readonly address: string;
  readonly createdMs: number;
  readonly usedMs: number;
  readonly expiresMs: number;
}

/** A session and the token for it. */
export interface OpenedSession {
  readonly session: Session;
  readonly token: string;
}

/** What a session is opened with. */
export interface NewSession {
  readonly userId: string;
  readonly method: SessionMethod;
  /** The `User-Agent`, for the list that people see. */
  readonly agent: string;
  readonly address: string;
}

/** What it is made of. */
export interface SessionsParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly tokens: SessionTokens;
}

/** Sessions: rows that tokens refer to. A token is as good as its row at the moment it is used. */
export interface Sessions {
  /** Opens one in the transaction that used up what proved who it is. */
  open(transaction: Queryable, asked: NewSession): Promise<OpenedSession>;
  /** Who a token belongs to now. @throws Problem 401 where it does not hold, 403 where the account is suspended */
  use(token: string): Promise<{ readonly session: Session; readonly user: User }>;
  /** The next token, and the end moved on. Repeated within a minute it gives the same turn again. @throws Problem 401 */
  refresh(token: string): Promise<{ readonly opened: OpenedSession; readonly user: User }>;
  find(id: string): Promise<Session | undefined>;
  /** Those that hold, the one used last first. */
  list(userId: string): Promise<readonly Session[]>;
  /** Ends the session that asks for it. */
  end(userId: string, id: string): Promise<void>;
  /** Ends one of a user's sessions. @throws Problem 404 */
  revoke(userId: string, id: string): Promise<void>;
  /** Ends all of a user's sessions but one. */
  revokeOthers(userId: string, keptId: string): Promise<number>;
}

const columns = 'id, user_id, turn, turned_ms, method, agent, address, created_ms, used_ms, expires_ms';

/** Creates them. */
export function createSessions(parts: SessionsParts): Sessions {
  const { database, clock } = parts;
  return {
    open: async (transaction, asked) => await open(parts, transaction, asked),
    async use(token) {
      const held = await hold(parts, token);
      admit(held.user);
      await touch(parts, held.session);
      return held;
    },
    refresh: async (token) => await refresh(parts, token),
    async find(id) {
      const rows = await database.query<SessionRow>(
        `SELECT ${columns} FROM session WHERE id = $1 AND revoked_ms IS NULL AND expires_ms > $2`,
        [id, clock.now()],
      );
      return rows.map(toSession)[0];
    },
    async list(userId) {
      const rows = await database.query<SessionRow>(
        `SELECT ${columns} FROM session WHERE user_id = $1 AND revoked_ms IS NULL AND expires_ms > $2
          ORDER BY used_ms DESC, id`,
        [userId, clock.now()],
      );
      return rows.map(toSession);
    },
    async end(userId, id) {
      await database.transaction((transaction) => revokeRow(transaction, { id, userId }, clock.now()));
    },
    async revoke(userId, id) {
      await database.transaction(async (transaction) => {
        const isRevoked = await revokeRow(transaction, { id, userId }, clock.now());
        if (!isRevoked) throw new Problem(404, 'not-found', 'there is no such session of yours');
        await note(parts, transaction, { sessionId: id, actor: `user:${userId}`, reason: 'revoked' });
      });
    },
    async revokeOthers(userId, keptId) {
      return await database.transaction(async (transaction) => {
        const rows = await transaction.query<{ id: string }>(
          `UPDATE session SET revoked_ms = $1 WHERE user_id = $2 AND id <> $3 AND revoked_ms IS NULL AND expires_ms > $1
            RETURNING id`,
          [clock.now(), userId, keptId],
        );
        for (const { id } of rows)
          await note(parts, transaction, { sessionId: id, actor: `user:${userId}`, reason: 'revoked' });
        return rows.length;
      });
    },
  };
}

async function open(parts: SessionsParts, transaction: Queryable, asked: NewSession): Promise<OpenedSession> {
  const nowMs = parts.clock.now();
  const session: Session = {
    id: createId(parts.random, 'ses'),
    userId: asked.userId,
    turn: 1,
    turnedMs: nowMs,
    method: asked.method,
    agent: toPlainText(asked.agent.slice(0, agentCharactersMax)),
    address: asked.address,
    createdMs: nowMs,
    usedMs: nowMs,
    expiresMs: nowMs + sessionMs,
  };
  await transaction.query(
    `UPDATE session SET revoked_ms = $1 WHERE user_id = $2 AND revoked_ms IS NULL AND id NOT IN (SELECT id FROM session
      WHERE user_id = $2 AND revoked_ms IS NULL AND expires_ms > $1 ORDER BY used_ms DESC, id LIMIT $3)`,
    [nowMs, asked.userId, sessionsPerUserMax - 1],
  );
  await transaction.query(`INSERT INTO session (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, [
    session.id,
    session.userId,
    session.turn,
    session.turnedMs,
    session.method,
    session.agent,
    session.address,
    session.createdMs,
    session.usedMs,
    session.expiresMs,
  ]);
  return { session, token: await makeToken(parts, session) };
}

/** The session and user of a token, whatever state the user is in. */
async function hold(parts: SessionsParts, token: string): Promise<{ session: Session; user: User }> {
  const { sessionId, turn } = await parts.tokens.read(token);
  const [row] = await parts.database.query<HeldRow>(
    `SELECT ${columns.replace(/\w+/g, 's.$&')}, s.revoked_ms, u.pubkey, u.role, u.state, u.created_ms AS user_created_ms
      FROM session s JOIN account_user u ON u.id = s.user_id WHERE s.id = $1`,
    [sessionId],
  );
  const nowMs = parts.clock.now();
  if (row === undefined || row.revoked_ms !== null || Number(row.expires_ms) <= nowMs) {
    throw refuse('the session has ended: sign in again');
  }
  const session = toSession(row);
  const isOfGrace = turn === session.turn - 1 && nowMs - session.turnedMs <= turnGraceMs;
  if (turn !== session.turn && !isOfGrace) {
    if (turn < session.turn) await revokeStolen(parts, session);
    throw refuse('the session was refreshed and this token of it is no longer good: sign in again');
  }
  const { pubkey, role, state, user_created_ms: createdMs } = row;
  return { session, user: { id: session.userId, pubkey, role, state, createdMs: Number(createdMs) } };
}

/** A token that was replaced long ago came from somebody who should not have it: nobody's token holds any longer. */
async function revokeStolen(parts: SessionsParts, { id, userId }: Session): Promise<void> {
  await parts.database.transaction(async (transaction) => {
    const isRevoked = await revokeRow(transaction, { id, userId }, parts.clock.now());
    if (isRevoked) await note(parts, transaction, { sessionId: id, actor: 'system', reason: 'old-token' });
  });
}

async function refresh(parts: SessionsParts, token: string): Promise<{ opened: OpenedSession; user: User }> {
  const { session, user } = await hold(parts, token);
  admit(user);
  const { turn } = await parts.tokens.read(token);
  const nowMs = parts.clock.now();
  const expiresMs = Math.max(session.expiresMs, Math.min(nowMs + sessionMs, session.createdMs + sessionMsMax));
  const [turned] = await parts.database.transaction((transaction) =>
    transaction.query<SessionRow>(
      `UPDATE session SET turn = turn + 1, turned_ms = $1, used_ms = $1, expires_ms = $2
        WHERE id = $3 AND turn = $4 AND revoked_ms IS NULL AND expires_ms > $1 RETURNING ${columns}`,
      [nowMs, expiresMs, session.id, turn],
    ),
  );
  if (turned !== undefined) return { opened: await reopen(parts, toSession(turned)), user };
  // Another request with the same token turned it: whoever is within the minute gets that turn, and no further one.
  const { session: current } = await hold(parts, token);
  return { opened: await reopen(parts, current), user };
}

async function reopen(parts: SessionsParts, session: Session): Promise<OpenedSession> {
  return { session, token: await makeToken(parts, session) };
}

async function makeToken({ tokens }: SessionsParts, { id, userId, turn, expiresMs }: Session): Promise<string> {
  return await tokens.create({ sessionId: id, userId, turn, expiresMs });
}

async function revokeRow(
  transaction: Queryable,
  { id, userId }: { readonly id: string; readonly userId: string },
  nowMs: number,
): Promise<boolean> {
  const rows = await transaction.query(
    `UPDATE session SET revoked_ms = $1 WHERE id = $2 AND user_id = $3 AND revoked_ms IS NULL AND expires_ms > $1
      RETURNING id`,
    [nowMs, id, userId],
  );
  return rows.length > 0;
}

async function touch({ database, clock }: SessionsParts, { id, usedMs }: Session): Promise<void> {
  const nowMs = clock.now();
  if (nowMs - usedMs < usedEveryMs) return;
  const sql = 'UPDATE session SET used_ms = $1 WHERE id = $2 AND used_ms <= $3';
  await database.transaction((transaction) => transaction.query(sql, [nowMs, id, nowMs - usedEveryMs]));
}

async function note(
  { audit }: SessionsParts,
  transaction: Queryable,
  { sessionId, actor, reason }: { readonly sessionId: string; readonly actor: string; readonly reason: string },
): Promise<void> {
  const entity = `session:${sessionId}`;
  await audit.append(transaction, { actor, action: 'session.revoked', entity, details: { reason } });
}

interface SessionRow extends SqlRow {
  readonly id: string;
  readonly user_id: string;
  readonly turn: number;
  readonly turned_ms: number;
  readonly method: string;
  readonly agent: string;
  readonly address: string;
  readonly created_ms: number;
  readonly used_ms: number;
  readonly expires_ms: number;
}

interface HeldRow extends SessionRow {
  readonly revoked_ms: number | null;
  readonly pubkey: string | null;
  readonly role: string;
  readonly state: string;
  readonly user_created_ms: number;
}

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    turn: Number(row.turn),
    turnedMs: Number(row.turned_ms),
    method: row.method,
    agent: row.agent,
    address: row.address,
    createdMs: Number(row.created_ms),
    usedMs: Number(row.used_ms),
    expiresMs: Number(row.expires_ms),
  };
}

/** Control characters, NUL among them, are nothing that a database or a page should hold; nor is half a character. */
function toPlainText(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').toWellFormed();
}

function refuse(message: string): Problem {
  return new Problem(401, 'bad-session', { message, headers: { 'WWW-Authenticate': 'Bearer' } });
}
