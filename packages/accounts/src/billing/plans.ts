import { z } from 'zod';
import type { Entitlements, Period, Plan, Price } from '../contract.ts';
import { courtesyDaysMax, plansMax, priceMinorMax, priceMsatMax } from './limits.ts';

/** The plans of an installation, cheapest first; the order says what is an upgrade. */
export interface PlanBook {
  readonly plans: readonly Plan[];
  /** What everybody has who pays nothing. */
  readonly free: Plan;
  find(id: string): Plan | undefined;
  /** Where a plan stands in the order; -1 for one that is not sold any more. */
  rankOf(id: string): number;
}

/** The configuration of plans is wrong: the message names the plan and the field. */
export class PlansError extends Error {
  override readonly name = 'PlansError';
}

/** What a plan entitles to. */
export function entitlementsOfPlan({ id, entitlements, prices }: Plan, isTrial = false): Entitlements {
  const { requests, perSeconds, ...rest } = entitlements;
  const isFree = isTrial || Object.keys(prices).length === 0;
  return { ...rest, plan: id, rate: { name: id, requestsMax: requests, windowMs: perSeconds * 1000, isFree } };
}

/**
 * Reads plans from a JSON value: a list whose first is free. Prices are in whole satoshi and whole smallest units (cents):
 * `{"month": {"sats": 21000, "fiat": {"currency": "usd", "minor": 900}}}`.
 * @throws PlansError
 */
export function parsePlans(value: unknown): PlanBook {
  const result = z.array(z.unknown()).min(1).max(plansMax).safeParse(value);
  if (!result.success) throw new PlansError(`plans must be a list of 1 to ${plansMax} plans`);
  const plans = result.data.map(parsePlan);
  const [free] = plans;
  if (free === undefined) throw new PlansError('plans must have a first plan');
  if (Object.keys(free.prices).length > 0 || free.trialDays > 0) {
    throw new PlansError(`plan ${free.id}: prices: the first plan is the free one and has neither prices nor trial`);
  }
  for (const [index, plan] of plans.entries()) {
    if (plans.findIndex(({ id }) => id === plan.id) < index) {
      throw new PlansError(`plan ${plan.id}: id: another plan has it`);
    }
    if (index > 0 && Object.keys(plan.prices).length === 0) {
      throw new PlansError(`plan ${plan.id}: prices: every plan but the first needs a price`);
    }
  }
  return createPlanBook(plans, free);
}

/** Free, pro, business and lifetime, as an installation sells them that says nothing else. */
export function defaultPlans(): PlanBook {
  return parsePlans(usual);
}

function createPlanBook(plans: readonly Plan[], free: Plan): PlanBook {
  return {
    plans,
    free,
    find: (id) => plans.find((plan) => plan.id === id),
    rankOf: (id) => plans.findIndex((plan) => plan.id === id),
  };
}

const count = (most: number) => z.int().min(0).max(most);

const priceSchema = z
  .strictObject({
    sats: z
      .int()
      .min(1, 'must be at least 1: only the first plan is free')
      .max(priceMsatMax / 1000),
    fiat: z
      .strictObject({
        currency: z.string().regex(/^[a-z]{3}$/, 'must be a currency code in lower case, such as usd'),
        minor: z.int().min(1, 'must be at least 1: only the first plan is free').max(priceMinorMax),
      })
      .optional(),
  })
  .transform(({ sats, fiat }): Price => ({ msat: sats * 1000, fiat }));

const planSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a short word in lower case'),
  name: z.string().min(1).max(60),
  description: z.string().max(500).default(''),
  prices: z
    .strictObject({ month: priceSchema.optional(), year: priceSchema.optional(), lifetime: priceSchema.optional() })
    .default({}),
  trialDays: count(courtesyDaysMax).default(0),
  graceDays: count(courtesyDaysMax).default(0),
  entitlements: z.strictObject({
    names: count(10_000),
    domains: count(10_000),
    apiKeys: count(1000),
    hooks: count(1000),
    scopes: z.array(z.string().regex(/^[a-z]{2,20}:(read|write)$/, 'must be like stats:read')).max(40),
    requests: count(1_000_000_000),
    perSeconds: z.int().min(1).max(86_400),
  }),
});

function parsePlan(value: unknown, index: number): Plan {
  const result = planSchema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new PlansError(`plan ${nameOf(value, index)}: ${field === '' ? '' : `${field}: `}${issue?.message}`);
  }
  const { prices, ...plan } = result.data;
  return { ...plan, prices: Object.fromEntries(pricesIn(prices)) };
}

/** Periods that have a price. */
function pricesIn(prices: Plan['prices']): [Period, Price][] {
  return (['month', 'year', 'lifetime'] as const).flatMap((period): [Period, Price][] => {
    const price = prices[period];
    return price === undefined ? [] : [[period, price]];
  });
}

function nameOf(value: unknown, index: number): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? id.slice(0, 40) : `${index + 1}`;
}

const reading = ['stats:read', 'trust:read', 'names:read', 'account:read'];
const writing = ['names:write', 'domains:read', 'domains:write', 'payments:read', 'payments:write', 'hooks:write'];

const pro = {
  names: 1,
  domains: 1,
  apiKeys: 5,
  hooks: 3,
  scopes: [...reading, ...writing],
  requests: 5000,
  perSeconds: 86_400,
};

const usual = [
  {
    id: 'free',
    name: 'Free',
    description: 'Everything that can be read.',
    entitlements: { names: 0, domains: 0, apiKeys: 1, hooks: 0, scopes: reading, requests: 100, perSeconds: 900 },
  },
  {
    id: 'pro',
    name: 'Pro',
    description: 'A name, a domain of your own and keys for programs.',
    prices: {
      month: { sats: 21_000, fiat: { currency: 'usd', minor: 900 } },
      year: { sats: 210_000, fiat: { currency: 'usd', minor: 9000 } },
    },
    trialDays: 14,
    graceDays: 7,
    entitlements: pro,
  },
  {
    id: 'business',
    name: 'Business',
    description: 'Ten names, ten domains and 10,000 requests a day.',
    prices: {
      month: { sats: 69_000, fiat: { currency: 'usd', minor: 2900 } },
      year: { sats: 690_000, fiat: { currency: 'usd', minor: 29_000 } },
    },
    graceDays: 14,
    entitlements: { ...pro, names: 10, domains: 10, apiKeys: 50, hooks: 20, requests: 10_000 },
  },
  {
    id: 'lifetime',
    name: 'Lifetime',
    description: 'Pro, paid once.',
    prices: { lifetime: { sats: 210_000, fiat: { currency: 'usd', minor: 9900 } } },
    entitlements: pro,
  },
];
