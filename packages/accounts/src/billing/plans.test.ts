import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlans, entitlementsOfPlan, PlansError, parsePlans } from './plans.ts';

const entitlements = { names: 0, domains: 0, apiKeys: 0, hooks: 0, scopes: [], requests: 100, perSeconds: 900 };
const free = { id: 'free', name: 'Free', entitlements };
const pro = { id: 'pro', name: 'Pro', prices: { month: { sats: 10 } }, entitlements };

test('the usual plans cost 0, 21,000 and 69,000 sats a month, ten times that a year, and 210,000 for life', () => {
  const { plans, free: first } = defaultPlans();
  assert.equal(first.id, 'free');
  const prices = plans.map(({ id, prices: of }) => [id, of.month?.msat, of.year?.msat, of.lifetime?.msat]);
  assert.deepEqual(prices, [
    ['free', undefined, undefined, undefined],
    ['pro', 21_000_000, 210_000_000, undefined],
    ['business', 69_000_000, 690_000_000, undefined],
    ['lifetime', undefined, undefined, 210_000_000],
  ]);
  const names = plans.map((plan) => entitlementsOfPlan(plan).names);
  assert.deepEqual(names, [0, 1, 10, 1]);
  const [anonymous, , business] = plans.map((plan) => entitlementsOfPlan(plan).rate);
  assert.deepEqual(anonymous, { name: 'free', requestsMax: 100, windowMs: 900_000, isFree: true });
  assert.deepEqual(business, { name: 'business', requestsMax: 10_000, windowMs: 86_400_000, isFree: false });
});

const wrong: readonly (readonly [string, unknown, RegExp])[] = [
  ['no list', {}, /plans must be a list of 1 to 20 plans/],
  ['an empty list', [], /plans must be a list/],
  ['a first plan with a price', [pro], /plan pro: prices: the first plan is the free one/],
  [
    'another plan without one',
    [free, { ...pro, prices: {} }],
    /plan pro: prices: every plan but the first needs a price/,
  ],
  [
    'a price of 0',
    [free, { ...pro, prices: { year: { sats: 0 } } }],
    /plan pro: prices\.year\.sats: must be at least 1/,
  ],
  ['half a satoshi', [free, { ...pro, prices: { month: { sats: 1.5 } } }], /plan pro: prices\.month\.sats/],
  [
    'a fiat price of 0',
    [free, { ...pro, prices: { month: { sats: 1, fiat: { currency: 'usd', minor: 0 } } } }],
    /plan pro: prices\.month\.fiat\.minor/,
  ],
  ['the same id twice', [free, pro, pro], /plan pro: id: another plan has it/],
  ['a field that is none', [free, { ...pro, prize: 1 }], /plan pro: .*prize/],
  ['a grace of years', [free, { ...pro, graceDays: 400 }], /plan pro: graceDays/],
  [
    'a scope that is none',
    [{ ...free, entitlements: { ...entitlements, scopes: ['all'] } }],
    /plan free: entitlements\.scopes/,
  ],
  ['no plan', [null], /plan 1: /],
];

for (const [what, value, message] of wrong) {
  test(`${what} is refused by the name of the plan and the field`, () => {
    assert.throws(
      () => parsePlans(value),
      (error) => error instanceof PlansError && message.test(error.message),
    );
  });
}
