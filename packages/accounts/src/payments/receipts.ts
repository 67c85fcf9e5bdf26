import { createHash } from 'node:crypto';
import type { Queryable } from '@nostrata/database';
import { encodeNpub } from '@nostrata/protocol';
import type { Granted } from '../contract.ts';
import { toIso } from '../times.ts';
import { share } from './amounts.ts';
import { type PaymentRow, purchaseOf, quoteOf } from './rows.ts';

/** Who sells, as it stands on receipts. */
export interface Seller {
  readonly name: string;
  /** Lines of an address; may be empty. */
  readonly address: readonly string[];
  readonly npub: string | null;
  readonly taxId: string | null;
  /** Percent of a tax that is in all prices; 0 for none. */
  readonly taxPercent: number;
}

/** A receipt. It is written once and never changes; amounts are whole numbers of the smallest unit of `currency`. */
export interface Receipt {
  readonly number: string;
  readonly issuedAt: string;
  readonly seller: Omit<Seller, 'taxPercent'>;
  readonly buyer: { readonly id: string; readonly npub: string | null };
  readonly item: { readonly kind: string; readonly description: string };
  /** What the payment bought, as its seller tells it; null where nothing could be given. */
  readonly granted: Readonly<Record<string, string | number | null>> | null;
  /** `from` is null where its seller tells the end alone, `until` where there is none. */
  readonly period: { readonly from: string | null; readonly until: string | null } | null;
  readonly currency: string;
  readonly price: number;
  readonly discountPercent: number;
  readonly credit: number;
  readonly amount: number;
  readonly paid: number;
  /** Of what was paid, what is owed back. */
  readonly refundOwed: { readonly amount: number; readonly reason: string } | null;
  /** The worth in another currency, by the prices at the time of the quote. */
  readonly fiat: {
    readonly currency: string;
    readonly minor: number;
    readonly rate: { readonly msat: number; readonly minor: number; readonly at: string };
  } | null;
  readonly tax: { readonly percent: number; readonly included: number } | null;
  readonly payment: {
    readonly id: string;
    readonly provider: string;
    readonly ref: string | null;
    readonly hash: string | null;
    readonly settledAt: string;
  };
}

/** What a receipt tells of. */
export interface Settlement {
  readonly payment: PaymentRow;
  readonly granted: Granted;
  readonly paidAmount: number;
  readonly owed: { readonly amount: number; readonly reason: string } | undefined;
  readonly settledMs: number;
}

/** Takes the next number of the year and writes the receipt. Numbers have no gaps: who rolls back gives theirs back. */
export async function issueReceipt(transaction: Queryable, seller: Seller, settlement: Settlement): Promise<Receipt> {
  const { payment, settledMs } = settlement;
  const year = new Date(settledMs).getUTCFullYear();
  const [row] = await transaction.query<{ last: number }>(
    `INSERT INTO receipt_year (year, last) VALUES ($1, 1)
      ON CONFLICT (year) DO UPDATE SET last = receipt_year.last + 1 RETURNING last`,
    [year],
  );
  const [user] = await transaction.query<{ pubkey: string | null }>('SELECT pubkey FROM account_user WHERE id = $1', [
    payment.user_id,
  ]);
  const npub = user?.pubkey ? encodeNpub(user.pubkey) : null;
  const receipt = createReceipt(settlement, { seller, npub, number: receiptNumber(year, Number(row?.last)) });
  const document = JSON.stringify(receipt);
  await transaction.query(
    'INSERT INTO receipt (number, payment_id, user_id, issued_ms, document, hash) VALUES ($1, $2, $3, $4, $5, $6)',
    [receipt.number, payment.id, payment.user_id, settledMs, document, hashDocument(document)],
  );
  return receipt;
}

/** `NST-2026-000001`. */
export function receiptNumber(year: number, count: number): string {
  return `NST-${year}-${String(count).padStart(6, '0')}`;
}

/** SHA-256 (hex) of the text of a receipt. */
export function hashDocument(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}

function createReceipt(
  { payment, granted, paidAmount, owed, settledMs }: Settlement,
  { seller, npub, number }: { readonly seller: Seller; readonly npub: string | null; readonly number: string },
): Receipt {
  const { taxPercent, ...shownSeller } = seller;
  const details = granted.kind === 'granted' ? granted.details : null;
  const kept = paidAmount - (owed?.amount ?? 0);
  return {
    number,
    issuedAt: toIso(settledMs),
    seller: shownSeller,
    buyer: { id: payment.user_id, npub },
    item: { kind: purchaseOf(payment).kind, description: payment.description },
    granted: details,
    period: periodOf(details),
    currency: payment.currency,
    price: payment.price,
    discountPercent: payment.discount_percent,
    credit: payment.credit,
    amount: payment.amount,
    paid: paidAmount,
    refundOwed: owed === undefined ? null : { amount: owed.amount, reason: owed.reason },
    fiat: fiatOf(payment),
    // The tax is in the price: of 119 at 19 % it is 19.
    tax: taxPercent === 0 ? null : { percent: taxPercent, included: kept - share(kept, 100, 100 + taxPercent) },
    payment: {
      id: payment.id,
      provider: payment.provider,
      ref: payment.provider_ref,
      hash: payment.payment_hash,
      settledAt: toIso(settledMs),
    },
  };
}

function periodOf(details: Receipt['granted']): Receipt['period'] {
  const { from, until, paidUntil } = details ?? {};
  if (typeof paidUntil === 'string') return { from: null, until: paidUntil };
  if (typeof from !== 'number') return null;
  return { from: toIso(from), until: typeof until === 'number' ? toIso(until) : null };
}

function fiatOf(payment: PaymentRow): Receipt['fiat'] {
  const { price, quotedMs } = quoteOf(payment);
  const { msat, fiat } = price;
  if (fiat === undefined) return null;
  const minor = payment.currency === 'msat' ? share(fiat.minor, payment.amount, msat) : payment.amount;
  return { currency: fiat.currency, minor, rate: { msat, minor: fiat.minor, at: toIso(quotedMs) } };
}
