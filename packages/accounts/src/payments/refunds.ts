import type { SqlRow, SqlValue } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import { toIso } from '../times.ts';
import { ledgerAccounts, post } from './ledger.ts';
import { pageMax } from './limits.ts';
import type { PaymentParts } from './parts.ts';
import type { PaymentRow } from './rows.ts';

/** Money that has to be paid back, by hand and outside of this program. */
export interface RefundAnswer {
  readonly id: string;
  readonly paymentId: string;
  readonly userId: string;
  readonly currency: string;
  readonly amount: number;
  readonly reason: string;
  readonly state: 'open' | 'refunded';
  readonly createdAt: string;
  readonly closedAt: string | null;
  readonly note: string | null;
}

/** A page of a list. */
export interface Page<Entry> {
  readonly items: readonly Entry[];
  /** What the next page is asked for with; null at the end. */
  readonly next: string | null;
}

interface RefundRow extends SqlRow {
  readonly id: string;
  readonly payment_id: string;
  readonly user_id: string;
  readonly currency: string;
  readonly amount: number;
  readonly reason: string;
  readonly state: string;
  readonly created_ms: number;
  readonly closed_ms: number | null;
  readonly note: string | null;
}

/** What is owed back, the newest first. */
export async function listRefunds(
  { database }: Pick<PaymentParts, 'database'>,
  asked: { readonly state?: 'open' | 'refunded' | undefined; readonly cursor?: string | undefined },
): Promise<Page<RefundAnswer>> {
  const where: string[] = ['1 = 1'];
  const values: SqlValue[] = [];
  if (asked.state !== undefined) where.push(`state = $${values.push(asked.state)}`);
  if (asked.cursor !== undefined) {
    const { ms, id } = parseCursor(asked.cursor);
    where.push(`(created_ms < $${values.push(ms)} OR (created_ms = $${values.push(ms)} AND id < $${values.push(id)}))`);
  }
  const rows = await database.query<RefundRow>(
    `SELECT * FROM refund_owed WHERE ${where.join(' AND ')} ORDER BY created_ms DESC, id DESC LIMIT ${pageMax + 1}`,
    values,
  );
  return toPage(rows, toRefund);
}

/** Notes that a refund was paid. @throws Problem 404, 409 where it was closed before */
export async function closeRefund(
  { database, clock, audit, notices }: Pick<PaymentParts, 'database' | 'clock' | 'audit' | 'notices'>,
  id: string,
  { note, actor }: { readonly note: string; readonly actor: string },
): Promise<RefundAnswer> {
  return await database.transaction(async (transaction) => {
    const atMs = clock.now();
    const [refund] = await transaction.query<RefundRow>(
      `UPDATE refund_owed SET state = 'refunded', closed_ms = $2, note = $3 WHERE id = $1 AND state = 'open' RETURNING *`,
      [id, atMs, note],
    );
    if (refund === undefined) {
      const there = await transaction.query('SELECT id FROM refund_owed WHERE id = $1', [id]);
      if (there.length > 0) throw new Problem(409, 'closed', 'this refund is closed already');
      throw new Problem(404, 'not-found', 'there is no such refund');
    }
    const [payment] = await transaction.query<PaymentRow>('SELECT * FROM payment WHERE id = $1', [refund.payment_id]);
    await post(transaction, {
      id: `refund:${id}`,
      paymentId: refund.payment_id,
      currency: refund.currency,
      atMs,
      entries: {
        [ledgerAccounts.refundsOwed]: refund.amount,
        [ledgerAccounts.provider(payment?.provider ?? '')]: -refund.amount,
      },
    });
    await notices.add(transaction, {
      userId: refund.user_id,
      topic: 'payment.refund-owed',
      payload: { payment: refund.payment_id, amount: refund.amount, currency: refund.currency, state: 'refunded' },
    });
    await audit.append(transaction, {
      actor,
      action: 'refund.closed',
      entity: `payment:${refund.payment_id}`,
      details: { refund: id, amount: refund.amount, currency: refund.currency },
    });
    return toRefund(refund);
  });
}

function toRefund(row: RefundRow): RefundAnswer {
  return {
    id: row.id,
    paymentId: row.payment_id,
    userId: row.user_id,
    currency: row.currency,
    amount: row.amount,
    reason: row.reason,
    state: row.state === 'open' ? 'open' : 'refunded',
    createdAt: toIso(row.created_ms),
    closedAt: row.closed_ms === null ? null : toIso(row.closed_ms),
    note: row.note,
  };
}

/** One row more than a page was asked for: it says whether there is a next. */
function toPage<Row extends { readonly id: string; readonly created_ms: number }, Entry>(
  rows: readonly Row[],
  toEntry: (row: Row) => Entry,
): Page<Entry> {
  const shown = rows.slice(0, pageMax);
  const last = shown.at(-1);
  const hasMore = rows.length > pageMax && last !== undefined;
  return { items: shown.map(toEntry), next: hasMore ? `${last.created_ms}.${last.id}` : null };
}

/** Reads a cursor: a time and an id. @throws Problem 400 */
export function parseCursor(cursor: string): { readonly ms: number; readonly id: string } {
  const parts = /^(\d{1,15})\.([A-Za-z0-9_]{1,60})$/.exec(cursor);
  if (parts === null) throw new Problem(400, 'bad-parameter', 'cursor: take it from the page before');
  return { ms: Number(parts[1]), id: parts[2] ?? '' };
}
