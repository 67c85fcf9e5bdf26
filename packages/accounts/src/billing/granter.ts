import type { Granter, Purchase } from '../contract.ts';
import type { SubscriptionParts } from './parts.ts';
import { applyPurchase, quotePlan } from './purchase.ts';
import { loadSubscription, lockSubscription, storeSubscription } from './subscription-rows.ts';

/** Why a payment for a plan is owed back, for its buyer. */
const refusals = {
  'plan-changed': 'another payment or an administrator had changed the plan before the payment came',
  'too-late': 'the payment came days after the credit of its quote was counted',
} as const;

/** Sells plans. */
export function createPlanGranter({ database, clock, plans, notices }: SubscriptionParts): Granter {
  return {
    async quote(userId, purchase) {
      const subscription = await loadSubscription(database, userId);
      return quotePlan({ plans, subscription }, planOf(purchase), clock.now());
    },
    async hold() {
      // Nobody else can buy away somebody's plan.
    },
    async grant(transaction, { userId, purchase, terms, amountMsat, settledMs }) {
      const before = await lockSubscription(transaction, userId, { plan: plans.free.id, nowMs: settledMs });
      const result = applyPurchase(before, { purchase: planOf(purchase), terms, amountMsat, settledMs });
      if (!result.ok) return { kind: 'refund', reason: refusals[result.reason] };
      const { after } = result;
      await storeSubscription(transaction, after, settledMs);
      await notices.add(transaction, {
        userId,
        topic: 'subscription.changed',
        payload: { what: 'paid', plan: after.plan, period: after.period, until: after.periodEndMs },
      });
      return {
        kind: 'granted',
        details: { plan: after.plan, period: after.period, from: after.periodStartMs, until: after.periodEndMs },
      };
    },
  };
}

function planOf(purchase: Purchase): Extract<Purchase, { kind: 'plan' }> {
  if (purchase.kind !== 'plan') throw new TypeError('only plans are sold here');
  return purchase;
}
