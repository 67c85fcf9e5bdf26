import { Problem } from '@nostrata/http';
import type { EntitlementReads, Entitlements, Period } from '../contract.ts';
import { toIsoOrNull } from '../times.ts';
import { dayMs } from './calendar.ts';
import type { SubscriptionParts } from './parts.ts';
import { graceEndOf, isLive, type Phase, phaseOf, planAt, type Subscription } from './phase.ts';
import { entitlementsOfPlan, type PlanBook } from './plans.ts';
import { checkDowngrade } from './purchase.ts';
import { remind } from './reminders.ts';
import { loadSubscription, lockSubscription, storeSubscription } from './subscription-rows.ts';

/** A subscription as its owner sees it. Times are ISO 8601 in UTC. */
export interface SubscriptionAnswer {
  readonly plan: string;
  readonly period: Period | null;
  readonly phase: Phase | 'suspended';
  readonly startedAt: string | null;
  readonly trialEndsAt: string | null;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly graceEndsAt: string | null;
  readonly isLifetime: boolean;
  readonly cancelsAtEnd: boolean;
  readonly next: { readonly plan: string; readonly period: Period } | null;
  readonly entitlements: Entitlements;
}

/** Somebody of the administration and what they give. */
export interface PlanGrant {
  readonly plan: string;
  /** Null for ever. */
  readonly untilMs: number | null;
}

/** What people have and may do. Nothing is remembered: every answer comes from the row and the clock. */
export interface Subscriptions extends EntitlementReads {
  load(userId: string): Promise<Subscription | undefined>;
  show(userId: string): Promise<SubscriptionAnswer>;
  /** The only trial of a user. @throws Problem 409, 422 */
  startTrial(userId: string, plan: string, actor?: string): Promise<SubscriptionAnswer>;
  /** Nobody is reminded any more, and nothing follows the period. @throws Problem 409 */
  cancel(userId: string, actor?: string): Promise<SubscriptionAnswer>;
  resume(userId: string, actor?: string): Promise<SubscriptionAnswer>;
  downgrade(userId: string, to: PlanChoice, actor?: string): Promise<SubscriptionAnswer>;
  /** Gives a plan without money. @param actor as in the audit log @throws Problem 409 where paid time would be lost */
  grant(userId: string, grant: PlanGrant, actor: string): Promise<SubscriptionAnswer>;
  suspend(userId: string, actor: string): Promise<SubscriptionAnswer>;
  /** Job: tells people of ends that come and came. Returns how many were told. */
  remind(): Promise<number>;
  /** Ends a suspension. */
  restore(userId: string, actor: string): Promise<SubscriptionAnswer>;
}

/** What is to follow the period. */
interface PlanChoice {
  readonly plan: string;
  readonly period: Period;
}

interface Change {
  readonly userId: string;
  readonly actor: string;
  readonly action: string;
}

