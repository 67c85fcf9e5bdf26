import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { discountOf, usualDiscounts } from './discount.ts';

test('what is not known is no discount', () => {
  for (const nothing of [null, undefined, Number.NaN]) {
    assert.equal(discountOf(nothing, 1_000), 0);
    assert.equal(discountOf(100, nothing), 0);
  }
});

test('discounts rise in steps with the score, for accounts of a month', () => {
  assert.deepEqual(
    [0, 55, 55.1, 80, 80.1, 100].map((score) => discountOf(score, 30)),
    [0, 0, 10, 10, 20, 20],
  );
  assert.equal(discountOf(100, 29.9), 0);
});

test('no policy gives less than nothing or more than its cap, and more trust never costs more', () => {
  const step = fc.record({ above: fc.nat(100), percent: fc.integer({ min: -50, max: 200 }) });
  fc.assert(
    fc.property(fc.array(step), fc.nat(50), fc.tuple(fc.nat(100), fc.nat(100)), (steps, capPercent, scores) => {
      const policy = { ...usualDiscounts, steps, capPercent };
      const [low = 0, high = 0] = scores.toSorted((a, b) => a - b).map((score) => discountOf(score, 100, policy));
      assert.ok(low >= 0 && low <= high && high <= capPercent);
    }),
  );
});
