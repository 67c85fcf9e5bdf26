import { insertRows, type Queryable } from '@nostrata/database';
import type { AuditLog, NoticeBoard, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';
import type { PaymentRow } from './rows.ts';

/** The accounts of the ledger. What we have is above nothing; what we owe, and what we earned, below. */
export const ledgerAccounts = {
  provider: (name: string) => `provider:${name}`,
  revenue: (kind: string) => `revenue:${kind}`,
  refundsOwed: 'refunds-owed',
} as const;

/** A transaction of the ledger: its entries add up to nothing. */
export interface Posting {
  /** Says what it stands for, so that there can be no second: `settle:<payment>`, `owed:<refund>`, `refund:<refund>`. */
  readonly id: string;
  readonly paymentId: string;
  readonly currency: string;
  readonly atMs: number;
  readonly entries: Readonly<Record<string, number>>;
}

/** Writes a transaction of the ledger. */
export async function post(transaction: Queryable, posting: Posting): Promise<void> {
  const entries = Object.entries(posting.entries).filter(([, amount]) => amount !== 0);
  const sum = entries.reduce((total, [, amount]) => total + amount, 0);
  if (sum !== 0) throw new Error(`the entries of ${posting.id} add up to ${sum}`);
  await insertRows(
    transaction,
    { table: 'ledger_entry', columns: ['transaction_id', 'account', 'currency', 'amount', 'payment_id', 'at_ms'] },
    entries.map(([account, amount]) => [
      posting.id,
      account,
      posting.currency,
      amount,
      posting.paymentId,
      posting.atMs,
    ]),
  );
}

/** Why money is owed back. */
export interface Owed {
  readonly amount: number;
  readonly reason: string;
  readonly atMs: number;
}

/** Notes that something of a locked payment has to be paid back, and tells the buyer; the ledger is the caller's. */
export async function noteRefund(
  transaction: Queryable,
  parts: { readonly random: RandomBytes; readonly notices: NoticeBoard },
  { payment, owed }: { readonly payment: PaymentRow; readonly owed: Owed },
): Promise<string> {
  const id = createId(parts.random, 'ref');
  const before = await transaction.query<{ reason: string }>('SELECT reason FROM refund_owed WHERE payment_id = $1', [
    payment.id,
  ]);
  const isFirst = before.every(({ reason }) => reason !== owed.reason);
  const reason = isFirst ? owed.reason : `${owed.reason} (${before.length + 1})`;
  await transaction.query(
    `INSERT INTO refund_owed (id, payment_id, user_id, currency, amount, reason, state, created_ms)
      VALUES ($1, $2, $3, $4, $5, $6, 'open', $7)`,
    [id, payment.id, payment.user_id, payment.currency, owed.amount, reason, owed.atMs],
  );
  await parts.notices.add(transaction, {
    userId: payment.user_id,
    topic: 'payment.refund-owed',
    payload: { payment: payment.id, amount: owed.amount, currency: payment.currency, reason },
  });
  return id;
}

/** Books money that came for a payment and cannot be used: it is owed back. Returns the id of the refund. */
export async function bookOwed(
  transaction: Queryable,
  parts: { readonly random: RandomBytes; readonly notices: NoticeBoard },
  what: { readonly payment: PaymentRow; readonly owed: Owed },
): Promise<string> {
  const { payment, owed } = what;
  const id = await noteRefund(transaction, parts, what);
  await transaction.query('UPDATE payment SET paid_amount = COALESCE(paid_amount, 0) + $1 WHERE id = $2', [
    owed.amount,
    payment.id,
  ]);
  await post(transaction, {
    id: `owed:${id}`,
    paymentId: payment.id,
    currency: payment.currency,
    atMs: owed.atMs,
    entries: { [ledgerAccounts.provider(payment.provider)]: owed.amount, [ledgerAccounts.refundsOwed]: -owed.amount },
  });
  return id;
}

/** Audits a refund that is owed. */
export async function auditOwed(
  transaction: Queryable,
  audit: AuditLog,
  { payment, owed, refundId }: { readonly payment: PaymentRow; readonly owed: Owed; readonly refundId: string },
): Promise<void> {
  await audit.append(transaction, {
    actor: `provider:${payment.provider}`,
    action: 'payment.refund-owed',
    entity: `payment:${payment.id}`,
    details: { refund: refundId, amount: owed.amount, currency: payment.currency, reason: owed.reason },
  });
}
