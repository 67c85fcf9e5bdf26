import { toIso } from '../times.ts';
import { dayMs } from './calendar.ts';
import { courtesyDaysMax, reminderDays, reminderPage } from './limits.ts';
import type { SubscriptionParts } from './parts.ts';
import { graceEndOf, planAt, type Subscription } from './phase.ts';
import { type SubscriptionRow, toSubscription } from './subscription-rows.ts';

/** What people are told of the end of a trial or a period, in the order in which it comes. */
const stages = [...reminderDays.map((days) => `ends-in-${days}` as const), 'grace', 'expired'] as const;

type Stage = (typeof stages)[number];

/**
 * Job: tells everybody whose trial or period ends what comes, each thing once however many processes do it. Who was not
 * told for a while because nothing ran hears the latest only. Returns how many were told.
 */
export async function remind(parts: Pick<SubscriptionParts, 'database' | 'clock' | 'notices'>): Promise<number> {
  const nowMs = parts.clock.now();
  // Whoever ended before the longest grace, and a few days for a job that did not run, has heard everything.
  const fromMs = nowMs - (courtesyDaysMax + 10) * dayMs;
  const toMs = nowMs + reminderDays[0] * dayMs;
  let told = 0;
  for (let cursor = ''; ; ) {
    const rows = await parts.database.query<SubscriptionRow>(
      `SELECT * FROM subscription WHERE user_id > $1 AND is_lifetime = 0 AND suspended_ms IS NULL
        AND COALESCE(period_end_ms, trial_end_ms) > $2 AND COALESCE(period_end_ms, trial_end_ms) <= $3
        ORDER BY user_id LIMIT ${reminderPage}`,
      [cursor, fromMs, toMs],
    );
    for (const row of rows) if (await tell(parts, row, nowMs)) told += 1;
    const last = rows.at(-1);
    if (last === undefined || rows.length < reminderPage) return told;
    cursor = last.user_id;
  }
}

/** What somebody is to be told now; undefined for nothing. */
function stageOf(subscription: Subscription, nowMs: number): Stage | undefined {
  const { periodStartMs, periodEndMs, trialEndMs, startedMs, cancelsAtEnd } = subscription;
  const endMs = periodEndMs ?? trialEndMs;
  if (endMs === null) return undefined;
  if (nowMs >= endMs) return nowMs < (graceEndOf(subscription) ?? endMs) ? 'grace' : 'expired';
  if (cancelsAtEnd) return undefined;
  const beganMs = periodEndMs === null ? startedMs : (periodStartMs ?? startedMs);
  // The nearest that is due; nobody is told of an end in seven days on the day when seven days begin.
  const days = reminderDays.findLast((count) => nowMs >= endMs - count * dayMs && endMs - count * dayMs > beganMs);
  return days === undefined ? undefined : `ends-in-${days}`;
}

async function tell(
  { database, clock, notices }: Pick<SubscriptionParts, 'database' | 'clock' | 'notices'>,
  row: SubscriptionRow,
  nowMs: number,
): Promise<boolean> {
  const subscription = toSubscription(row);
  const stage = stageOf(subscription, nowMs);
  const endMs = subscription.periodEndMs ?? subscription.trialEndMs;
  if (stage === undefined || endMs === null || wasTold(row.reminded, { endMs, stage })) return false;
  return await database.transaction(async (transaction) => {
    const told = await transaction.query(
      `UPDATE subscription SET reminded = $1, updated_ms = $2
        WHERE user_id = $3 AND reminded = $4 AND COALESCE(period_end_ms, trial_end_ms) = $5 RETURNING user_id`,
      [`${endMs} ${stage}`, clock.now(), row.user_id, row.reminded, endMs],
    );
    if (told.length === 0) return false;
    await notices.add(transaction, {
      userId: row.user_id,
      topic: 'subscription.reminder',
      payload: {
        what: stage,
        plan: planAt(subscription, nowMs),
        endsAt: toIso(endMs),
        isTrial: subscription.periodEndMs === null,
      },
    });
    return true;
  });
}

function wasTold(reminded: string, { endMs, stage }: { readonly endMs: number; readonly stage: Stage }): boolean {
  const [end, last = ''] = reminded.split(' ');
  const order: readonly string[] = stages;
  return end === String(endMs) && order.indexOf(last) >= order.indexOf(stage);
}
