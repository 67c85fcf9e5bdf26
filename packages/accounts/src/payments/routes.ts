import { callerOf, defineAction, type HttpRoute, Problem, Reply } from '@nostrata/http';
import { z } from 'zod';
import type { Purchase } from '../contract.ts';
import { actorOf } from '../users.ts';
import { idempotencyKeyMax } from './limits.ts';
import type { PaymentParts } from './parts.ts';
import type { Payments } from './payments.ts';
import { createReceiptRoutes } from './receipt-routes.ts';
import { createWebhookRoutes } from './webhook-routes.ts';

/** What the routes of payments need. */
export type PaymentRouteParts = Pick<PaymentParts, 'database' | 'logger' | 'metrics'> & {
  readonly payments: Payments;
};

/** All routes of payments and receipts. */
export function createPaymentRoutes(parts: PaymentRouteParts): HttpRoute[] {
  const { payments } = parts;
  return [
    openRoute(payments),
    quoteRoute(payments),
    listRoute(payments),
    showRoute(payments),
    checkRoute(payments),
    ...createReceiptRoutes(parts),
    ...createWebhookRoutes({ ...parts, inbox: payments.inbox }),
  ];
}

const group = 'Payments';
const reading = { kind: 'user', scope: 'payments:read' } as const;
const writing = { kind: 'user', scope: 'payments:write' } as const;

/** What can be bought. */
const purchase: z.ZodType<Purchase> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('plan'),
    plan: z.string().max(40),
    period: z.enum(['month', 'year', 'lifetime']),
  }),
  z.strictObject({
    kind: z.literal('name'),
    nameId: z.string().regex(/^nam_[0-9A-Za-z]{1,40}$/),
    years: z.int().min(1).max(10),
  }),
]);

const idParameter = z
  .string()
  .regex(/^pay_[0-9A-Za-z]{1,40}$/)
  .describe('The id of the payment');

/** A payment in answers. */
export const paymentSchema = z.object({
  id: z.string(),
  state: z.enum(['pending', 'processing', 'settled', 'expired', 'failed']),
  provider: z.string(),
  purchase,
  description: z.string(),
  currency: z.string().describe('`msat`, or a currency code in lower case'),
  amount: z.int().describe('What is to be paid, in the smallest unit of the currency'),
  price: z.int(),
  discountPercent: z.int(),
  credit: z.int(),
  bolt11: z.string().nullable(),
  checkoutUrl: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
  settledAt: z.string().nullable(),
  receipt: z.string().nullable(),
  refund: z.object({ amount: z.int(), reason: z.string(), state: z.enum(['open', 'refunded']) }).nullable(),
  failure: z.string().nullable(),
});

function openRoute(payments: Payments): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/payments',
    operation: 'openPayment',
    group,
    summary: 'Buy something',
    description:
      'Fixes the price and makes an invoice. With a header `Idempotency-Key` the same request gives the same payment, however often it is made.',
    access: writing,
    body: z.strictObject({ purchase, provider: z.string().max(40).optional() }),
    answer: paymentSchema,
    problems: { 409: 'key-used', 422: 'no-price', 502: 'provider-refused', 503: 'provider-away' },
    async handle({ caller, body, request }) {
      const buyer = callerOf({ caller });
      const idempotencyKey = parseKey(request.header('idempotency-key'));
      const answer = await payments.open({ userId: buyer.userId, actor: actorOf(buyer), ...body, idempotencyKey });
      return new Reply({ status: 201, answer });
    },
  });
}

function parseKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (key.length <= idempotencyKeyMax && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new Problem(400, 'bad-key', `Idempotency-Key: 1 to ${idempotencyKeyMax} printable characters`);
}

function quoteRoute(payments: Payments): HttpRoute {
  const price = z.object({
    msat: z.int(),
    fiat: z.object({ currency: z.string(), minor: z.int() }).optional(),
  });
  return defineAction({
    method: 'POST',
    path: '/api/v1/payments/quote',
    operation: 'quotePayment',
    group,
    summary: 'What something would cost',
    description: 'Nothing is written and nothing held.',
    access: reading,
    body: z.strictObject({ purchase }),
    answer: z.object({
      description: z.string(),
      price,
      credit: z.int().describe('Unused value of the present period, in millisatoshi'),
      discountPercent: z.int(),
      amounts: z.array(z.object({ provider: z.string(), currency: z.string(), amount: z.int() })).readonly(),
    }),
    async handle({ caller, body }) {
      return await payments.quote(callerOf({ caller }).userId, body.purchase);
    },
  });
}

function listRoute(payments: Payments): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/payments',
    operation: 'listPayments',
    group,
    summary: 'Your payments',
    description: 'The newest first, fifty a page.',
    access: reading,
    parameters: z.object({ cursor: z.string().max(100).optional() }),
    answer: z.object({ items: z.array(paymentSchema).readonly(), next: z.string().nullable() }),
    async handle({ caller, parameters }) {
      return await payments.list(callerOf({ caller }).userId, parameters.cursor);
    },
  });
}

function showRoute(payments: Payments): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/payments/:id',
    operation: 'getPayment',
    group,
    summary: 'A payment',
    description: 'What is known of it; the provider is not asked.',
    access: reading,
    // A page looks every two seconds until the invoice ends: more often than a free plan may ask.
    isCounted: false,
    parameters: z.object({ id: idParameter }),
    answer: paymentSchema,
    problems: { 404: 'not-found' },
    async handle({ caller, parameters }) {
      return await payments.show(callerOf({ caller }).userId, parameters.id);
    },
  });
}

function checkRoute(payments: Payments): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/payments/:id/check',
    operation: 'checkPayment',
    group,
    summary: 'Ask the provider about a payment',
    description: 'Settles it at once where it was paid.',
    access: writing,
    parameters: z.object({ id: idParameter }),
    body: z.strictObject({}),
    answer: paymentSchema,
    problems: { 404: 'not-found', 503: 'provider-away' },
    async handle({ caller, parameters }) {
      return await payments.check(callerOf({ caller }).userId, parameters.id);
    },
  });
}
