import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, testSeed } from '@nostrata/testing';
import {
  addYears,
  type Cover,
  isServed,
  type NamePhase,
  type NameTimes,
  nextChangeOf,
  phaseOf,
  renewalStart,
  timelineOf,
  usualPeriods,
} from './phases.ts';

const day = 86_400_000;
const order: readonly NamePhase[] = ['held', 'active', 'grace', 'expired', 'quarantine', 'free'];
const none = { heldUntilMs: null, paidUntilMs: null, endedMs: null, freeMs: null } as const;

const time = fc.integer({ min: 0, max: 4_000 * day });
const maybe = fc.option(time);
const times: fc.Arbitrary<NameTimes> = fc.record({
  coverage: fc.constantFrom('paid', 'plan', 'granted'),
  heldUntilMs: maybe,
  paidUntilMs: maybe,
  endedMs: fc.option(time, { freq: 1 }),
  freeMs: maybe,
});
const cover: fc.Arbitrary<Cover> = fc.oneof(time, fc.constant(null), fc.constant(undefined));

test('phases only go forward in time, whatever is stored and covered', () => {
  fc.assert(
    fc.property(times, cover, fc.array(time, { minLength: 2, maxLength: 20 }), (row, covered, moments) => {
      const seen = moments.toSorted((a, b) => a - b).map((nowMs) => order.indexOf(phaseOf(row, covered, { nowMs })));
      for (const [index, rank] of seen.entries()) assert.ok(index === 0 || rank >= (seen[index - 1] ?? 0));
    }),
    { seed: testSeed() },
  );
});

test('the phase changes just when the timeline says so', () => {
  fc.assert(
    fc.property(times, cover, time, (row, covered, nowMs) => {
      const next = nextChangeOf(timelineOf(row, covered), nowMs);
      const now = phaseOf(row, covered, { nowMs });
      if (next === undefined) {
        assert.equal(phaseOf(row, covered, { nowMs: nowMs + 10_000 * day }), now);
        return;
      }
      assert.equal(phaseOf(row, covered, { nowMs: next - 1 }), now);
    }),
    { seed: testSeed() },
  );
});

test('a name is served while paid for or in grace, and never after', () => {
  fc.assert(
    fc.property(time, time, (paidUntilMs, nowMs) => {
      const row: NameTimes = { ...none, coverage: 'paid', paidUntilMs };
      const served = isServed(phaseOf(row, undefined, { nowMs }));
      assert.equal(served, nowMs < paidUntilMs + 30 * day);
    }),
    { seed: testSeed() },
  );
});

test('what ended is never served again, whatever was paid or is covered', () => {
  fc.assert(
    fc.property(times, cover, time, time, (row, covered, endedMs, nowMs) => {
      const phase = phaseOf({ ...row, endedMs }, covered, { nowMs });
      assert.ok(phase === 'quarantine' || phase === 'free');
    }),
    { seed: testSeed() },
  );
});

test('paying makes a name active from any phase, and paid time is never lost in grace', () => {
  fc.assert(
    fc.property(times, time, fc.integer({ min: 1, max: 10 }), (row, nowMs, years) => {
      const start = renewalStart(row, nowMs);
      const paidUntilMs = addYears(start, years);
      const paid: NameTimes = { ...none, coverage: 'paid', paidUntilMs };
      assert.equal(phaseOf(paid, undefined, { nowMs }), 'active');
      const before = row.coverage === 'paid' && row.endedMs === null ? row.paidUntilMs : null;
      if (before !== null && nowMs < before + usualPeriods.graceMs) assert.equal(paidUntilMs, addYears(before, years));
      else assert.equal(paidUntilMs, addYears(nowMs, years));
    }),
    { seed: testSeed() },
  );
});

test('a paid name goes through every phase', () => {
  const row: NameTimes = { ...none, coverage: 'paid', paidUntilMs: 100 * day };
  const phases = [99, 100, 129, 130, 136, 137, 166, 167].map((days) => phaseOf(row, undefined, { nowMs: days * day }));
  assert.deepEqual(phases, ['active', 'grace', 'grace', 'expired', 'expired', 'quarantine', 'quarantine', 'free']);
});

test('a hold that nobody paid for is free when it ends, without quarantine', () => {
  const row: NameTimes = { ...none, coverage: 'paid', heldUntilMs: 1_000 };
  assert.deepEqual(
    [999, 1_000].map((nowMs) => phaseOf(row, undefined, { nowMs })),
    ['held', 'free'],
  );
});

test('a name of a plan lives as long as the plan, grace included, and waits where nobody knows since when it is not covered', () => {
  const row: NameTimes = { ...none, coverage: 'plan' };
  assert.equal(phaseOf(row, null, { nowMs: 10_000 * day }), 'active');
  assert.deepEqual(
    [9, 10, 17, 47].map((days) => phaseOf(row, 10 * day, { nowMs: days * day })),
    ['active', 'expired', 'quarantine', 'free'],
  );
  assert.equal(phaseOf(row, undefined, { nowMs: 10_000 * day }), 'expired');
  assert.equal(phaseOf({ ...row, paidUntilMs: 10 * day }, undefined, { nowMs: 17 * day }), 'quarantine');
});

test('years are those of the calendar, in UTC', () => {
  const at = (text: string): number => Date.parse(`${text}T12:00:00Z`);
  assert.equal(addYears(at('2024-02-29'), 1), at('2025-02-28'));
  assert.equal(addYears(at('2024-02-29'), 4), at('2028-02-29'));
  assert.equal(addYears(at('2025-12-31'), 10), at('2035-12-31'));
});
