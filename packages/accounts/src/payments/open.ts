import { Problem } from '@nostrata/http';
import type { Checkout, OpenPayment, PaymentAnswer, Purchase, Quote } from '../contract.ts';
import { isTaken } from '../errors.ts';
import { createId } from '../ids.ts';
import { lockUser } from '../users.ts';
import { type Amounts, amountsIn, waitForDiscount } from './amounts.ts';
import { failUnopened, nextLookMs } from './check.ts';
import { bolt11LengthMax, invoiceMs, openPaymentsMax, refLengthMax } from './limits.ts';
import type { PaymentParts } from './parts.ts';
import { type OpenedInvoice, type PaymentProvider, ProviderError } from './provider.ts';
import { loadAnswer, type PaymentRow, type StoredQuote } from './rows.ts';

/** What something costs, in the currency of each provider. */
export interface QuoteAnswer {
  readonly description: string;
  readonly price: Quote['price'];
  readonly credit: number;
  readonly discountPercent: number;
  readonly amounts: readonly { readonly provider: string; readonly currency: string; readonly amount: number }[];
}

/** Opens payments: the price is fixed on the row before anybody is asked for money. */
export function createCheckout(parts: PaymentParts): Checkout & {
  /** What it would cost now; nothing is written. @throws Problem */
  quote(userId: string, purchase: Purchase): Promise<QuoteAnswer>;
} {
  return {
    async quote(userId, purchase) {
      const quote = await parts.granterOf(purchase.kind).quote(userId, purchase);
      const percent = await trustOf(parts, userId, quote);
      const amounts = parts.providers.flatMap(({ name, currency }) => {
        const there = amountsIn(currency, quote, percent);
        return there === undefined ? [] : [{ provider: name, currency, amount: there.amount }];
      });
      const discountPercent = amountsIn('msat', quote, percent)?.discountPercent ?? 0;
      return { description: quote.description, price: quote.price, credit: quote.creditMsat, discountPercent, amounts };
    },
    open: (asked) => open(parts, asked),
  };
}

async function trustOf(parts: PaymentParts, userId: string, quote: Quote): Promise<number> {
  if (!quote.isDiscounted || quote.creditMsat > 0) return 0;
  const [user] = await parts.database.query<{ pubkey: string | null }>(
    'SELECT pubkey FROM account_user WHERE id = $1',
    [userId],
  );
  return user?.pubkey ? await discountOf(parts, user.pubkey) : 0;
}

/** Percent that trust takes off for a pubkey, as payments count it: capped, and 0 where it is not known in time. */
export async function discountOf(
  parts: Pick<PaymentParts, 'clock' | 'metrics' | 'loadDiscountPercent'>,
  pubkey: string,
): Promise<number> {
  return await waitForDiscount(() => parts.loadDiscountPercent(pubkey), {
    clock: parts.clock,
    onFailure: () => parts.metrics.failed?.('payments.discount'),
  });
}

async function open(parts: PaymentParts, asked: OpenPayment): Promise<PaymentAnswer> {
  const provider = chooseProvider(parts.providers, asked.provider);
  const known = await findRepeated(parts, asked);
  if (known !== undefined) return known;
  const quote = await parts.granterOf(asked.purchase.kind).quote(asked.userId, asked.purchase);
  const amounts = amountsIn(provider.currency, quote, await trustOf(parts, asked.userId, quote));
  if (amounts === undefined) {
    throw new Problem(422, 'no-price', `this has no price in the currency of ${provider.name}`);
  }
  const id = createId(parts.random, 'pay');
  const row = { id, asked, provider, quote, amounts };
  if (!(await insertPayment(parts, row))) {
    const repeated = await findRepeated(parts, asked);
    if (repeated !== undefined) return repeated;
    throw new Problem(409, 'in-progress', 'this payment is being opened by another request');
  }
  const invoice = await createInvoice(parts, row);
  await attachInvoice(parts, row, invoice);
  parts.metrics.payment?.(provider.name, 'pending');
  const answer = await loadAnswer(parts.database, id);
  if (answer === undefined) throw new Error(`the payment ${id} is not there`);
  return answer;
}

function chooseProvider(providers: readonly PaymentProvider[], name: string | undefined): PaymentProvider {
  const provider = name === undefined ? providers[0] : providers.find((one) => one.name === name);
  if (provider !== undefined) return provider;
  if (providers.length === 0) throw new Problem(503, 'no-provider', 'nothing can be paid here');
  throw new Problem(422, 'unknown-provider', 'there is no such way to pay');
}

/** The payment that was opened with the same key before. @throws Problem 409 where it was for something else */
async function findRepeated(
  { database }: PaymentParts,
  { userId, idempotencyKey, purchase, provider }: OpenPayment,
): Promise<PaymentAnswer | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const [row] = await database.query<PaymentRow>('SELECT * FROM payment WHERE user_id = $1 AND idempotency_key = $2', [
    userId,
    idempotencyKey,
  ]);
  if (row === undefined) return undefined;
  if (row.purchase !== purchaseText(purchase) || (provider !== undefined && provider !== row.provider)) {
    throw new Problem(409, 'key-used', 'this Idempotency-Key was used for something else');
  }
  return await loadAnswer(database, row.id);
}

/** The same text for the same purchase, however its fields were sorted. */
function purchaseText(purchase: Purchase): string {
  const { kind } = purchase;
  if (kind === 'plan') return JSON.stringify({ kind, plan: purchase.plan, period: purchase.period });
  return JSON.stringify({ kind, nameId: purchase.nameId, years: purchase.years });
}

interface NewPayment {
  readonly id: string;
  readonly asked: OpenPayment;
  readonly provider: PaymentProvider;
  readonly quote: Quote;
  readonly amounts: Amounts;
}

