import type { Queryable } from '@nostrata/database';
import type { Granted } from '../contract.ts';
import { auditOwed, bookOwed, ledgerAccounts, noteRefund, post } from './ledger.ts';
import { lookAgain } from './limits.ts';
import type { PaymentParts } from './parts.ts';
import type { InvoiceState } from './provider.ts';
import { issueReceipt, type Receipt } from './receipts.ts';
import { type PaymentRow, purchaseOf, quoteOf } from './rows.ts';

/** What the provider says came in for a payment, freshly asked. */
export type Evidence = Pick<InvoiceState, 'paidAmount' | 'currency' | 'paymentId' | 'paymentHash' | 'isMarked'>;

/**
 * What came of it. `settled`: this call did it. `already`: nothing new. `owed`: money came that has to be paid back.
 * `too-little`: it stays open. `not-ours`: the evidence is of another payment or currency, and nothing was done.
 */
export type SettleOutcome = 'settled' | 'already' | 'owed' | 'too-little' | 'not-ours';

/** What settling needs. */
export type SettleParts = Pick<
  PaymentParts,
  'database' | 'clock' | 'random' | 'audit' | 'notices' | 'logger' | 'metrics' | 'seller' | 'granterOf'
>;

/**
 * Credits a payment, in one transaction or not at all: state, what was bought, entitlement, receipt, ledger, notice and
 * audit. Only the statement that moves the state out of the open ones goes on, so however many call at once and however
 * often, there is one of each. Money beyond what is due is booked as owed back.
 */
export async function settle(parts: SettleParts, paymentId: string, evidence: Evidence): Promise<SettleOutcome> {
  const { database, metrics } = parts;
  const { outcome, payment } = await database.transaction(async (transaction) => {
    const claimed = await claim(transaction, { paymentId, evidence, nowMs: parts.clock.now() });
    if (claimed !== undefined) {
      await credit(parts, transaction, { payment: claimed, evidence });
      return { outcome: 'settled' as const, payment: claimed };
    }
    return await bookRest(parts, transaction, { paymentId, evidence });
  });
  if (outcome === 'settled') metrics.payment?.(payment.provider, 'settled');
  if (outcome === 'owed') metrics.payment?.(payment.provider, 'refund-owed');
  if (outcome === 'not-ours') {
    parts.logger.error({ payment: paymentId, provider: payment.provider }, 'a provider tells of another payment');
  }
  return outcome;
}

/** Moves an open payment to `settled` where the evidence fits the row; the row is locked from then on. */
async function claim(
  transaction: Queryable,
  { paymentId, evidence, nowMs }: { readonly paymentId: string; readonly evidence: Evidence; readonly nowMs: number },
): Promise<PaymentRow | undefined> {
  if (evidence.paymentId !== null && evidence.paymentId !== paymentId) return undefined;
  const [row] = await transaction.query<PaymentRow>(
    `UPDATE payment SET state = 'settled', settled_ms = $2, paid_amount = $3, next_check_ms = $4, failure = NULL
      WHERE id = $1 AND state IN ('pending', 'processing', 'expired') AND provider_ref IS NOT NULL
        AND COALESCE(paid_amount, 0) = 0 AND amount <= $3 AND currency = $5
        AND (payment_hash IS NULL OR COALESCE($6, payment_hash) = payment_hash)
      RETURNING *`,
    [
      paymentId,
      nowMs,
      evidence.paidAmount,
      // The same invoice of Lightning can be paid once more.
      nowMs + lookAgain.settledMs,
      evidence.currency,
      evidence.paymentHash,
    ],
  );
  return row;
}

