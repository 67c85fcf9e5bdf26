import type { Database, Queryable, SqlRow, SqlValue } from '@nostrata/database';
import {
  getChatRoom,
  getChatRoomId,
  Kind,
  parseChatMessage,
  parseDeletionRequest,
  parseReaction,
  type Rumor,
} from '@nostrata/protocol';
import { unwrapAttemptsMax } from './limits.ts';

/** An opened gift wrap on its way into the sidecar. */
export interface OpenedWrap {
  readonly wrapId: string;
  /** Who opened it. */
  readonly viewer: string;
  readonly rumor: Rumor;
  /** The present second: a message from the future is sorted here. */
  readonly nowSeconds: number;
  readonly expiresAt?: number | undefined;
}

/** A row that holds a rumor. */
export interface RumorRow extends SqlRow {
  readonly rumor_id: string;
  readonly rumor: string;
  readonly room: string;
  readonly sort_at: number;
}

/** Where a page begins: after this message, going back in time. */
export interface PagePosition {
  readonly sortAt: number;
  readonly id: string;
}

/** The opened text of gift wraps. */
export interface Sidecar {
  /** Those of these wraps that need not be opened (any more) for this viewer. */
  findDone(viewer: string, wrapIds: readonly string[]): Promise<Set<string>>;
  /** Keeps an opened wrap; the id of its room. */
  add(opened: OpenedWrap): Promise<string>;
  /** Notes that a wrap could not be opened; `isFinal` where it never will. */
  addFailure(viewer: string, wrapId: string, isFinal: boolean): Promise<void>;
  /** Forgets what was in wraps that have left the store. */
  remove(wrapIds: readonly string[]): Promise<void>;
  /** Forgets what has expired. */
  expire(nowSeconds: number): Promise<void>;
  getRumor(viewer: string, rumorId: string): Promise<RumorRow | undefined>;
  listMessages(
    viewer: string,
    room: string,
    page: { before?: PagePosition; limit: number },
  ): Promise<readonly RumorRow[]>;
  listReactions(viewer: string, targets: readonly string[]): Promise<readonly RumorRow[]>;
  /** The newest message of each room, newest first. */
  listRooms(viewer: string, limit: number): Promise<readonly (RumorRow & { readonly subject: string | null })[]>;
}

/** Opens the sidecar over its tables. */
export function createSidecar(database: Database): Sidecar {
  const run = async (sql: string, parameters: readonly SqlValue[]): Promise<void> => {
    await database.query(sql, parameters);
  };
  return {
    async findDone(viewer, wrapIds) {
      if (wrapIds.length === 0) return new Set();
      const rows = await database.query<{ wrap_id: string }>(
        `SELECT wrap_id FROM core_message WHERE viewer = $1 AND (state <> 'failed' OR attempts >= $2)
          AND wrap_id IN (${places(3, wrapIds.length)})`,
        [viewer, unwrapAttemptsMax, ...wrapIds],
      );
      return new Set(rows.map(({ wrap_id }) => wrap_id));
    },
    add: (opened) => database.transaction((transaction) => addOpened(transaction, opened)),
    addFailure: (viewer, wrapId, isFinal) =>
      run(
        `INSERT INTO core_message (wrap_id, viewer, state, attempts) VALUES ($1, $2, $3, 1)
          ON CONFLICT (wrap_id, viewer) DO UPDATE SET state = excluded.state, attempts = core_message.attempts + 1`,
        [wrapId, viewer, isFinal ? 'unreadable' : 'failed'],
      ),
    remove: (wrapIds) => database.transaction((transaction) => removeWraps(transaction, wrapIds)),
    async expire(nowSeconds) {
      const rows = await database.query<{ wrap_id: string }>(
        'SELECT wrap_id FROM core_message WHERE expires_at <= $1',
        [nowSeconds],
      );
      if (rows.length === 0) return;
      await database.transaction((transaction) =>
        removeWraps(
          transaction,
          rows.map(({ wrap_id }) => wrap_id),
        ),
      );
    },
    async getRumor(viewer, rumorId) {
      const [row] = await database.query<RumorRow>(
        "SELECT rumor_id, rumor, room, sort_at FROM core_message WHERE viewer = $1 AND rumor_id = $2 AND state = 'read'",
        [viewer, rumorId],
      );
      return row;
    },
    listMessages: (viewer, room, { before, limit }) =>
      database.query<RumorRow>(
        `SELECT rumor_id, rumor, room, sort_at FROM core_message
          WHERE viewer = $1 AND room = $2 AND state = 'read' AND kind IN (${messageKinds})
          AND (sort_at < $3 OR (sort_at = $3 AND rumor_id > $4))
          ORDER BY sort_at DESC, rumor_id LIMIT $5`,
        [viewer, room, before?.sortAt ?? Number.MAX_SAFE_INTEGER, before?.id ?? '', limit],
      ),
    async listReactions(viewer, targets) {
      if (targets.length === 0) return [];
      return await database.query<RumorRow>(
        `SELECT rumor_id, rumor, room, sort_at FROM core_message WHERE viewer = $1 AND kind = ${Kind.reaction}
          AND state = 'read' AND target IN (${places(2, targets.length)}) ORDER BY sort_at, rumor_id`,
        [viewer, ...targets],
      );
    },
    listRooms: (viewer, limit) => listRooms(database, viewer, limit),
  };
}

