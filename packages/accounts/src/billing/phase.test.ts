import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, testSeed } from '@nostrata/testing';
import { addMonths, dayMs, monthsBetween } from './calendar.ts';
import { type Phase, phaseOf, type Subscription, unusedMsat } from './phase.ts';

const t0 = Date.UTC(2026, 0, 1);
const nothing: Subscription = {
  userId: 'usr_1',
  plan: 'pro',
  period: 'none',
  startedMs: t0,
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

test('a trial, a paid period, grace and the end follow each other to the millisecond', () => {
  const subscription = {
    ...nothing,
    trialEndMs: t0 + dayMs,
    periodStartMs: t0 + dayMs,
    periodEndMs: t0 + 3 * dayMs,
    graceDays: 2,
  };
  const ends: readonly (readonly [number, Phase, Phase])[] = [
    [t0 + dayMs, 'trial', 'active'],
    [t0 + 3 * dayMs, 'active', 'grace'],
    [t0 + 5 * dayMs, 'grace', 'expired'],
  ];
  for (const [atMs, last, next] of ends) {
    assert.equal(phaseOf(subscription, atMs - 1), last);
    assert.equal(phaseOf(subscription, atMs), next);
  }
});

test('a lifetime never ends, a trial without payment has no grace, and who had nothing is in no phase', () => {
  assert.equal(phaseOf({ ...nothing, isLifetime: true }, t0 + 1e13), 'active');
  assert.equal(phaseOf({ ...nothing, trialEndMs: t0, graceDays: 30 }, t0), 'expired');
  assert.equal(phaseOf(nothing, t0), 'none');
  assert.equal(phaseOf(undefined, t0), 'none');
});

test('suspension and cancellation change no phase', () => {
  const running = { ...nothing, periodStartMs: t0, periodEndMs: t0 + dayMs };
  const flagged = { ...running, suspendedMs: t0, cancelsAtEnd: true };
  for (const atMs of [t0, t0 + dayMs]) assert.equal(phaseOf(flagged, atMs), phaseOf(running, atMs));
});

const time = fc.integer({ min: 0, max: 400 }).map((days) => t0 + days * dayMs);
const anySubscription = fc
  .record({
    trialEndMs: fc.option(time),
    start: fc.option(time),
    length: fc.integer({ min: 1, max: 400 }),
    graceDays: fc.nat(90),
    isLifetime: fc.boolean(),
    paidMsat: fc.nat({ max: 1_000_000_000_000 }),
  })
  .map(
    ({ start, length, ...rest }): Subscription => ({
      ...nothing,
      ...rest,
      periodStartMs: start,
      periodEndMs: start === null ? null : start + length * dayMs,
    }),
  );

test('phases only go forward', () => {
  const order: readonly Phase[] = ['none', 'trial', 'active', 'grace', 'expired'];
  fc.assert(
    fc.property(anySubscription, time, fc.nat({ max: 500 * dayMs }), (subscription, atMs, laterMs) => {
      const [now, later] = [phaseOf(subscription, atMs), phaseOf(subscription, atMs + laterMs)];
      assert.ok(order.indexOf(later) >= order.indexOf(now), `${now} → ${later}`);
    }),
    { seed: testSeed() },
  );
});

test('unused value is never negative, never more than was paid, and only falls', () => {
  fc.assert(
    fc.property(anySubscription, time, fc.nat({ max: 500 * dayMs }), (subscription, atMs, laterMs) => {
      const [now, later] = [unusedMsat(subscription, atMs), unusedMsat(subscription, atMs + laterMs)];
      assert.ok(Number.isSafeInteger(now) && now >= 0 && now <= subscription.paidMsat);
      assert.ok(later <= now);
    }),
    { seed: testSeed() },
  );
});

test('months end on the last day where there is no such day, and are counted from the first one', () => {
  const date = (text: string) => Date.parse(`${text}T23:30:00.123Z`);
  const table: readonly (readonly [string, number, string])[] = [
    ['2026-01-31', 1, '2026-02-28'],
    ['2028-01-31', 1, '2028-02-29'],
    ['2026-01-31', 2, '2026-03-31'],
    ['2026-01-31', 3, '2026-04-30'],
    ['2026-10-31', 4, '2027-02-28'],
    ['2028-02-29', 12, '2029-02-28'],
    ['2028-02-29', 48, '2032-02-29'],
    ['2026-12-15', 1, '2027-01-15'],
  ];
  for (const [from, months, to] of table) assert.equal(addMonths(date(from), months), date(to), `${from} + ${months}`);
});

test('months keep the time of day, only go forward, and are counted back exactly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.nat(60), (atMs, months) => {
      const end = addMonths(atMs, months);
      assert.equal(end % dayMs, atMs % dayMs);
      assert.ok(addMonths(atMs, months + 1) > end);
      assert.equal(monthsBetween(atMs, end), months);
      assert.ok(end - atMs <= months * 31 * dayMs && end - atMs >= months * 28 * dayMs);
    }),
    { seed: testSeed() },
  );
});
