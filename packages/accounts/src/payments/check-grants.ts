import type { Database } from '@nostrata/database';
import { type SubscriptionRow, toSubscription } from '../billing/subscription-rows.ts';
import type { Note } from './findings.ts';
import { checkPage, findingsMax } from './limits.ts';

/** Compares what people have with what payments and admins gave them: no plan and no name without either. */
export async function checkGrants(database: Database, note: Note): Promise<void> {
  for (let cursor = ''; ; ) {
    const rows = await database.query<SubscriptionRow>(
      `SELECT * FROM subscription WHERE user_id > $1 ORDER BY user_id LIMIT ${checkPage}`,
      [cursor],
    );
    for (const row of rows) await checkSubscription(database, row, note);
    const last = rows.at(-1);
    if (last === undefined || rows.length < checkPage) break;
    cursor = last.user_id;
  }
  const names = await database.query<{ name_id: string }>(
    `SELECT name_id FROM name_change WHERE what = 'paid'
      AND NOT EXISTS (SELECT 1 FROM entitlement WHERE entitlement.payment_id = name_change.evidence)
      ORDER BY name_id LIMIT ${findingsMax}`,
  );
  for (const { name_id } of names)
    note('name-unpaid', `name:${name_id}`, 'it was prolonged by a payment that bought nothing');
}

async function checkSubscription(database: Database, { user_id }: SubscriptionRow, note: Note): Promise<void> {
  await database.transaction(async (transaction) => {
    const [row] = await transaction.query<SubscriptionRow>('SELECT * FROM subscription WHERE user_id = $1', [user_id]);
    if (row === undefined) return;
    const entity = `subscription:${user_id}`;
    const { plan, periodEndMs, isLifetime, trialEndMs, paidMsat } = toSubscription(row);
    const audited = await transaction.query<{ action: string }>('SELECT action FROM audit_log WHERE entity = $1', [
      entity,
    ]);
    const isTold = (action: string) => audited.some((entry) => entry.action === action);
    const bought = await transaction.query<{ granted: string; quote: string }>(
      `SELECT entitlement.granted AS granted, payment.quote AS quote FROM entitlement
        JOIN payment ON payment.id = entitlement.payment_id WHERE entitlement.user_id = $1`,
      [user_id],
    );
    if (trialEndMs !== null && !isTold('subscription.trial-started')) {
      note('trial-unknown', entity, 'it has a trial that nobody started');
    }
    const hasPeriod = periodEndMs !== null || isLifetime;
    const isBought = bought.some(({ granted }) => {
      const given: unknown = JSON.parse(granted);
      return isGrantOf(given, { plan, untilMs: periodEndMs });
    });
    if (hasPeriod && !isBought && !isTold('subscription.granted')) {
      note('subscription-unpaid', entity, 'it has a period that no payment and no admin gave');
    }
    const paid = bought.reduce((sum, { quote }) => sum + Number(JSON.parse(quote).amountMsat), 0);
    if (paidMsat > paid) note('subscription-value', entity, `it is worth ${paidMsat} msat, and ${paid} were paid`);
  });
}

function isGrantOf(given: unknown, wanted: { readonly plan: string; readonly untilMs: number | null }): boolean {
  if (typeof given !== 'object' || given === null || !('plan' in given) || !('until' in given)) return false;
  return given.plan === wanted.plan && given.until === wanted.untilMs;
}
