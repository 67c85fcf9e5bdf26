import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenBuckets } from './token-buckets.ts';

test('a bucket gives its burst at once and then its rate', () => {
  const clock = { ms: 0 };
  const buckets = createTokenBuckets({ eventsPerSecond: 2, burstEvents: 3 }, () => clock.ms);
  const takeAll = () => {
    let taken = 0;
    while (buckets.take('a')) taken++;
    return taken;
  };
  assert.equal(takeAll(), 3);
  clock.ms += 499;
  assert.equal(takeAll(), 0);
  clock.ms += 1;
  assert.equal(buckets.has('a'), true);
  assert.equal(takeAll(), 1);
  clock.ms += 1_000_000;
  assert.equal(takeAll(), 3);
  clock.ms -= 500_000;
  assert.equal(takeAll(), 0);
  assert.equal(buckets.take('b'), true, 'another key has its own bucket');
});

test('a key in use keeps its bucket however many others come', () => {
  const buckets = createTokenBuckets({ eventsPerSecond: 1, burstEvents: 1 }, () => 0);
  assert.equal(buckets.take('busy'), true);
  for (let other = 0; other < 100_000; other++) {
    buckets.take(`other ${other}`);
    if (other % 10_000 === 0) assert.equal(buckets.take('busy'), false);
  }
});
