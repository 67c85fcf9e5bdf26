import type { Database, Queryable } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { AuditLog, NoticeBoard } from '../contract.ts';
import type { FindUser, NameAnswer } from './contract.ts';
import { type CoverReads, countPlanNames } from './cover.ts';
import { lockOwn, readOwn, toAnswer } from './holder.ts';
import { orderMemoryMs } from './limits.ts';
import { kindOf } from './offers.ts';
import { type NameOrder, readOrder } from './order.ts';
import { phaseOf } from './phases.ts';
import { type AddChange, addressOf, lockUser, type NameRow, readName } from './rows.ts';
import type { NameSettings } from './settings.ts';

/** Changes of the key that a name points at, each ordered by the key that it pointed at. */
export interface Handovers {
  /** Gives the name to the user of another pubkey. */
  transfer(userId: string, id: string, event: unknown): Promise<NameAnswer>;
  /** The same holder, another key. */
  rekey(userId: string, id: string, event: unknown): Promise<NameAnswer>;
}

/** What they are made of. */
export interface HandoverParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly settings: NameSettings;
  readonly cover: CoverReads;
  readonly findUser: FindUser;
  /** The public origin, which orders name. */
  readonly origin: string;
  readonly addChange: AddChange;
  readonly changed: (name: { readonly host: string; readonly local: string }) => void;
}

/** Creates them. */
export function createHandovers(parts: HandoverParts): Handovers {
  return {
    transfer: async (userId, id, event) => await handOver(parts, { userId, id, event, action: 'transfer' }),
    rekey: async (userId, id, event) => await handOver(parts, { userId, id, event, action: 'rekey' }),
  };
}

interface AskedHandover {
  readonly userId: string;
  readonly id: string;
  readonly event: unknown;
  readonly action: 'transfer' | 'rekey';
}

/** Who has the name afterwards, and what their plan covers where the name lives by a plan. */
interface Receiver {
  readonly userId: string;
  readonly plan: { readonly names: number; readonly untilMs: number | null } | undefined;
}

async function handOver(parts: HandoverParts, asked: AskedHandover): Promise<NameAnswer> {
  const { database, cover } = parts;
  const row = await readOwn(database, asked.userId, asked.id);
  const order = orderFor(parts, row, asked);
  await refuseUnmovable(parts, row, asked.action);
  const receiver = await findReceiver(parts, row, { asked, order });
  await database.transaction(async (transaction) => {
    await move(parts, transaction, { asked, order, receiver });
  });
  parts.changed(row);
  const moved = (await readName(database, row.id)) ?? row;
  return await toAnswer({ ...parts, cover }, moved);
}

function orderFor({ clock, origin }: HandoverParts, row: NameRow, { action, event }: AskedHandover): NameOrder {
  const context = { action, nameId: row.id, address: addressOf(row), pubkey: row.pubkey, origin, nowMs: clock.now() };
  return readOrder(event, context);
}

async function refuseUnmovable(parts: HandoverParts, row: NameRow, action: AskedHandover['action']): Promise<void> {
  const { clock, cover, settings } = parts;
  const phase = phaseOf(row, await cover.coverOf(row), { nowMs: clock.now(), periods: settings.periods });
  if (phase !== 'active' && phase !== 'grace' && phase !== 'expired') {
    throw new Problem(409, 'not-active', `the name is ${phase}: only what somebody has can be handed over`);
  }
  if (action === 'transfer' && kindOf(settings, row.host) === 'own') {
    throw new Problem(
      409,
      'own-domain',
      'names of a domain belong to its owner: point the name at another key instead',
    );
  }
}

async function findReceiver(
  { database, findUser, cover }: HandoverParts,
  row: NameRow,
  { asked, order }: { readonly asked: AskedHandover; readonly order: NameOrder },
): Promise<Receiver> {
  if (asked.action === 'rekey') return { userId: row.userId, plan: undefined };
  const userId = await database.transaction(async (transaction) => await findUser(transaction, order.toPubkey));
  const isByPlan = row.coverage === 'plan' && userId !== row.userId;
  return { userId, plan: isByPlan ? await cover.planOf(userId) : undefined };
}

async function move(
  parts: HandoverParts,
  transaction: Queryable,
  { asked, order, receiver }: { readonly asked: AskedHandover; readonly order: NameOrder; readonly receiver: Receiver },
): Promise<void> {
  const { event, toPubkey } = order;
  await useOnce(parts, transaction, event.id);
  // The user before the name, as everywhere: two locks taken crosswise would wait for each other.
  if (receiver.plan) {
    await lockUser(transaction, receiver.userId);
    if ((await countPlanNames(transaction, receiver.userId)) >= receiver.plan.names) {
      throw new Problem(
        409,
        'plan-full',
        'the plan of who gets the name covers no further name: pay for the name first',
      );
    }
  }
  const row = await lockOwn(transaction, asked.userId, asked.id);
  if (row.pubkey !== event.pubkey || row.endedMs !== null) {
    throw new Problem(409, 'changed-meanwhile', 'the name was changed in the meantime');
  }
  const paidUntilMs = receiver.plan ? receiver.plan.untilMs : row.paidUntilMs;
  await transaction.query('UPDATE name SET user_id = $2, pubkey = $3, paid_until_ms = $4 WHERE id = $1', [
    row.id,
    receiver.userId,
    toPubkey,
    paidUntilMs,
  ]);
  const what = asked.action === 'transfer' ? 'transferred' : 'rekeyed';
  const change = { nameId: row.id, what, fromPubkey: row.pubkey, toPubkey, evidence: JSON.stringify(event) } as const;
  await parts.addChange(transaction, change);
  const payload = { id: row.id, address: addressOf(row), what };
  for (const userId of new Set([row.userId, receiver.userId])) {
    await parts.notices.add(transaction, { userId, topic: 'name.changed', payload });
  }
  await parts.audit.append(transaction, {
    actor: `user:${asked.userId}`,
    action: `name.${what}`,
    entity: `name:${row.id}`,
    details: { to: receiver.userId, event: event.id },
  });
}

async function useOnce({ clock }: HandoverParts, transaction: Queryable, eventId: string): Promise<void> {
  const used = await transaction.query(
    'INSERT INTO used_event (id, expires_ms) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING id',
    [eventId, clock.now() + orderMemoryMs],
  );
  if (used.length === 0) throw new Problem(409, 'used-event', 'the event was used before: sign another');
}
