import { auditOwed, bookOwed } from './ledger.ts';
import { afterwardsMs, lookAgain } from './limits.ts';
import type { PaymentParts } from './parts.ts';
import type { InvoiceState, PaymentProvider } from './provider.ts';
import { ProviderError } from './provider.ts';
import type { PaymentRow } from './rows.ts';
import { lockPayment, settle } from './settle.ts';

/** When a payment is looked at again; null where it was looked after for long enough. */
export function nextLookMs(
  payment: Pick<PaymentRow, 'created_ms' | 'expires_ms' | 'settled_ms'>,
  nowMs: number,
): number | null {
  const endMs = (payment.settled_ms ?? payment.expires_ms) + afterwardsMs;
  if (nowMs >= endMs) return null;
  const age = Math.max(nowMs - payment.created_ms, 0);
  const leastMs = payment.settled_ms === null ? lookAgain.leastMs : lookAgain.settledMs;
  const wait = Math.min(Math.max(age / lookAgain.part, leastMs), lookAgain.mostMs);
  return Math.min(Math.round(nowMs + wait), endMs);
}

/** What a look at a payment needs. */
export type CheckParts = Omit<PaymentParts, 'loadDiscountPercent' | 'returnPath' | 'origin'>;

/** Asks the provider for the state of a payment and brings the payment to it; the row is read anew for every look. */
export function createCheck(parts: CheckParts): (paymentId: string) => Promise<void> {
  /** One look at a payment at a time, and at most one behind it. */
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();
  const look = (paymentId: string): Promise<void> => {
    const started = checkPayment(parts, paymentId).finally(() => running.delete(paymentId));
    running.set(paymentId, started);
    return started;
  };
  return async (paymentId) => {
    const before = running.get(paymentId);
    if (before === undefined) return await look(paymentId);
    // What the provider said before this call may be older than what the caller heard: everybody who comes now shares the next.
    const next =
      waiting.get(paymentId) ??
      before
        .catch(() => undefined)
        .then(() => {
          waiting.delete(paymentId);
          return look(paymentId);
        });
    waiting.set(paymentId, next);
    await next;
  };
}

async function checkPayment(parts: CheckParts, paymentId: string): Promise<void> {
  const [payment] = await parts.database.query<PaymentRow>('SELECT * FROM payment WHERE id = $1', [paymentId]);
  if (payment === undefined) throw new Error(`there is no payment ${paymentId}`);
  if (payment.provider_ref === null) return await giveUpUnopened(parts, payment);
  const provider = parts.providers.find(({ name }) => name === payment.provider);
  if (provider === undefined) throw new ProviderError('refused', `no provider ${payment.provider} is configured`);
  const state = await loadState(provider, payment.provider_ref);
  await bringTo(parts, payment, state);
  const nowMs = parts.clock.now();
  await parts.database.transaction(async (transaction) => {
    const now = await lockPayment(transaction, paymentId);
    const next = nextLookMs(now, nowMs);
    await transaction.query('UPDATE payment SET next_check_ms = $1 WHERE id = $2', [next, paymentId]);
  });
}

async function loadState(provider: PaymentProvider, ref: string): Promise<InvoiceState> {
  const state = await provider.load(ref);
  if (!Number.isSafeInteger(state.paidAmount) || state.paidAmount < 0) {
    throw new ProviderError('malformed', `${provider.name} tells of an amount that is none`);
  }
  return state;
}

async function bringTo(parts: CheckParts, payment: PaymentRow, invoice: InvoiceState): Promise<void> {
  const { state, paidAmount } = invoice;
  const local = localState(parts, payment);
  if (state === 'unknown') return await bringToState(parts, payment, { state: local, paidAmount: 0 });
  const booked = payment.paid_amount ?? 0;
  if (state === 'paid' || paidAmount >= payment.amount || (booked > 0 && paidAmount > booked)) {
    const outcome = await settle(parts, payment.id, invoice);
    if (outcome !== 'too-little') return;
  }
  if (isForeign(payment, invoice)) return;
  if (state === 'failed' || state === 'expired') return await bringToState(parts, payment, { state, paidAmount });
  // Paid for good and still too little, or nobody waits for the rest any longer.
  const isOver = state === 'paid' || nextLookMs(payment, parts.clock.now()) === null;
  if (isOver && paidAmount > 0) return await bringToState(parts, payment, { state: 'expired', paidAmount });
  await bringToState(parts, payment, { state: state === 'processing' ? state : local, paidAmount: 0 });
}

