import { Problem } from '@nostrata/http';
import type { Period, Plan, Quote } from '../contract.ts';
import { addMonths, monthsBetween } from './calendar.ts';
import { paidAheadMs, upgradeQuoteMs } from './limits.ts';
import { phaseOf, planAt, type Subscription, unusedMsat } from './phase.ts';
import type { PlanBook } from './plans.ts';

/** What is bought of a plan. */
export interface PlanPurchase {
  readonly plan: string;
  readonly period: Period;
}

/** Months of a period; undefined of one that never ends. */
const monthsOf = { month: 1, year: 12, lifetime: undefined } as const;

const periodWords = { month: 'one month', year: 'one year', lifetime: 'for life' } as const;

/**
 * What a plan costs somebody now. Whoever goes up gets the unused value of the present period taken off, and the new
 * period begins at the moment of the quote: what is credited is not used a second time until the payment settles.
 * @throws Problem
 */
export function quotePlan(
  { plans, subscription }: { readonly plans: PlanBook; readonly subscription: Subscription | undefined },
  purchase: PlanPurchase,
  nowMs: number,
): Quote {
  const plan = plans.find(purchase.plan);
  if (plan === undefined) throw new Problem(422, 'unknown-plan', 'there is no such plan');
  const price = plan.prices[purchase.period];
  if (price === undefined)
    throw new Problem(422, 'no-price', `${plan.name} is not sold ${periodWords[purchase.period]}`);
  const isUpgrade = subscription !== undefined && checkChange(plans, subscription, { purchase, nowMs });
  const creditMsat = isUpgrade ? unusedMsat(subscription, nowMs) : 0;
  if (creditMsat > price.msat) {
    const message = 'what is left of your plan is worth more than this costs: choose a longer period';
    throw new Problem(409, 'credit-exceeds-price', message);
  }
  return {
    description: `${plan.name}, ${periodWords[purchase.period]}`,
    price,
    creditMsat,
    // Credit and discount do not go together: a discount is taken off what is paid anew, not off what was paid before.
    isDiscounted: !isUpgrade,
    terms: {
      graceDays: plan.graceDays,
      creditMsat,
      quotedMs: nowMs,
      basis: isUpgrade ? basisOf(subscription) : null,
    },
  };
}

/** Whether a purchase replaces the present period; that it follows it, or is the first, otherwise. @throws Problem */
function checkChange(
  plans: PlanBook,
  subscription: Subscription,
  { purchase, nowMs }: { readonly purchase: PlanPurchase; readonly nowMs: number },
): boolean {
  const { plan, periodEndMs, isLifetime, suspendedMs } = subscription;
  if (suspendedMs !== null) throw new Problem(403, 'suspended', 'this account is suspended');
  if (isLifetime) throw new Problem(409, 'lifetime', 'your plan never ends');
  if (periodEndMs === null || nowMs >= periodEndMs) return false;
  if (purchase.plan !== plan && plans.rankOf(purchase.plan) < plans.rankOf(plan)) {
    const message = 'this is less than your plan: choose it for the end of the period, and pay it from then on';
    throw new Problem(409, 'downgrade', message);
  }
  const isSame = purchase.plan === plan && purchase.period !== 'lifetime';
  if (isSame && periodEndMs - nowMs > paidAheadMs)
    throw new Problem(409, 'paid-ahead', 'this is paid for years already');
  return !isSame;
}

/** What a credit was computed from: whoever used it in the meantime has another one. */
function basisOf({ plan, periodStartMs, periodEndMs, paidMsat }: Subscription): string {
  return `${plan} ${periodStartMs} ${periodEndMs} ${paidMsat}`;
}

/** A purchase that was paid. */
export interface PaidPlan {
  readonly purchase: PlanPurchase;
  readonly terms: Quote['terms'];
  readonly amountMsat: number;
  readonly settledMs: number;
}