/** Creates them. */
export function createSubscriptions(parts: SubscriptionParts): Subscriptions {
  const { database, clock, plans } = parts;
  const show = (subscription: Subscription | undefined) => toAnswer(parts, subscription);
  const change = async (what: Change, step: (before: Subscription, nowMs: number) => Subscription) =>
    show(await changeSubscription(parts, what, step));
  const cancel = (userId: string, actor = `user:${userId}`) =>
    change({ userId, actor, action: 'subscription.cancelled' }, toCancelled);
  return {
    load: (userId) => loadSubscription(database, userId),
    show: async (userId) => show(await loadSubscription(database, userId)),
    entitlementsOf: async (userId) => entitlementsAt(parts, await loadSubscription(database, userId), clock.now()),
    coveredUntil: async (userId) => coveredUntil(await loadSubscription(database, userId)),
    startTrial: (userId, plan, actor = `user:${userId}`) =>
      change({ userId, actor, action: 'subscription.trial-started' }, (before, nowMs) =>
        toTrial(plans, before, { plan, nowMs }),
      ),
    cancel,
    resume: (userId, actor = `user:${userId}`) =>
      change({ userId, actor, action: 'subscription.resumed' }, (before) => {
        if (!before.cancelsAtEnd && before.nextPlan === null) throw notChanged('nothing is cancelled');
        return { ...before, cancelsAtEnd: false, nextPlan: null, nextPeriod: null };
      }),
    downgrade: async (userId, to, actor = `user:${userId}`) => {
      if (to.plan === plans.free.id) return await cancel(userId, actor);
      return await change({ userId, actor, action: 'subscription.downgrade-chosen' }, (before, nowMs) => {
        checkDowngrade({ plans, subscription: before }, to, nowMs);
        return { ...before, cancelsAtEnd: false, nextPlan: to.plan, nextPeriod: to.period };
      });
    },
    grant: (userId, grant, actor) =>
      change({ userId, actor, action: 'subscription.granted' }, (before, nowMs) =>
        toGranted(plans, before, { ...grant, nowMs }),
      ),
    remind: () => remind(parts),
    suspend: (userId, actor) =>
      change({ userId, actor, action: 'subscription.suspended' }, (before, nowMs) => {
        if (before.suspendedMs !== null) throw notChanged('it is suspended already');
        return { ...before, suspendedMs: nowMs };
      }),
    restore: (userId, actor) =>
      change({ userId, actor, action: 'subscription.restored' }, (before) => {
        if (before.suspendedMs === null) throw notChanged('it is not suspended');
        return { ...before, suspendedMs: null };
      }),
  };
}

async function changeSubscription(
  { database, clock, plans, audit, notices }: SubscriptionParts,
  { userId, actor, action }: Change,
  step: (before: Subscription, nowMs: number) => Subscription,
): Promise<Subscription> {
  return await database.transaction(async (transaction) => {
    const nowMs = clock.now();
    const before = await lockSubscription(transaction, userId, { plan: plans.free.id, nowMs });
    const after = step(before, nowMs);
    await storeSubscription(transaction, after, nowMs);
    const details = { plan: planAt(after, nowMs), phase: phaseOf(after, nowMs), next: after.nextPlan };
    await notices.add(transaction, {
      userId,
      topic: 'subscription.changed',
      payload: { what: action.slice('subscription.'.length), ...details },
    });
    await audit.append(transaction, { actor, action, entity: `subscription:${userId}`, details });
    return after;
  });
}

function toTrial(
  plans: PlanBook,
  before: Subscription,
  asked: { readonly plan: string; readonly nowMs: number },
): Subscription {
  const plan = plans.find(asked.plan);
  if (plan === undefined) throw new Problem(422, 'unknown-plan', 'there is no such plan');
  if (plan.trialDays === 0) throw new Problem(422, 'no-trial', `${plan.name} has no trial`);
  if (before.suspendedMs !== null) throw new Problem(403, 'suspended', 'this account is suspended');
  if (before.trialEndMs !== null || before.periodEndMs !== null || before.isLifetime) {
    throw new Problem(409, 'trial-used', 'a trial comes before everything else, and once');
  }
  const trialEndMs = asked.nowMs + plan.trialDays * dayMs;
  return { ...before, plan: plan.id, startedMs: asked.nowMs, trialEndMs };
}

function toCancelled(before: Subscription, nowMs: number): Subscription {
  const phase = phaseOf(before, nowMs);
  if (before.isLifetime) throw new Problem(409, 'lifetime', 'your plan never ends');
  if (phase === 'none' || phase === 'expired') throw new Problem(409, 'not-active', 'there is nothing to cancel');
  if (before.cancelsAtEnd) throw notChanged('it is cancelled already');
  return { ...before, cancelsAtEnd: true, nextPlan: null, nextPeriod: null };
}