function isForeign(payment: PaymentRow, { paymentId, currency }: InvoiceState): boolean {
  return (paymentId !== null && paymentId !== payment.id) || currency !== payment.currency;
}

/** Where the provider says nothing, our own clock tells that an invoice has expired. It may still be settled. */
function localState({ clock }: CheckParts, payment: PaymentRow): NextState {
  return clock.now() >= payment.expires_ms ? 'expired' : 'pending';
}

type NextState = 'pending' | 'processing' | 'expired' | 'failed';

/** The states that each can be come to from; a settled payment is left by nothing. */
const before: Readonly<Record<NextState, readonly string[]>> = {
  pending: [],
  processing: ['pending', 'expired'],
  expired: ['pending', 'processing'],
  failed: ['pending', 'processing', 'expired'],
};

/** Moves a payment that was not paid in full; what came of it nevertheless is owed back once the invoice is over. */
async function bringToState(
  parts: CheckParts,
  payment: PaymentRow,
  { state, paidAmount }: { readonly state: NextState; readonly paidAmount: number },
): Promise<void> {
  const from = before[state];
  if (!from.includes(payment.state) && paidAmount <= (payment.paid_amount ?? 0)) return;
  const moved = await parts.database.transaction(async (transaction) => {
    const locked = await lockPayment(transaction, payment.id);
    const isMoved = from.includes(locked.state);
    if (isMoved) {
      await transaction.query('UPDATE payment SET state = $1, failure = $2 WHERE id = $3', [
        state,
        failureOf(state, paidAmount),
        payment.id,
      ]);
    }
    const rest = paidAmount - (locked.paid_amount ?? 0);
    // Less than the amount: whatever settled in between has booked at least that.
    if (rest > 0 && locked.state !== 'settled') {
      const owed = { amount: rest, reason: 'under-paid', atMs: parts.clock.now() };
      const refundId = await bookOwed(transaction, parts, { payment: locked, owed });
      await auditOwed(transaction, parts.audit, { payment: locked, owed, refundId });
    } else if (isMoved) {
      await parts.audit.append(transaction, {
        actor: `provider:${payment.provider}`,
        action: `payment.${state}`,
        entity: `payment:${payment.id}`,
        details: { from: locked.state },
      });
    }
    return isMoved;
  });
  if (moved) parts.metrics.payment?.(payment.provider, state);
}

function failureOf(state: NextState, paidAmount: number): string | null {
  if (state === 'failed') return 'the provider has given it up';
  return state === 'expired' && paidAmount > 0 ? 'too little came before it expired' : null;
}

/** A payment whose invoice was never made, because the process ended in between: nobody has seen it. */
async function giveUpUnopened(parts: CheckParts, payment: PaymentRow): Promise<void> {
  if (payment.state !== 'pending' || parts.clock.now() < payment.expires_ms) return;
  await failUnopened(parts, payment, 'the invoice was not made');
}

/** Gives up a payment that has no invoice; its idempotency key can be used again. */
export async function failUnopened(
  parts: Pick<CheckParts, 'database' | 'audit' | 'metrics'>,
  { id, provider }: Pick<PaymentRow, 'id' | 'provider'>,
  failure: string,
): Promise<void> {
  await parts.database.transaction(async (transaction) => {
    const rows = await transaction.query(
      `UPDATE payment SET state = 'failed', failure = $2, next_check_ms = NULL, idempotency_key = NULL
        WHERE id = $1 AND state = 'pending' AND provider_ref IS NULL RETURNING id`,
      [id, failure],
    );
    if (rows.length === 0) return;
    await parts.audit.append(transaction, {
      actor: 'system',
      action: 'payment.failed',
      entity: `payment:${id}`,
      details: { reason: failure },
    });
  });
  parts.metrics.payment?.(provider, 'failed');
}
