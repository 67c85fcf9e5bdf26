import type { Queryable, SqlRow } from '@nostrata/database';
import type { Period } from '../contract.ts';
import type { Subscription } from './phase.ts';

/** A subscription as it is stored. */
export interface SubscriptionRow extends SqlRow {
  readonly user_id: string;
  readonly plan: string;
  readonly period: string;
  readonly started_ms: number;
  readonly anchor_ms: number | null;
  readonly trial_end_ms: number | null;
  readonly period_start_ms: number | null;
  readonly period_end_ms: number | null;
  readonly grace_days: number;
  readonly is_lifetime: number;
  readonly paid_msat: number;
  readonly cancels_at_end: number;
  readonly next_plan: string | null;
  readonly next_period: string | null;
  readonly suspended_ms: number | null;
  readonly reminded: string;
}

/** Reads a row. */
export function toSubscription(row: SubscriptionRow): Subscription {
  return {
    userId: row.user_id,
    plan: row.plan,
    period: row.period as Subscription['period'],
    startedMs: row.started_ms,
    anchorMs: row.anchor_ms,
    trialEndMs: row.trial_end_ms,
    periodStartMs: row.period_start_ms,
    periodEndMs: row.period_end_ms,
    graceDays: row.grace_days,
    isLifetime: row.is_lifetime === 1,
    paidMsat: row.paid_msat,
    cancelsAtEnd: row.cancels_at_end === 1,
    nextPlan: row.next_plan,
    nextPeriod: row.next_period as Period | null,
    suspendedMs: row.suspended_ms,
  };
}

/** The subscription of a user; undefined of somebody who never had anything. */
export async function loadSubscription(queryable: Queryable, userId: string): Promise<Subscription | undefined> {
  const [row] = await queryable.query<SubscriptionRow>('SELECT * FROM subscription WHERE user_id = $1', [userId]);
  return row && toSubscription(row);
}

/** The subscription of a user, kept from everybody else until the transaction ends; made where there is none. */
export async function lockSubscription(
  transaction: Queryable,
  userId: string,
  made: { readonly plan: string; readonly nowMs: number },
): Promise<Subscription> {
  await transaction.query(
    `INSERT INTO subscription (user_id, plan, period, started_ms, grace_days, is_lifetime, paid_msat, cancels_at_end,
      reminded, updated_ms) VALUES ($1, $2, 'none', $3, 0, 0, 0, 0, '', $3) ON CONFLICT (user_id) DO NOTHING`,
    [userId, made.plan, made.nowMs],
  );
  const [row] = await transaction.query<SubscriptionRow>(
    'UPDATE subscription SET updated_ms = updated_ms WHERE user_id = $1 RETURNING *',
    [userId],
  );
  if (row === undefined) throw new Error('a subscription that was just made is not there');
  return toSubscription(row);
}

/** Writes a subscription that was locked. */
export async function storeSubscription(transaction: Queryable, to: Subscription, nowMs: number): Promise<void> {
  await transaction.query(
    `UPDATE subscription SET plan = $2, period = $3, started_ms = $4, anchor_ms = $5, trial_end_ms = $6,
      period_start_ms = $7, period_end_ms = $8, grace_days = $9, is_lifetime = $10, paid_msat = $11,
      cancels_at_end = $12, next_plan = $13, next_period = $14, suspended_ms = $15, updated_ms = $16
      WHERE user_id = $1`,
    [
      to.userId,
      to.plan,
      to.period,
      to.startedMs,
      to.anchorMs,
      to.trialEndMs,
      to.periodStartMs,
      to.periodEndMs,
      to.graceDays,
      to.isLifetime ? 1 : 0,
      to.paidMsat,
      to.cancelsAtEnd ? 1 : 0,
      to.nextPlan,
      to.nextPeriod,
      to.suspendedMs,
      nowMs,
    ],
  );
}
