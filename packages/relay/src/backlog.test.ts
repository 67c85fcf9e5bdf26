import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, waitUntil } from '@nostrata/testing';
import { createBacklog } from './backlog.ts';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** A backlog whose every value costs four milliseconds. */
function createSlowBacklog(waitingMax = 1_000) {
  const clock = createFakeClock();
  const handled: number[] = [];
  const handle = (value: number) => {
    handled.push(value);
    clock.advance(4);
  };
  const backlog = createBacklog<number>({ handle, now: clock.now, turnMillisecondsMax: 10, waitingMax });
  return { backlog, handled };
}

test('what fits into a turn is handled at once', () => {
  const { backlog, handled } = createSlowBacklog();
  backlog.push([1, 2]);
  assert.deepEqual(handled, [1, 2]);
  backlog.push([3]);
  assert.deepEqual(handled, [1, 2, 3]);
});

test('what does not fit follows in later turns, each value once and before anything newer', async () => {
  const { backlog, handled } = createSlowBacklog();
  backlog.push(range(0, 50));
  assert.deepEqual(handled, [0, 1, 2]);
  backlog.push(range(50, 60));
  assert.deepEqual(handled, [0, 1, 2], 'newer values wait behind older ones');
  let turns = 0;
  const count = () => {
    turns += 1;
    if (handled.length < 60) setImmediate(count);
  };
  setImmediate(count);
  await waitUntil(() => handled.length === 60);
  assert.deepEqual(handled, range(0, 60));
  assert.ok(turns >= 15, `others had ${turns} turns meanwhile`);
});

test('more than may wait is handled at once, and a drain leaves nothing', () => {
  const { backlog, handled } = createSlowBacklog(10);
  backlog.push(range(0, 50));
  assert.deepEqual(handled, range(0, 40));
  backlog.push(range(50, 55));
  assert.deepEqual(handled, range(0, 45));
  backlog.drain();
  assert.deepEqual(handled, range(0, 55));
});

test('values that are pushed while one is handled come after those that wait', () => {
  const handled: number[] = [];
  const handle = (value: number) => {
    handled.push(value);
    if (value === 1) backlog.push([3]);
  };
  const backlog = createBacklog<number>({ handle, now: () => 0, turnMillisecondsMax: 10, waitingMax: 100 });
  backlog.push([1, 2]);
  assert.deepEqual(handled, [1, 2, 3]);
});
