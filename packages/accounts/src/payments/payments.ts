import type { SqlValue } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { Checkout, PaymentAnswer, PaymentState, Purchase } from '../contract.ts';
import { createCheck } from './check.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { pageMax } from './limits.ts';
import { createCheckout, discountOf, type QuoteAnswer } from './open.ts';
import type { PaymentParts } from './parts.ts';
import { ProviderError } from './provider.ts';
import { type Reconciled, reconcile } from './reconcile.ts';
import { closeRefund, listRefunds, type Page, parseCursor, type RefundAnswer } from './refunds.ts';
import { loadAnswer, loadAnswers, withoutUser } from './rows.ts';

/** Everything about payments but their receipts. */
export interface Payments extends Checkout {
  quote(userId: string, purchase: Purchase): Promise<QuoteAnswer>;
  /** Percent that trust takes off for a pubkey, as payments count it. Never rejects. */
  discountOf(pubkey: string): Promise<number>;
  /** @throws Problem 404, also of payments of others */
  show(userId: string, id: string): Promise<PaymentAnswer>;
  list(userId: string, cursor: string | undefined): Promise<Page<PaymentAnswer>>;
  /** Asks the provider now. @throws Problem 404, 503 */
  check(userId: string, id: string): Promise<PaymentAnswer>;
  readonly inbox: Inbox;
  /** Job: looks at what is due. */
  reconcile(): Promise<Reconciled>;
  /** Listens to providers that tell by themselves; ends with what it returns. */
  watch(): { stop(): Promise<void> };
  readonly admin: PaymentsAdmin;
}

/** What the administration may do. */
export interface PaymentsAdmin {
  list(asked: {
    readonly state?: PaymentState | undefined;
    readonly userId?: string | undefined;
    readonly cursor?: string | undefined;
  }): Promise<Page<PaymentAnswer & { readonly userId: string }>>;
  /** @throws Problem 404, 503 */
  check(id: string): Promise<PaymentAnswer>;
  refunds(asked: {
    readonly state?: 'open' | 'refunded' | undefined;
    readonly cursor?: string | undefined;
  }): Promise<Page<RefundAnswer>>;
  /** @throws Problem 404, 409 */
  closeRefund(id: string, closing: { readonly note: string; readonly actor: string }): Promise<RefundAnswer>;
}

/** Creates them. */
export function createPayments(parts: PaymentParts): Payments {
  const { database } = parts;
  const checkout = createCheckout(parts);
  const check = createCheck(parts);
  const show = async (id: string, userId?: string): Promise<PaymentAnswer> => {
    // In a transaction: SQLite shows what another one on the same connection has not finished yet.
    const answer = await database.transaction((transaction) => loadAnswer(transaction, id, userId));
    if (answer === undefined) throw new Problem(404, 'not-found', 'there is no such payment');
    return answer;
  };
  const checkAndShow = async (id: string, userId?: string): Promise<PaymentAnswer> => {
    await show(id, userId);
    await check(id).catch((error: unknown) => {
      if (!(error instanceof ProviderError)) throw error;
      const message = 'the payment provider cannot be asked now; it will be asked again';
      throw new Problem(503, 'provider-away', { message, retryAfter: 30, cause: error });
    });
    return await show(id, userId);
  };
  return {
    ...checkout,
    discountOf: (pubkey) => discountOf(parts, pubkey),
    show: (userId, id) => show(id, userId),
    list: async (userId, cursor) => {
      const { items, next } = await listPayments(parts, { userId, cursor });
      return { items: items.map(withoutUser), next };
    },
    check: (userId, id) => checkAndShow(id, userId),
    inbox: createInbox({ ...parts, check }),
    reconcile: () => reconcile({ ...parts, check }),
    watch: () => watch(parts, check),
    admin: {
      list: (asked) => listPayments(parts, asked),
      check: (id) => checkAndShow(id),
      refunds: (asked) => listRefunds(parts, asked),
      closeRefund: (id, closing) => closeRefund(parts, id, closing),
    },
  };
}

async function listPayments(
  { database }: PaymentParts,
  asked: {
    readonly state?: PaymentState | undefined;
    readonly userId?: string | undefined;
    readonly cursor?: string | undefined;
  },
): Promise<Page<PaymentAnswer & { readonly userId: string }>> {
  const where: string[] = ['1 = 1'];
  const values: (string | number)[] = [];
  if (asked.state !== undefined) where.push(`payment.state = $${values.push(asked.state)}`);
  if (asked.userId !== undefined) where.push(`payment.user_id = $${values.push(asked.userId)}`);
  if (asked.cursor !== undefined) {
    const { ms, id } = parseCursor(asked.cursor);
    const [first, again, last] = [values.push(ms), values.push(ms), values.push(id)];
    where.push(`(payment.created_ms < $${first} OR (payment.created_ms = $${again} AND payment.id < $${last}))`);
  }
  const answers = await loadAnswers(
    database,
    `WHERE ${where.join(' AND ')} ORDER BY payment.created_ms DESC, payment.id DESC LIMIT ${pageMax + 1}`,
    values,
  );
  const items = answers.slice(0, pageMax);
  const last = items.at(-1);
  const hasMore = answers.length > pageMax && last !== undefined;
  return { items, next: hasMore ? `${Date.parse(last.createdAt)}.${last.id}` : null };
}

function watch(parts: PaymentParts, check: (id: string) => Promise<void>): { stop(): Promise<void> } {
  const underWay = new Set<Promise<void>>();
  const follow = async (provider: string, ref: string): Promise<void> => {
    try {
      const values: SqlValue[] = [provider, ref];
      const [payment] = await parts.database.query<{ id: string }>(
        'SELECT id FROM payment WHERE provider = $1 AND provider_ref = $2',
        values,
      );
      if (payment !== undefined) await check(payment.id);
    } catch (error) {
      // The job of reconciling looks at it anyway.
      parts.metrics.failed?.('payments.hint');
      parts.logger.warn({ provider, err: error }, 'a hint of a provider was not followed');
    }
  };
  const watches = parts.providers.flatMap((provider) => {
    const watching = provider.watch?.((ref) => {
      const running = follow(provider.name, ref).finally(() => underWay.delete(running));
      underWay.add(running);
    });
    return watching === undefined ? [] : [watching];
  });
  return {
    async stop() {
      await Promise.all(watches.map((watching) => watching.stop()));
      await Promise.all(underWay);
    },
  };
}