/** False where a payment with the same key is there. @throws Problem 429 */
async function insertPayment(
  { database, clock }: PaymentParts,
  { id, asked, provider, quote, amounts }: NewPayment,
): Promise<boolean> {
  const nowMs = clock.now();
  const stored: StoredQuote = {
    terms: quote.terms,
    price: quote.price,
    amountMsat: amounts.amountMsat,
    quotedMs: nowMs,
  };
  const { currency, amount, price, discountPercent, credit } = amounts;
  return await database.transaction(async (transaction) => {
    // What is counted stays true, and nobody is joined with another account just now and left without what they pay for.
    await lockUser(transaction, asked.userId);
    const [open] = await transaction.query<{ count: number }>(
      `SELECT COUNT(*) AS count FROM payment WHERE user_id = $1 AND state = 'pending' AND expires_ms > $2`,
      [asked.userId, nowMs],
    );
    if (Number(open?.count) >= openPaymentsMax) {
      throw new Problem(429, 'too-many-open', { message: 'pay one of your open invoices, or wait', retryAfter: 60 });
    }
    const rows = await transaction.query(
      `INSERT INTO payment (id, user_id, provider, state, purchase, description, currency, amount, price,
        discount_percent, credit, quote, idempotency_key, created_ms, expires_ms, next_check_ms, checks)
        VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0)
        ON CONFLICT (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id`,
      [
        id,
        asked.userId,
        provider.name,
        purchaseText(asked.purchase),
        quote.description,
        currency,
        amount,
        price,
        discountPercent,
        credit,
        JSON.stringify(stored),
        asked.idempotencyKey ?? null,
        nowMs,
        nowMs + invoiceMs,
        nowMs + invoiceMs,
      ],
    );
    return rows.length > 0;
  });
}

/** Asks for the invoice; where there is none, a failed row is all that is left. @throws Problem 502, 503 */
async function createInvoice(
  parts: PaymentParts,
  { id, provider, quote, amounts }: NewPayment,
): Promise<OpenedInvoice> {
  const { origin, clock } = parts;
  try {
    const invoice = await provider.create({
      paymentId: id,
      amount: amounts.amount,
      currency: amounts.currency,
      description: quote.description.slice(0, 200),
      expiresMs: clock.now() + invoiceMs,
      returnUrl: `${origin}${parts.returnPath(id)}`,
      webhookUrl: `${origin}/api/v1/webhooks/${provider.name}`,
    });
    checkInvoice(provider, invoice);
    return invoice;
  } catch (error) {
    const fault = error instanceof ProviderError ? error.fault : 'malformed';
    parts.logger.error({ payment: id, provider: provider.name, fault, err: error }, 'an invoice was not made');
    await failUnopened(parts, { id, provider: provider.name }, `the provider is ${fault}`);
    throw toProblem(error, fault);
  }
}

function toProblem(cause: unknown, fault: string): Problem {
  if (fault === 'away') {
    return new Problem(503, 'provider-away', {
      message: 'the payment provider cannot be reached',
      retryAfter: 30,
      cause,
    });
  }
  return new Problem(502, 'provider-refused', { message: 'the payment provider did not make an invoice', cause });
}

function checkInvoice(provider: PaymentProvider, { ref, bolt11, paymentHash, expiresMs }: OpenedInvoice): void {
  const isWhole =
    ref.length > 0 &&
    ref.length <= refLengthMax &&
    (bolt11 === null || bolt11.length <= bolt11LengthMax) &&
    (paymentHash === null || /^[0-9a-f]{64}$/.test(paymentHash)) &&
    Number.isSafeInteger(expiresMs);
  if (!isWhole) throw new ProviderError('malformed', `${provider.name} made an invoice that is none`);
}

/** Puts the invoice on the row and holds what is bought, in one transaction. @throws Problem where it is gone */
async function attachInvoice(parts: PaymentParts, { id, asked, provider }: NewPayment, invoice: OpenedInvoice) {
  const { database, clock, audit } = parts;
  const { ref, bolt11, paymentHash, checkoutUrl, expiresMs } = invoice;
  const nowMs = clock.now();
  const next = nextLookMs({ created_ms: nowMs, expires_ms: expiresMs, settled_ms: null }, nowMs);
  try {
    await database.transaction(async (transaction) => {
      const rows = await transaction.query(
        `UPDATE payment SET provider_ref = $2, bolt11 = $3, payment_hash = $4, checkout_url = $5, expires_ms = $6,
          next_check_ms = $7 WHERE id = $1 AND state = 'pending' AND provider_ref IS NULL RETURNING id`,
        [id, ref, bolt11, paymentHash, checkoutUrl, expiresMs, next],
      );
      if (rows.length === 0) throw new Problem(503, 'too-slow', 'the payment provider took too long');
      await parts.granterOf(asked.purchase.kind).hold(transaction, asked.purchase, expiresMs);
      await audit.append(transaction, {
        actor: asked.actor ?? `user:${asked.userId}`,
        action: 'payment.opened',
        entity: `payment:${id}`,
        details: { provider: provider.name, kind: asked.purchase.kind },
      });
    });
  } catch (error) {
    const isReused = isTaken(error);
    await failUnopened(
      parts,
      { id, provider: provider.name },
      isReused ? 'the invoice is not a new one' : 'it is gone',
    );
    if (!isReused) throw error;
    parts.logger.error({ payment: id, provider: provider.name }, 'a provider gave an invoice a second time');
    throw new Problem(502, 'provider-refused', {
      message: 'the payment provider did not make an invoice',
      cause: error,
    });
  }
}
