import type { Database, Queryable } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { Granted, Granter, NoticeBoard, PaidPurchase, Purchase, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';
import { toIso } from '../times.ts';
import { planLookMs, yearsMax } from './limits.ts';
import type { Offers } from './offers.ts';
import { addYears, renewalStart } from './phases.ts';
import {
  type AddChange,
  addressOf,
  dueOf,
  lockName,
  type NameRow,
  readCurrent,
  readName,
  takeAddress,
} from './rows.ts';
import { type NameSettings, timesYears } from './settings.ts';

/** What the granter of names is made of. */
export interface GranterParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly random: RandomBytes;
  readonly notices: NoticeBoard;
  readonly settings: NameSettings;
  readonly offers: Offers;
  readonly addChange: AddChange;
  readonly changed: (name: { readonly host: string; readonly local: string }) => void;
}

/**
 * Creates what sells names. Nothing is written to the audit log here: the payment's entry, which holds what was granted,
 * is the last of its transaction.
 */
export function createNameGranter(parts: GranterParts): Granter {
  return {
    quote: async (userId, purchase) => await quote(parts, userId, toNamePurchase(purchase)),
    hold: async (transaction, purchase, untilMs) => {
      await hold(parts, transaction, { nameId: toNamePurchase(purchase).nameId, untilMs });
    },
    grant: async (transaction, paid) => await grant(parts, transaction, paid),
  };
}

type NamePurchase = Extract<Purchase, { readonly kind: 'name' }>;

function toNamePurchase(purchase: Purchase): NamePurchase {
  if (purchase.kind !== 'name') throw new RangeError('the granter of names was asked for something else');
  return purchase;
}

async function quote(parts: GranterParts, userId: string, { nameId, years }: NamePurchase) {
  if (!Number.isInteger(years) || years < 1 || years > yearsMax) {
    throw new Problem(400, 'bad-years', `years: 1 to ${yearsMax}`);
  }
  const row = await readName(parts.database, nameId);
  if (row?.userId !== userId) throw new Problem(404, 'not-found', 'you have no such name');
  if (!row.isCurrent || (await wasTaken(parts.database, nameId))) {
    throw new Problem(409, 'name-taken', 'the name is not yours any more');
  }
  if (row.coverage === 'granted' && row.endedMs === null) {
    throw new Problem(409, 'nothing-to-pay', 'the name was given to you: it costs nothing');
  }
  const nowMs = parts.clock.now();
  const start = renewalStart(row, nowMs, parts.settings.periods);
  if (addYears(start, years) > addYears(nowMs, yearsMax)) {
    throw new Problem(409, 'paid-far-ahead', `a name can be paid for at most ${yearsMax} years ahead`);
  }
  const { rule, price } = await parts.offers.priceOf(row);
  if (price === undefined) throw new Problem(403, 'not-for-sale', 'the name is not for sale');
  return {
    description: `${addressOf(row)}, ${years === 1 ? 'one year' : `${years} years`}`,
    price: timesYears(price, years),
    creditMsat: 0,
    isDiscounted: rule === 'standard',
    terms: { nameId, years },
  };
}

async function hold(
  { clock }: GranterParts,
  transaction: Queryable,
  { nameId, untilMs }: { readonly nameId: string; readonly untilMs: number },
): Promise<void> {
  const row = await lockName(transaction, nameId);
  if (!row?.isCurrent) throw new Problem(409, 'name-taken', 'the name is not yours any more');
  if (row.coverage !== 'paid' || row.paidUntilMs !== null || row.endedMs !== null) return;
  const heldUntilMs = Math.max(row.heldUntilMs ?? 0, untilMs, clock.now());
  await transaction.query('UPDATE name SET held_until_ms = $2, due_ms = $2 WHERE id = $1', [nameId, heldUntilMs]);
}

