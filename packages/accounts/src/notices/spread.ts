import { type Database, insertRows, placeholders, selectIn } from '@nostrata/database';
import type { Clock, EntitlementReads, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';
import { spreadMax } from './limits.ts';
import { type HookRow, parseTopics } from './rows.ts';

/** What notices are spread with. */
export interface SpreadParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly entitlements: Pick<EntitlementReads, 'entitlementsOf'>;
}

/**
 * Makes deliveries of the oldest new notices, for the hooks of their users that ask for them; says how many notices
 * there were. Of two processes that read the same notice, the one that marks it first makes its deliveries.
 */
export async function spreadNotices(parts: SpreadParts): Promise<number> {
  const { database, clock, random } = parts;
  const notices = await database.query<NewNotice>(
    `SELECT id, user_id, topic FROM notice WHERE state = 'new' ORDER BY at_ms LIMIT $1`,
    [spreadMax],
  );
  if (notices.length === 0) return 0;
  const hooks = await loadHooks(parts, [...new Set(notices.map((notice) => notice.user_id))]);
  await database.transaction(async (transaction) => {
    const ids = notices.map(({ id }) => id).sort();
    const mine = await transaction.query<{ id: string }>(
      `UPDATE notice SET state = 'spread' WHERE state = 'new' AND id IN (${placeholders(ids.length)}) RETURNING id`,
      ids,
    );
    const claimed = new Set(mine.map(({ id }) => id));
    const deliveries = notices
      .filter(({ id }) => claimed.has(id))
      .flatMap(({ id, user_id, topic }) =>
        (hooks.get(user_id) ?? [])
          .filter((hook) => hook.topics.has(topic))
          .map((hook) => [createId(random, 'dlv'), hook.id, id, 'waiting', 0, clock.now()]),
      );
    await insertRows(transaction, deliveryShape, deliveries);
  });
  return notices.length;
}

const deliveryShape = {
  table: 'hook_delivery',
  columns: ['id', 'hook_id', 'notice_id', 'state', 'attempts', 'next_ms'],
  conflict: '(hook_id, notice_id) DO NOTHING',
};

interface NewNotice {
  readonly [column: string]: string;
  readonly id: string;
  readonly user_id: string;
  readonly topic: string;
}

interface Listener {
  readonly id: string;
  readonly topics: ReadonlySet<string>;
}

/** The hooks of users that are told now: active ones of active people, the oldest, as many as the plan has. */
async function loadHooks({ database, entitlements }: SpreadParts, users: string[]): Promise<Map<string, Listener[]>> {
  const rows = await selectIn<HookRow>(
    database,
    `SELECT h.* FROM hook h JOIN account_user u ON u.id = h.user_id
      WHERE h.state = 'active' AND u.state = 'active' AND h.user_id IN`,
    users,
  );
  const byUser = Map.groupBy(rows, (row) => row.user_id);
  const hooks = new Map<string, Listener[]>();
  for (const [userId, mine] of byUser) {
    const { hooks: count } = await entitlements.entitlementsOf(userId);
    const oldest = mine.sort((a, b) => a.created_ms - b.created_ms || (a.id < b.id ? -1 : 1)).slice(0, count);
    hooks.set(
      userId,
      oldest.map(({ id, topics }) => ({ id, topics: new Set(parseTopics(topics)) })),
    );
  }
  return hooks;
}
