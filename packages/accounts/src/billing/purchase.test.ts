import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@nostrata/http';
import { fc, testSeed } from '@nostrata/testing';
import type { Period, Quote } from '../contract.ts';
import { addMonths, dayMs } from './calendar.ts';
import { phaseOf, planAt, type Subscription, unusedMsat } from './phase.ts';
import { defaultPlans } from './plans.ts';
import { applyPurchase, quotePlan } from './purchase.ts';

const plans = defaultPlans();
const at = (text: string): number => Date.parse(`${text}T12:00:00Z`);

function nobody(nowMs: number): Subscription {
  return {
    userId: 'usr_1',
    plan: 'free',
    period: 'none',
    startedMs: nowMs,
    anchorMs: null,
    trialEndMs: null,
    periodStartMs: null,
    periodEndMs: null,
    graceDays: 0,
    isLifetime: false,
    paidMsat: 0,
    cancelsAtEnd: false,
    nextPlan: null,
    nextPeriod: null,
    suspendedMs: null,
  };
}

/** Quotes and pays at once; the amount is the price less the credit. */
function buy(before: Subscription, wanted: `${string} ${Period}`, nowMs: number) {
  const [plan = '', period] = wanted.split(' ');
  const purchase = { plan, period: period as Period };
  const quote = quotePlan({ plans, subscription: before }, purchase, nowMs);
  const amountMsat = quote.price.msat - quote.creditMsat;
  const result = applyPurchase(before, { purchase, terms: quote.terms, amountMsat, settledMs: nowMs });
  assert.ok(result.ok);
  return { after: result.after, quote, amountMsat };
}

const refusedWith = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

test('eleven months of pro and one of business are not twelve of business', () => {
  const nowMs = at('2026-01-31');
  const year = buy(nobody(nowMs), 'pro year', nowMs).after;
  const later = addMonths(nowMs, 1);
  // What is left of the year is worth far more than a month of business: that is not sold for nothing.
  assert.throws(() => buy(year, 'business month', later), refusedWith('credit-exceeds-price'));
  const { after, quote, amountMsat } = buy(year, 'business year', later);
  const unused = Math.floor((210_000_000 * ((year.periodEndMs ?? 0) - later)) / ((year.periodEndMs ?? 0) - nowMs));
  assert.ok(Math.abs(quote.creditMsat - unused) <= 1, 'eleven months of pro at the price of pro');
  assert.equal(amountMsat, 690_000_000 - quote.creditMsat);
  assert.equal(after.periodEndMs, addMonths(later, 12), 'the year that was paid for, not one behind the old one');
  const month = buy(buy(nobody(nowMs), 'pro month', nowMs).after, 'business month', nowMs + 5 * dayMs);
  assert.equal(
    month.after.periodEndMs,
    addMonths(nowMs + 5 * dayMs, 1),
    'a month, no days of pro turned into business',
  );
});

test('a period begins at the end of the one before, of the trial, or now', () => {
  const nowMs = at('2026-01-31');
  const trial = { ...nobody(nowMs), plan: 'pro', trialEndMs: nowMs + 14 * dayMs };
  const inTrial = buy(trial, 'pro month', nowMs + dayMs).after;
  assert.equal(inTrial.periodStartMs, nowMs + 14 * dayMs);
  const first = buy(nobody(nowMs), 'pro month', nowMs).after;
  assert.equal(first.periodEndMs, at('2026-02-28'));
  const renewed = buy(first, 'pro month', at('2026-02-10')).after;
  assert.equal(renewed.periodEndMs, at('2026-03-31'), 'from the day it began with');
  const inGrace = buy(renewed, 'pro month', at('2026-04-03')).after;
  assert.deepEqual([inGrace.periodStartMs, inGrace.periodEndMs], [at('2026-03-31'), at('2026-04-30')]);
  assert.equal(inGrace.paidMsat, 21_000_000, 'what was used up is no credit any more');
  const afterwards = buy(inGrace, 'pro month', at('2026-06-15')).after;
  assert.deepEqual([afterwards.periodStartMs, afterwards.periodEndMs], [at('2026-06-15'), at('2026-07-15')]);
});

test('going down is refused while the period runs and possible in grace', () => {
  const nowMs = at('2026-01-01');
  const business = buy(nobody(nowMs), 'business month', nowMs).after;
  assert.throws(() => buy(business, 'pro month', at('2026-01-10')), refusedWith('downgrade'));
  const chosen = { ...business, nextPlan: 'pro', nextPeriod: 'month' as const };
  assert.equal(planAt(chosen, at('2026-01-31')), 'business');
  assert.equal(planAt(chosen, at('2026-02-02')), 'pro', 'from the end of the period on');
  const { after } = buy(chosen, 'pro month', at('2026-02-02'));
  assert.deepEqual([after.plan, after.periodStartMs, after.nextPlan], ['pro', at('2026-02-01'), null]);
});

