import type { Queryable, SqlRow } from '@nostrata/database';
import type { PaymentAnswer, PaymentState, Purchase, Quote } from '../contract.ts';
import { toIso } from '../times.ts';

/** A payment as it is stored. */
export interface PaymentRow extends SqlRow {
  readonly id: string;
  readonly user_id: string;
  readonly provider: string;
  readonly provider_ref: string | null;
  readonly state: string;
  readonly purchase: string;
  readonly description: string;
  readonly currency: string;
  readonly amount: number;
  readonly price: number;
  readonly discount_percent: number;
  readonly credit: number;
  readonly quote: string;
  readonly bolt11: string | null;
  readonly payment_hash: string | null;
  readonly checkout_url: string | null;
  readonly idempotency_key: string | null;
  readonly created_ms: number;
  readonly expires_ms: number;
  readonly settled_ms: number | null;
  /** Money that is in the ledger; null for none. */
  readonly paid_amount: number | null;
  readonly next_check_ms: number | null;
  readonly checks: number;
  readonly failure: string | null;
}

/** What was quoted, as the row keeps it. */
export interface StoredQuote {
  readonly terms: Quote['terms'];
  readonly price: Quote['price'];
  readonly amountMsat: number;
  readonly quotedMs: number;
}

/** Reads what was quoted. */
export function quoteOf(row: PaymentRow): StoredQuote {
  return JSON.parse(row.quote);
}

/** Reads what was bought. */
export function purchaseOf(row: { readonly purchase: string }): Purchase {
  return JSON.parse(row.purchase);
}

interface AnswerRow extends PaymentRow {
  readonly receipt: string | null;
}

interface RefundPart extends SqlRow {
  readonly payment_id: string;
  readonly amount: number;
  readonly reason: string;
  readonly state: string;
}

/** Payments with their receipts, for whatever follows: ` WHERE …`. */
const selectPayments = `SELECT payment.*, receipt.number AS receipt FROM payment
  LEFT JOIN receipt ON receipt.payment_id = payment.id`;

/** Payments as their buyers see them, in the order of the rows. */
export async function loadAnswers(
  queryable: Queryable,
  where: string,
  parameters: readonly (string | number)[],
): Promise<(PaymentAnswer & { readonly userId: string })[]> {
  const rows = await queryable.query<AnswerRow>(`${selectPayments} ${where}`, parameters);
  const answers: (PaymentAnswer & { readonly userId: string })[] = [];
  for (const row of rows) {
    const refunds = await queryable.query<RefundPart>(
      'SELECT payment_id, amount, reason, state FROM refund_owed WHERE payment_id = $1 ORDER BY created_ms, reason',
      [row.id],
    );
    answers.push({ ...toAnswer(row, refunds), userId: row.user_id });
  }
  return answers;
}

/** One payment of a user; of anybody where none is given. */
export async function loadAnswer(
  queryable: Queryable,
  id: string,
  userId?: string,
): Promise<PaymentAnswer | undefined> {
  const [found] =
    userId === undefined
      ? await loadAnswers(queryable, 'WHERE payment.id = $1', [id])
      : await loadAnswers(queryable, 'WHERE payment.id = $1 AND payment.user_id = $2', [id, userId]);
  return found && withoutUser(found);
}

/** A payment as its buyer sees it. */
export function withoutUser({ userId: _, ...answer }: PaymentAnswer & { readonly userId: string }): PaymentAnswer {
  return answer;
}

function toAnswer(row: AnswerRow, refunds: readonly RefundPart[]): PaymentAnswer {
  return {
    id: row.id,
    state: row.state as PaymentState,
    provider: row.provider,
    purchase: purchaseOf(row),
    description: row.description,
    currency: row.currency,
    amount: row.amount,
    price: row.price,
    discountPercent: row.discount_percent,
    credit: row.credit,
    bolt11: row.bolt11,
    checkoutUrl: row.checkout_url,
    createdAt: toIso(row.created_ms),
    expiresAt: toIso(row.expires_ms),
    settledAt: row.settled_ms === null ? null : toIso(row.settled_ms),
    receipt: row.receipt,
    refund: toRefund(refunds),
    failure: row.failure,
  };
}

/** All that is owed for one payment, as one. */
function toRefund(refunds: readonly RefundPart[]): PaymentAnswer['refund'] {
  const [first] = refunds;
  if (first === undefined) return null;
  const open = refunds.filter(({ state }) => state === 'open');
  const counted = open.length > 0 ? open : refunds;
  return {
    amount: counted.reduce((sum, { amount }) => sum + amount, 0),
    reason: counted[0]?.reason ?? first.reason,
    state: open.length > 0 ? 'open' : 'refunded',
  };
}
