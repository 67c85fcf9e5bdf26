import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGauge } from './gauge.ts';
import { defaultLimits } from './limits.ts';

const limits = { ...defaultLimits, queueEventsFull: 4, queueEventsMax: 6, queueBytesFull: 1_000, queueBytesMax: 2_000 };

/** Whether a promise has resolved by the time that everything under way has run. */
async function isResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => {
    resolved = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return resolved;
}

test('events and bytes are bounded each for itself', () => {
  const byEvents = createGauge(limits);
  const entered = Array.from({ length: 8 }, () => byEvents.enter(1));
  assert.deepEqual(entered, [true, true, true, true, true, true, false, false]);
  const byBytes = createGauge(limits);
  assert.deepEqual([byBytes.enter(1_500), byBytes.enter(501), byBytes.enter(500)], [true, false, true]);
  assert.equal(byBytes.events, 2);
});

test('an event that is larger than the whole queue enters alone', () => {
  const gauge = createGauge(limits);
  assert.equal(gauge.enter(5_000), true);
  assert.equal(gauge.enter(1), false);
  gauge.leave(5_000);
  assert.equal(gauge.enter(1), true);
});

test('what is full is drained when half of it is left, be it events or bytes', async () => {
  const gauge = createGauge(limits);
  assert.equal(await isResolved(gauge.drained()), true);
  for (let n = 0; n < 4; n++) gauge.enter(1);
  assert.equal(gauge.isFull, true);
  const byEvents = gauge.drained();
  gauge.leave(1);
  assert.equal(gauge.isFull, false);
  assert.equal(await isResolved(byEvents), false);
  gauge.leave(1);
  assert.equal(await isResolved(byEvents), true);
  gauge.enter(998);
  const byBytes = gauge.drained();
  gauge.leave(1);
  assert.equal(await isResolved(byBytes), false);
  gauge.leave(998);
  assert.equal(await isResolved(byBytes), true);
});

test('it is empty when the last one has left', async () => {
  const gauge = createGauge(limits);
  assert.equal(await isResolved(gauge.empty()), true);
  gauge.enter(1);
  gauge.enter(1);
  const empty = gauge.empty();
  gauge.leave(1);
  assert.equal(await isResolved(empty), false);
  gauge.leave(1);
  assert.equal(await isResolved(empty), true);
});