test('a credit that was used by another purchase in the meantime is not given twice', () => {
  const nowMs = at('2026-01-01');
  const pro = buy(nobody(nowMs), 'pro year', nowMs).after;
  const purchase = { plan: 'business', period: 'year' } as const;
  const quote = quotePlan({ plans, subscription: pro }, purchase, nowMs);
  const paid = { purchase, terms: quote.terms, amountMsat: quote.price.msat - quote.creditMsat, settledMs: nowMs + 1 };
  const first = applyPurchase(pro, paid);
  assert.ok(first.ok);
  assert.deepEqual(applyPurchase(first.after, paid), { ok: false, reason: 'plan-changed' });
  const late = applyPurchase(pro, { ...paid, settledMs: nowMs + 4 * dayMs });
  assert.deepEqual(late, { ok: false, reason: 'too-late' });
});

test('two invoices for different plans: the second that is paid is owed back', () => {
  const nowMs = at('2026-01-01');
  const quotes = (['pro', 'business'] as const).map((plan) => {
    const purchase = { plan, period: 'month' } as const;
    return { purchase, quote: quotePlan({ plans, subscription: undefined }, purchase, nowMs) };
  });
  let subscription = nobody(nowMs);
  const results = quotes.map(({ purchase, quote }) => {
    const paid = { purchase, terms: quote.terms, amountMsat: quote.price.msat, settledMs: nowMs + 1000 };
    const result = applyPurchase(subscription, paid);
    if (result.ok) subscription = result.after;
    return result.ok;
  });
  assert.deepEqual(results, [true, false]);
});

test('a lifetime is bought once, with what is left taken off', () => {
  const nowMs = at('2026-01-01');
  const pro = buy(nobody(nowMs), 'pro month', nowMs).after;
  const { after, quote } = buy(pro, 'lifetime lifetime', nowMs + 10 * dayMs);
  assert.ok(quote.creditMsat > 0 && quote.creditMsat < 21_000_000);
  assert.equal(phaseOf(after, nowMs + 1e12), 'active');
  assert.throws(() => buy(after, 'pro month', nowMs), refusedWith('lifetime'));
});

const step = fc.record({
  plan: fc.constantFrom('pro', 'business', 'lifetime'),
  period: fc.constantFrom<Period>('month', 'year', 'lifetime'),
  waitMs: fc.integer({ min: -2 * dayMs, max: 90 * dayMs }),
  delayMs: fc.nat({ max: 3 * dayMs }),
  percent: fc.nat(50),
});

test('over random lives nobody gets a day that was not paid for, and credit comes from what was paid', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let nowMs = at('2026-01-31');
      let subscription = nobody(nowMs);
      const life = { money: 0, worthUsed: 0 };
      for (const { plan, period, waitMs, delayMs, percent } of steps) {
        nowMs += waitMs;
        const purchase = { plan, period };
        let quote: Quote;
        try {
          quote = quotePlan({ plans, subscription }, purchase, nowMs);
        } catch (error) {
          assert.ok(error instanceof Problem);
          continue;
        }
        assert.ok(quote.creditMsat >= 0 && quote.creditMsat <= subscription.paidMsat);
        assert.ok(quote.creditMsat <= unusedMsat(subscription, nowMs));
        if (quote.creditMsat > 0) assert.equal(quote.isDiscounted, false);
        const discount = quote.isDiscounted ? Math.floor((quote.price.msat * percent) / 100) : 0;
        const amountMsat = quote.price.msat - discount - quote.creditMsat;
        const settledMs = nowMs + delayMs;
        const before = subscription;
        const result = applyPurchase(before, { purchase, terms: quote.terms, amountMsat, settledMs });
        nowMs = settledMs;
        if (!result.ok) continue;
        subscription = result.after;
        life.money += amountMsat;
        checkGain(before, subscription, { period, settledMs, isUpgrade: quote.terms.basis !== null });
        assert.ok(subscription.paidMsat <= life.money, 'no value that was not money');
        if (quote.terms.basis !== null) assert.equal(subscription.paidMsat, amountMsat + quote.creditMsat);
        if (subscription.isLifetime) break;
      }
    }),
    { seed: testSeed(), numRuns: 500 },
  );
});

/** What one purchase adds to the time that is covered: one period, from where the law says. */
function checkGain(
  before: Subscription,
  after: Subscription,
  {
    period,
    settledMs,
    isUpgrade,
  }: { readonly period: Period; readonly settledMs: number; readonly isUpgrade: boolean },
): void {
  if (period === 'lifetime') return assert.equal(after.isLifetime, true);
  const months = period === 'year' ? 12 : 1;
  const endMs = after.periodEndMs ?? 0;
  const isRunning = before.periodEndMs !== null && settledMs < before.periodEndMs;
  const phase = phaseOf(before, settledMs);
  const fromMs =
    !isUpgrade && (isRunning || phase === 'grace') ? (before.periodEndMs ?? 0) : (after.periodStartMs ?? 0);
  assert.ok(endMs - fromMs <= months * 31 * dayMs && endMs - fromMs >= months * 28 * dayMs, 'one period, no more');
  assert.ok(fromMs <= Math.max(settledMs, before.periodEndMs ?? 0, before.trialEndMs ?? 0), 'nothing begins later');
}
