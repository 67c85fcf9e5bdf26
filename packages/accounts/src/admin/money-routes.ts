import type { Database } from '@nostrata/database';
import { callerOf, defineAction, type HttpRoute } from '@nostrata/http';
import { z } from 'zod';
import type { AuditLog } from '../contract.ts';
import { paymentSchema } from '../payments/routes.ts';
import { actorOf } from '../users.ts';
import { changing, group, looking } from './access.ts';
import type { AdminPayments, AdminPlans } from './contract.ts';
import { noteCharsMax } from './limits.ts';

/** What the routes about money serve. */
export interface AdminMoneyRoutesParts {
  readonly payments: AdminPayments;
  readonly plans: AdminPlans;
  readonly database: Database;
  readonly audit: AuditLog;
}

const id = z.object({ id: z.string().max(64) });
const cursor = z.string().max(120).optional();
const refundAnswer = z.object({
  id: z.string(),
  paymentId: z.string(),
  userId: z.string(),
  currency: z.string(),
  amount: z.int(),
  reason: z.string(),
  state: z.enum(['open', 'refunded']),
  createdAt: z.string(),
  closedAt: z.string().nullable(),
  note: z.string().nullable(),
});

/** The routes about payments, refunds and plans. */
export function createAdminMoneyRoutes(parts: AdminMoneyRoutesParts): HttpRoute[] {
  return [paymentsAction(parts), checkAction(parts), refundsAction(parts), closeAction(parts), plansAction(parts)];
}

function paymentsAction({ payments }: AdminMoneyRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/payments',
    operation: 'adminListPayments',
    group,
    summary: 'Payments of everybody, the newest first',
    description: 'All states unless told.',
    access: looking,
    parameters: z.object({
      state: z.enum(['pending', 'processing', 'settled', 'expired', 'failed']).optional(),
      userId: z.string().max(40).optional(),
      cursor,
    }),
    answer: z.object({
      items: z.array(paymentSchema.extend({ userId: z.string() })).readonly(),
      next: z.string().nullable(),
    }),
    handle: async ({ parameters }) => await payments.list(parameters),
  });
}

function checkAction({ payments, database, audit }: AdminMoneyRoutesParts): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/admin/payments/:id/check',
    operation: 'adminCheckPayment',
    group,
    summary: 'Ask the provider about a payment now',
    description: 'What came of it is worked on as if the provider had told by itself.',
    access: changing,
    parameters: id,
    body: z.strictObject({}),
    answer: paymentSchema,
    problems: { 404: 'not-found', 503: 'provider-away' },
    async handle(asked) {
      const answer = await payments.check(asked.parameters.id);
      await database.transaction((transaction) =>
        audit.append(transaction, {
          actor: actorOf(callerOf(asked)),
          action: 'payment.checked',
          entity: `payment:${answer.id}`,
          details: { state: answer.state },
        }),
      );
      return answer;
    },
  });
}

function refundsAction({ payments }: AdminMoneyRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/refunds',
    operation: 'adminListRefunds',
    group,
    summary: 'Money that is owed back',
    description: 'What came too late, twice or too much; it is paid back by hand.',
    access: looking,
    parameters: z.object({ state: z.enum(['open', 'refunded']).optional(), cursor }),
    answer: z.object({ items: z.array(refundAnswer).readonly(), next: z.string().nullable() }),
    handle: async ({ parameters }) => await payments.refunds(parameters),
  });
}

function closeAction({ payments }: AdminMoneyRoutesParts): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/admin/refunds/:id/close',
    operation: 'adminCloseRefund',
    group,
    summary: 'Note that a refund was paid',
    description: 'Once; `note` says how it was paid.',
    access: changing,
    parameters: id,
    body: z.strictObject({
      note: z
        .string()
        .trim()
        .min(1)
        .max(noteCharsMax)
        .regex(/^\P{Cc}+$/u, 'no control characters'),
    }),
    answer: refundAnswer,
    problems: { 404: 'not-found', 409: 'closed' },
    handle: async (asked) => {
      const closing = { note: asked.body.note, actor: actorOf(callerOf(asked)) };
      return await payments.closeRefund(asked.parameters.id, closing);
    },
  });
}

function plansAction({ plans, database }: AdminMoneyRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/plans',
    operation: 'adminListPlans',
    group,
    summary: 'Plans and how many people have them',
    description:
      'As the configuration has them. `people` counts those whose subscription names the plan, ended or not.',
    access: looking,
    answer: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          trialDays: z.int(),
          graceDays: z.int(),
          isSold: z.boolean(),
          people: z.int(),
        }),
      ),
    }),
    async handle() {
      const rows = await database.query<{ plan: string; people: number }>(
        'SELECT plan, COUNT(*) AS people FROM subscription GROUP BY plan ORDER BY plan',
      );
      const people = new Map(rows.map((row) => [row.plan, Number(row.people)]));
      const sold = plans.plans.map(({ id, name, trialDays, graceDays }) => {
        return { id, name, trialDays, graceDays, isSold: true, people: people.get(id) ?? 0 };
      });
      const gone = [...people].filter(([id]) => !sold.some((plan) => plan.id === id));
      const old = gone.map(([id, count]) => {
        return { id, name: id, trialDays: 0, graceDays: 0, isSold: false, people: count };
      });
      return { items: [...sold, ...old] };
    },
  });
}