async function grant(parts: GranterParts, transaction: Queryable, paid: PaidPurchase): Promise<Granted> {
  const nameId = String(paid.terms.nameId);
  const years = Number(paid.terms.years);
  const row = await lockName(transaction, nameId);
  if (row === undefined || row.pubkey === '') return refund('the name was erased before the payment came');
  if (row.userId !== paid.userId) return refund('the name had passed to somebody else before the payment came');
  if (await wasTaken(transaction, nameId)) return refund('the name had been released before the payment came');
  const paidUntilMs = addYears(renewalStart(row, paid.settledMs, parts.settings.periods), years);
  const id = row.isCurrent
    ? await prolong(parts, transaction, { row, paidUntilMs })
    : await takeAnew(parts, transaction, { row, paidUntilMs });
  if (id === undefined) return refund('somebody else had the name before the payment came');
  await parts.addChange(transaction, { nameId: id, what: 'paid', toPubkey: row.pubkey, evidence: paid.paymentId });
  const paidUntil = toIso(paidUntilMs);
  const payload = { id, address: addressOf(row), phase: 'active', paidUntil };
  await parts.notices.add(transaction, { userId: paid.userId, topic: 'name.changed', payload });
  parts.changed(row);
  return { kind: 'granted', details: { nameId: id, paidUntil, years } };
}

async function prolong(parts: GranterParts, transaction: Queryable, { row, paidUntilMs }: Prolonged): Promise<string> {
  const dueMs = dueWhenPaid(parts, paidUntilMs);
  await transaction.query(
    `UPDATE name SET coverage = 'paid', paid_until_ms = $2, held_until_ms = NULL, ended_ms = NULL, free_ms = NULL,
        phase_told = 'active', due_ms = $3 WHERE id = $1`,
    [row.id, paidUntilMs, dueMs],
  );
  return row.id;
}

/** The hold had run out and somebody else had taken the address; where that came to nothing too, it is free again. */
async function takeAnew(
  parts: GranterParts,
  transaction: Queryable,
  { row, paidUntilMs }: Prolonged,
): Promise<string | undefined> {
  const other = await readCurrent(transaction, row.host, row.local);
  // A hold that has run out is the one kind that is free without asking what a plan covers.
  const isFree = other === undefined || (other.freeMs ?? Infinity) <= parts.clock.now() || isSpentHold(other, parts);
  if (!isFree) return undefined;
  const id = createId(parts.random, 'nam');
  const name = {
    id,
    host: row.host,
    local: row.local,
    userId: row.userId,
    pubkey: row.pubkey,
    relays: row.relays,
    coverage: 'paid',
    createdMs: parts.clock.now(),
    heldUntilMs: null,
    paidUntilMs,
    phaseTold: 'active',
    dueMs: dueWhenPaid(parts, paidUntilMs),
  } as const;
  return (await takeAddress(transaction, name, other)) ? id : undefined;
}

interface Prolonged {
  readonly row: NameRow;
  readonly paidUntilMs: number;
}

function dueWhenPaid({ clock, settings: { periods } }: GranterParts, paidUntilMs: number): number | null {
  const times = { coverage: 'paid', heldUntilMs: null, paidUntilMs, endedMs: null, freeMs: null } as const;
  return dueOf(times, undefined, { nowMs: clock.now(), periods, planLookMs });
}

function isSpentHold(row: NameRow, { clock }: GranterParts): boolean {
  return row.coverage === 'paid' && row.paidUntilMs === null && (row.heldUntilMs ?? 0) <= clock.now();
}

/** Says whether the name was taken from its holder for a reason that a payment does not undo. */
async function wasTaken(queryable: Queryable, nameId: string): Promise<boolean> {
  const rows = await queryable.query(
    `SELECT id FROM name_change WHERE name_id = $1 AND what IN ('released', 'erased') LIMIT 1`,
    [nameId],
  );
  return rows.length > 0;
}

function refund(reason: string): Granted {
  return { kind: 'refund', reason };
}
