import type { Period } from '../contract.ts';
import { dayMs } from './calendar.ts';

/** What the rest of a subscription's life follows from; all times in milliseconds since 1970. */
export interface Subscription {
  readonly userId: string;
  readonly plan: string;
  /** `none` of one that only ever had a trial or nothing, `granted` of one that an admin gave. */
  readonly period: Period | 'none' | 'granted';
  readonly startedMs: number;
  /** The day and time that months are counted from. */
  readonly anchorMs: number | null;
  /** The end of the only trial; kept for ever, as nobody has two. */
  readonly trialEndMs: number | null;
  /** What `paidMsat` was paid for begins and ends here; no end of a lifetime. */
  readonly periodStartMs: number | null;
  readonly periodEndMs: number | null;
  readonly graceDays: number;
  readonly isLifetime: boolean;
  /** What was given for this period: money, and credit that was money before. */
  readonly paidMsat: number;
  readonly cancelsAtEnd: boolean;
  /** What is wanted after the end of the period. */
  readonly nextPlan: string | null;
  readonly nextPeriod: Period | null;
  readonly suspendedMs: number | null;
}

/** Where a subscription stands. Suspension and cancellation at the end are flags besides it. */
export type Phase = 'none' | 'trial' | 'active' | 'grace' | 'expired';

/** The end of grace; undefined where no period ends. */
export function graceEndOf({ periodEndMs, graceDays }: Subscription): number | undefined {
  return periodEndMs === null ? undefined : periodEndMs + graceDays * dayMs;
}

/** The phase at a time: nothing but times decides, and no job has to have run. */
export function phaseOf(subscription: Subscription | undefined, nowMs: number): Phase {
  if (subscription === undefined) return 'none';
  const { trialEndMs, periodEndMs, isLifetime } = subscription;
  if (trialEndMs === null && periodEndMs === null && !isLifetime) return 'none';
  if (trialEndMs !== null && nowMs < trialEndMs) return 'trial';
  if (isLifetime) return 'active';
  if (periodEndMs !== null && nowMs < periodEndMs) return 'active';
  const graceEndMs = graceEndOf(subscription);
  return graceEndMs !== undefined && nowMs < graceEndMs ? 'grace' : 'expired';
}

/** Whether everything of the plan works. */
export function isLive(subscription: Subscription | undefined, nowMs: number): boolean {
  const phase = phaseOf(subscription, nowMs);
  return (phase === 'trial' || phase === 'active' || phase === 'grace') && subscription?.suspendedMs === null;
}

/** The plan that counts at a time: from the end of the period on the one that was chosen to follow. */
export function planAt({ plan, nextPlan, periodEndMs, isLifetime }: Subscription, nowMs: number): string {
  const hasEnded = !isLifetime && periodEndMs !== null && nowMs >= periodEndMs;
  return hasEnded ? (nextPlan ?? plan) : plan;
}

/**
 * What the time that is left was paid with: paid · remaining / total, in whole millisatoshi rounded down. Never below 0
 * and never more than was paid; nothing of a lifetime, whose rest has no length.
 */
export function unusedMsat({ periodStartMs, periodEndMs, isLifetime, paidMsat }: Subscription, nowMs: number): number {
  if (isLifetime || periodStartMs === null || periodEndMs === null || periodEndMs <= periodStartMs) return 0;
  const total = periodEndMs - periodStartMs;
  const remaining = Math.min(Math.max(periodEndMs - nowMs, 0), total);
  // The product exceeds 2^53: 10^12 msat times 10^11 ms.
  return Number((BigInt(paidMsat) * BigInt(remaining)) / BigInt(total));
}