/** The subscription that a paid purchase makes of the one before; a word where it cannot be granted any more. */
export function applyPurchase(
  before: Subscription,
  paid: PaidPlan,
):
  | { readonly ok: true; readonly after: Subscription }
  | { readonly ok: false; readonly reason: 'plan-changed' | 'too-late' } {
  const { purchase, terms, amountMsat, settledMs } = paid;
  if (before.isLifetime) return { ok: false, reason: 'plan-changed' };
  if (terms.basis !== null) {
    const quotedMs = Number(terms.quotedMs);
    if (terms.basis !== basisOf(before)) return { ok: false, reason: 'plan-changed' };
    if (settledMs - quotedMs > upgradeQuoteMs) return { ok: false, reason: 'too-late' };
    return { ok: true, after: begin(before, paid, quotedMs) };
  }
  const { periodEndMs, trialEndMs } = before;
  const isRunning = periodEndMs !== null && settledMs < periodEndMs;
  if (isRunning && (purchase.plan !== before.plan || purchase.period === 'lifetime')) {
    return { ok: false, reason: 'plan-changed' };
  }
  if (isRunning && before.periodStartMs !== null) {
    const endMs = endAfter(before, periodEndMs, purchase.period);
    return { ok: true, after: { ...bought(before, paid), periodEndMs: endMs, paidMsat: before.paidMsat + amountMsat } };
  }
  const phase = phaseOf(before, settledMs);
  if (phase === 'grace' && periodEndMs !== null && purchase.period !== 'lifetime') {
    return { ok: true, after: { ...begin(before, paid, periodEndMs), ...continued(before, purchase, periodEndMs) } };
  }
  const isInTrial = phase === 'trial' && trialEndMs !== null && purchase.plan === before.plan;
  return { ok: true, after: begin(before, paid, isInTrial && purchase.period !== 'lifetime' ? trialEndMs : settledMs) };
}

/** What every purchase changes, wherever its period begins. */
function bought(before: Subscription, { purchase, terms }: PaidPlan): Subscription {
  return {
    ...before,
    plan: purchase.plan,
    period: purchase.period,
    graceDays: Number(terms.graceDays),
    cancelsAtEnd: false,
    nextPlan: null,
    nextPeriod: null,
  };
}

/** A period that begins anew, and months that are counted from there. */
function begin(before: Subscription, paid: PaidPlan, startMs: number): Subscription {
  const months = monthsOf[paid.purchase.period];
  const { trialEndMs } = before;
  return {
    ...bought(before, paid),
    startedMs:
      phaseOf(before, paid.settledMs) === 'none' || isOver(before, paid.settledMs) ? startMs : before.startedMs,
    anchorMs: startMs,
    // A trial that is bought out of ends there.
    trialEndMs: trialEndMs === null ? null : Math.min(trialEndMs, startMs),
    periodStartMs: startMs,
    periodEndMs: months === undefined ? null : addMonths(startMs, months),
    isLifetime: months === undefined,
    paidMsat: paid.amountMsat + Number(paid.terms.creditMsat ?? 0),
  };
}

/** In grace the months go on from the day they were counted from before. */
function continued(before: Subscription, { period }: PlanPurchase, startMs: number): Partial<Subscription> {
  return { anchorMs: before.anchorMs ?? startMs, periodEndMs: endAfter(before, startMs, period) };
}

function endAfter({ anchorMs }: Subscription, endMs: number, period: Period): number {
  const months = monthsOf[period] ?? 0;
  const anchor = anchorMs ?? endMs;
  return addMonths(anchor, monthsBetween(anchor, endMs) + months);
}

function isOver(subscription: Subscription, nowMs: number): boolean {
  return phaseOf(subscription, nowMs) === 'expired';
}

/** The plan that is to follow at the end of the period. @throws Problem */
export function checkDowngrade(
  { plans, subscription }: { readonly plans: PlanBook; readonly subscription: Subscription },
  to: { readonly plan: string; readonly period: Period },
  nowMs: number,
): Plan {
  const plan = plans.find(to.plan);
  if (plan === undefined) throw new Problem(422, 'unknown-plan', 'there is no such plan');
  if (plan.prices[to.period] === undefined) {
    throw new Problem(422, 'no-price', `${plan.name} is not sold ${periodWords[to.period]}`);
  }
  if (phaseOf(subscription, nowMs) !== 'active' || subscription.isLifetime) {
    throw new Problem(409, 'not-active', 'there is no period that something could follow');
  }
  if (plans.rankOf(plan.id) >= plans.rankOf(planAt(subscription, nowMs))) {
    throw new Problem(409, 'no-downgrade', 'this is not less than your plan: buy it');
  }
  return plan;
}
