import { callerOf, defineAction, type HttpRoute } from '@nostrata/http';
import { z } from 'zod';
import type { Plan } from '../contract.ts';
import { actorOf } from '../users.ts';
import { entitlementsOfPlan, type PlanBook } from './plans.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What the routes of plans and subscriptions need. */
export interface BillingRouteParts {
  readonly plans: PlanBook;
  readonly subscriptions: Subscriptions;
  readonly providers: readonly { readonly name: string; readonly kind: 'lightning' | 'card' }[];
  /** Percent that somebody's trust takes off, as payments count it. Never rejects. */
  discountOf(pubkey: string): Promise<number>;
}

/** All routes of plans and subscriptions. */
export function createBillingRoutes(parts: BillingRouteParts): HttpRoute[] {
  const { subscriptions } = parts;
  return [
    plansRoute(parts),
    showRoute(subscriptions),
    trialRoute(subscriptions),
    cancelRoute(subscriptions),
    resumeRoute(subscriptions),
    downgradeRoute(subscriptions),
  ];
}

const group = 'Subscriptions';
const reading = { kind: 'user', scope: 'account:read' } as const;
const writing = { kind: 'user', scope: 'payments:write' } as const;

const entitlements = z.object({
  plan: z.string(),
  names: z.int(),
  domains: z.int(),
  apiKeys: z.int(),
  hooks: z.int(),
  scopes: z.array(z.string()).readonly(),
  rate: z.object({
    name: z.string(),
    requestsMax: z.int(),
    windowMs: z.int(),
    isFree: z.boolean().optional().describe('Then everybody of one address has ten times that together'),
  }),
});

const period = z.enum(['month', 'year', 'lifetime']);
const time = z.string().nullable();

/** A subscription in answers. */
export const subscription = z.object({
  plan: z.string(),
  period: period.nullable(),
  phase: z.enum(['none', 'trial', 'active', 'grace', 'expired', 'suspended']),
  startedAt: time,
  trialEndsAt: time,
  periodStart: time,
  periodEnd: time,
  graceEndsAt: time,
  isLifetime: z.boolean(),
  cancelsAtEnd: z.boolean(),
  next: z.object({ plan: z.string(), period }).nullable(),
  entitlements,
});

const price = z.object({ msat: z.int(), fiat: z.object({ currency: z.string(), minor: z.int() }).optional() });

const planAnswer = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  prices: z.object({ month: price.optional(), year: price.optional(), lifetime: price.optional() }),
  trialDays: z.int(),
  graceDays: z.int(),
  entitlements,
});

function plansRoute({ plans, providers, discountOf }: BillingRouteParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/plans',
    operation: 'listPlans',
    group,
    summary: 'Plans, prices and ways to pay',
    description: 'The cheapest first; the first is free. `discountPercent` is of whoever is signed in.',
    access: { kind: 'anyone' },
    answer: z.object({
      items: z.array(planAnswer).readonly(),
      providers: z.array(z.object({ name: z.string(), kind: z.enum(['lightning', 'card']) })).readonly(),
      discountPercent: z.int().nullable(),
    }),
    async handle({ caller }) {
      return {
        items: plans.plans.map(showPlan),
        providers: providers.map(({ name, kind }) => ({ name, kind })),
        discountPercent: caller?.pubkey === undefined ? null : await discountOf(caller.pubkey),
      };
    },
  });
}

function showPlan(plan: Plan): z.output<typeof planAnswer> {
  const { id, name, description, prices, trialDays, graceDays } = plan;
  return { id, name, description, prices, trialDays, graceDays, entitlements: entitlementsOfPlan(plan) };
}

function showRoute(subscriptions: Subscriptions): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/subscription',
    operation: 'getSubscription',
    group,
    summary: 'Your subscription',
    description: 'Its phase at this moment, and what it entitles to.',
    access: reading,
    answer: subscription,
    handle: async ({ caller }) => await subscriptions.show(callerOf({ caller }).userId),
  });
}

function trialRoute(subscriptions: Subscriptions): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/subscription/trial',
    operation: 'startTrial',
    group,
    summary: 'Try a plan',
    description: 'Once, and before anything was paid. It ends by itself.',
    access: writing,
    body: z.strictObject({ plan: z.string().max(40) }),
    answer: subscription,
    problems: { 409: 'trial-used', 422: 'no-trial' },
    handle: async ({ caller, body }) =>
      await subscriptions.startTrial(callerOf({ caller }).userId, body.plan, actorOf(callerOf({ caller }))),
  });
}

function cancelRoute(subscriptions: Subscriptions): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/subscription/cancel',
    operation: 'cancelSubscription',
    group,
    summary: 'Let it end',
    description: 'What was paid for works to its end; nobody is reminded any more.',
    access: writing,
    body: z.strictObject({}),
    answer: subscription,
    problems: { 409: 'not-active' },
    handle: async ({ caller }) =>
      await subscriptions.cancel(callerOf({ caller }).userId, actorOf(callerOf({ caller }))),
  });
}

function resumeRoute(subscriptions: Subscriptions): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/subscription/resume',
    operation: 'resumeSubscription',
    group,
    summary: 'Take back a cancellation or a downgrade',
    description: 'As long as the period has not ended, everything stays as it was.',
    access: writing,
    body: z.strictObject({}),
    answer: subscription,
    problems: { 409: 'not-changed' },
    handle: async ({ caller }) =>
      await subscriptions.resume(callerOf({ caller }).userId, actorOf(callerOf({ caller }))),
  });
}

function downgradeRoute(subscriptions: Subscriptions): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/subscription/downgrade',
    operation: 'downgradeSubscription',
    group,
    summary: 'Choose a lesser plan for the end of the period',
    description: 'It counts from the end of the period on and is paid from then on, in the days of grace.',
    access: writing,
    body: z.strictObject({ plan: z.string().max(40), period: period.default('month') }),
    answer: subscription,
    problems: { 409: 'no-downgrade', 422: 'no-price' },
    handle: async ({ caller, body }) =>
      await subscriptions.downgrade(callerOf({ caller }).userId, body, actorOf(callerOf({ caller }))),
  });
}