const messageKinds = `${Kind.chatMessage}, ${Kind.fileMessage}`;

async function listRooms(database: Queryable, viewer: string, limit: number) {
  const rooms = await database.query<{ room: string }>(
    `SELECT room FROM core_message WHERE viewer = $1 AND state = 'read' AND kind IN (${messageKinds})
      GROUP BY room ORDER BY MAX(sort_at) DESC, room LIMIT $2`,
    [viewer, limit],
  );
  const found: (RumorRow & { subject: string | null })[] = [];
  for (const { room } of rooms) {
    const newest = (condition: string) =>
      database.query<RumorRow & { subject: string | null }>(
        `SELECT rumor_id, rumor, room, sort_at, subject FROM core_message
          WHERE viewer = $1 AND room = $2 AND state = 'read' AND kind IN (${messageKinds}) ${condition}
          ORDER BY sort_at DESC, rumor_id LIMIT 1`,
        [viewer, room],
      );
    const [[last], [titled]] = [await newest(''), await newest('AND subject IS NOT NULL')];
    if (last) found.push({ ...last, subject: titled?.subject ?? null });
  }
  return found;
}

/** Keeps an opened wrap within a transaction of the caller; the id of its room. */
export async function addOpened(transaction: Queryable, opened: OpenedWrap): Promise<string> {
  const { wrapId, viewer, rumor, nowSeconds, expiresAt } = opened;
  const room = getChatRoomId(getChatRoom(rumor));
  if (rumor.kind === Kind.deletionRequest) await forget(transaction, viewer, rumor);
  const state = await chooseState(transaction, opened);
  const text = state === 'deleted' ? '' : JSON.stringify(rumor);
  await transaction.query(
    `INSERT INTO core_message (wrap_id, viewer, state, attempts, rumor_id, kind, author, room, sort_at, subject, target,
        rumor, expires_at) VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      ON CONFLICT (wrap_id, viewer) DO UPDATE SET state = excluded.state, attempts = core_message.attempts + 1,
        rumor_id = excluded.rumor_id, kind = excluded.kind, author = excluded.author, room = excluded.room,
        sort_at = excluded.sort_at, subject = excluded.subject, target = excluded.target, rumor = excluded.rumor,
        expires_at = excluded.expires_at`,
    [
      ...[wrapId, viewer, state, rumor.id, rumor.kind, rumor.pubkey, room],
      Math.min(rumor.created_at, nowSeconds),
      state === 'deleted' ? null : (parseChatMessage(rumor)?.subject ?? null),
      parseReaction(rumor)?.event?.id ?? null,
      text,
      expiresAt ?? null,
    ],
  );
  return room;
}

/** Where a message came in several wraps, another one of them stands for it from now on. */
async function removeWraps(transaction: Queryable, wrapIds: readonly string[]): Promise<void> {
  for (const wrapId of new Set(wrapIds)) {
    const gone = await transaction.query<{ viewer: string; rumor_id: string }>(
      "DELETE FROM core_message WHERE wrap_id = $1 AND state = 'read' RETURNING viewer, rumor_id",
      [wrapId],
    );
    await transaction.query('DELETE FROM core_message WHERE wrap_id = $1', [wrapId]);
    for (const { viewer, rumor_id } of gone) {
      await transaction.query(
        `UPDATE core_message SET state = 'read' WHERE viewer = $1 AND wrap_id = (SELECT MIN(wrap_id) FROM core_message
          WHERE viewer = $1 AND rumor_id = $2 AND state = 'copy')`,
        [viewer, rumor_id],
      );
    }
  }
}

/** A person may take back what that person said, and nothing else. */
async function forget(transaction: Queryable, viewer: string, rumor: Rumor): Promise<void> {
  for (const target of parseDeletionRequest(rumor)?.ids ?? []) {
    await transaction.query(
      'INSERT INTO core_message_deletion (viewer, author, target) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [viewer, rumor.pubkey, target],
    );
    await transaction.query(
      `UPDATE core_message SET state = 'deleted', rumor = '', subject = NULL
        WHERE viewer = $1 AND author = $2 AND rumor_id = $3 AND kind <> ${Kind.deletionRequest}`,
      [viewer, rumor.pubkey, target],
    );
  }
}

async function chooseState(
  transaction: Queryable,
  { wrapId, viewer, rumor }: OpenedWrap,
): Promise<'read' | 'copy' | 'deleted'> {
  const deletions = await transaction.query(
    'SELECT target FROM core_message_deletion WHERE viewer = $1 AND author = $2 AND target = $3',
    [viewer, rumor.pubkey, rumor.id],
  );
  if (deletions.length > 0) return 'deleted';
  const known = await transaction.query(
    "SELECT wrap_id FROM core_message WHERE viewer = $1 AND rumor_id = $2 AND state = 'read' AND wrap_id <> $3",
    [viewer, rumor.id, wrapId],
  );
  return known.length > 0 ? 'copy' : 'read';
}

/** `$from, …`: so many of them. */
function places(from: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `$${from + index}`).join(', ');
}