function toGranted(
  plans: PlanBook,
  before: Subscription,
  { plan: id, untilMs, nowMs }: PlanGrant & { readonly nowMs: number },
): Subscription {
  const plan = plans.find(id);
  if (plan === undefined) throw new Problem(422, 'unknown-plan', 'there is no such plan');
  if (untilMs !== null && untilMs <= nowMs) throw new Problem(422, 'bad-time', 'the end must lie ahead');
  const isPaidFor = before.paidMsat > 0 && phaseOf(before, nowMs) !== 'expired';
  if (isPaidFor && (before.isLifetime || plan.id !== before.plan || isSooner(untilMs, before.periodEndMs))) {
    throw new Problem(409, 'paid-time', 'paid time would be lost: grant the same plan, and a later end');
  }
  const isFree = plan.id === plans.free.id;
  return {
    ...before,
    plan: plan.id,
    period: isPaidFor ? before.period : 'granted',
    startedMs: isPaidFor ? before.startedMs : nowMs,
    anchorMs: isFree ? null : untilMs,
    trialEndMs: before.trialEndMs === null ? null : Math.min(before.trialEndMs, nowMs),
    periodStartMs: isFree ? null : isPaidFor ? before.periodStartMs : nowMs,
    periodEndMs: isFree ? null : untilMs,
    graceDays: plan.graceDays,
    isLifetime: !isFree && untilMs === null,
    paidMsat: isPaidFor ? before.paidMsat : 0,
    cancelsAtEnd: false,
    nextPlan: null,
    nextPeriod: null,
  };
}

function isSooner(untilMs: number | null, endMs: number | null): boolean {
  return untilMs !== null && endMs !== null && untilMs < endMs;
}

function notChanged(message: string): Problem {
  return new Problem(409, 'not-changed', message);
}

/** What somebody may do: what the plan gives while it is live, and what everybody has otherwise. */
function entitlementsAt(
  { plans, logger }: Pick<SubscriptionParts, 'plans' | 'logger'>,
  subscription: Subscription | undefined,
  nowMs: number,
): Entitlements {
  if (subscription === undefined || !isLive(subscription, nowMs)) return entitlementsOfPlan(plans.free);
  const id = planAt(subscription, nowMs);
  const plan = plans.find(id);
  if (plan === undefined) logger.warn({ plan: id }, 'a plan that people have is not configured any more');
  const isTrial = subscription.paidMsat === 0 && phaseOf(subscription, nowMs) === 'trial';
  return entitlementsOfPlan(plan ?? plans.free, isTrial);
}

function coveredUntil(subscription: Subscription | undefined): number | null | undefined {
  if (subscription === undefined) return undefined;
  const { suspendedMs, isLifetime, trialEndMs } = subscription;
  if (suspendedMs !== null) return suspendedMs;
  if (isLifetime) return null;
  return graceEndOf(subscription) ?? trialEndMs ?? undefined;
}

function toAnswer(parts: SubscriptionParts, subscription: Subscription | undefined): SubscriptionAnswer {
  const nowMs = parts.clock.now();
  const phase = phaseOf(subscription, nowMs);
  const { nextPlan = null, nextPeriod = null, period = 'none' } = subscription ?? {};
  return {
    plan: subscription === undefined ? parts.plans.free.id : planAt(subscription, nowMs),
    period: period === 'none' || period === 'granted' ? null : period,
    phase: subscription !== undefined && subscription.suspendedMs !== null ? 'suspended' : phase,
    startedAt: phase === 'none' ? null : toIsoOrNull(subscription?.startedMs),
    trialEndsAt: toIsoOrNull(subscription?.trialEndMs),
    periodStart: toIsoOrNull(subscription?.periodStartMs),
    periodEnd: toIsoOrNull(subscription?.periodEndMs),
    graceEndsAt: subscription === undefined ? null : toIsoOrNull(graceEndOf(subscription)),
    isLifetime: subscription?.isLifetime ?? false,
    cancelsAtEnd: subscription?.cancelsAtEnd ?? false,
    next: nextPlan === null || nextPeriod === null ? null : { plan: nextPlan, period: nextPeriod },
    entitlements: entitlementsAt(parts, subscription, nowMs),
  };
}