async function credit(
  parts: SettleParts,
  transaction: Queryable,
  { payment, evidence }: { readonly payment: PaymentRow; readonly evidence: Evidence },
): Promise<void> {
  const settledMs = payment.settled_ms ?? parts.clock.now();
  const purchase = purchaseOf(payment);
  const { terms, amountMsat } = quoteOf(payment);
  const granted = await parts.granterOf(purchase.kind).grant(transaction, {
    paymentId: payment.id,
    userId: payment.user_id,
    purchase,
    terms,
    amountMsat,
    settledMs,
  });
  if (granted.kind === 'granted') {
    await transaction.query(
      'INSERT INTO entitlement (payment_id, user_id, purchase, granted, at_ms) VALUES ($1, $2, $3, $4, $5)',
      [payment.id, payment.user_id, payment.purchase, JSON.stringify(granted.details), settledMs],
    );
  }
  const paidAmount = evidence.paidAmount;
  const owed = owedOf(payment, granted, paidAmount);
  const refundId = owed && (await noteRefund(transaction, parts, { payment, owed: { ...owed, atMs: settledMs } }));
  await post(transaction, {
    id: `settle:${payment.id}`,
    paymentId: payment.id,
    currency: payment.currency,
    atMs: settledMs,
    entries: {
      [ledgerAccounts.provider(payment.provider)]: paidAmount,
      [ledgerAccounts.revenue(purchase.kind)]: -(paidAmount - (owed?.amount ?? 0)),
      [ledgerAccounts.refundsOwed]: -(owed?.amount ?? 0),
    },
  });
  const settlement = { payment, granted, paidAmount, owed, settledMs };
  const receipt = await issueReceipt(transaction, parts.seller, settlement);
  await tell(parts, transaction, { payment, receipt, refundId, isMarked: evidence.isMarked === true });
}

function owedOf(
  payment: PaymentRow,
  granted: Granted,
  paidAmount: number,
): { readonly amount: number; readonly reason: string } | undefined {
  if (granted.kind === 'refund') return { amount: paidAmount, reason: granted.reason };
  if (paidAmount > payment.amount) return { amount: paidAmount - payment.amount, reason: 'over-paid' };
  return undefined;
}

async function tell(
  parts: SettleParts,
  transaction: Queryable,
  {
    payment,
    receipt,
    refundId,
    isMarked,
  }: {
    readonly payment: PaymentRow;
    readonly receipt: Receipt;
    readonly refundId: string | undefined;
    readonly isMarked: boolean;
  },
): Promise<void> {
  const isGranted = receipt.granted !== null;
  const shared = { amount: payment.amount, currency: payment.currency, receipt: receipt.number };
  await parts.notices.add(transaction, {
    userId: payment.user_id,
    topic: 'payment.settled',
    payload: { payment: payment.id, ...shared, isGranted },
  });
  await parts.audit.append(transaction, {
    actor: `provider:${payment.provider}`,
    action: 'payment.settled',
    entity: `payment:${payment.id}`,
    details: {
      ...shared,
      paid: receipt.paid,
      isGranted,
      // The operator said at the provider that it is paid: no money was seen.
      ...(isMarked ? { isMarked } : {}),
      granted: JSON.stringify(receipt.granted),
      refund: refundId ?? null,
      refundAmount: receipt.refundOwed?.amount ?? 0,
    },
  });
}

/** Where a payment cannot be claimed: it was before, it is too little, or what came cannot be used. */
async function bookRest(
  parts: SettleParts,
  transaction: Queryable,
  { paymentId, evidence }: { readonly paymentId: string; readonly evidence: Evidence },
): Promise<{ readonly outcome: SettleOutcome; readonly payment: PaymentRow }> {
  const payment = await lockPayment(transaction, paymentId);
  if (!isOurs(payment, evidence)) return { outcome: 'not-ours', payment };
  const booked = payment.paid_amount ?? 0;
  const rest = evidence.paidAmount - booked;
  const isOpen = payment.state === 'pending' || payment.state === 'processing' || payment.state === 'expired';
  if (isOpen && booked === 0) return { outcome: 'too-little', payment };
  if (rest <= 0) return { outcome: 'already', payment };
  const owed = { amount: rest, reason: reasonOf(payment), atMs: parts.clock.now() };
  const refundId = await bookOwed(transaction, parts, { payment, owed });
  await auditOwed(transaction, parts.audit, { payment, owed, refundId });
  return { outcome: 'owed', payment };
}

function isOurs(payment: PaymentRow, { paymentId, currency, paymentHash }: Evidence): boolean {
  if (paymentId !== null && paymentId !== payment.id) return false;
  if (paymentHash !== null && payment.payment_hash !== null && paymentHash !== payment.payment_hash) return false;
  return currency === payment.currency;
}

function reasonOf({ state }: PaymentRow): string {
  if (state === 'settled') return 'paid-again';
  return state === 'failed' ? 'paid-after-failed' : 'under-paid';
}

/** A payment, kept from everybody else until the transaction ends. */
export async function lockPayment(transaction: Queryable, paymentId: string): Promise<PaymentRow> {
  const [payment] = await transaction.query<PaymentRow>(
    'UPDATE payment SET checks = checks WHERE id = $1 RETURNING *',
    [paymentId],
  );
  if (payment === undefined) throw new Error(`there is no payment ${paymentId}`);
  return payment;
}
