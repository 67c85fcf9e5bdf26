import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenBucket } from './token-bucket.ts';

test('a bucket refills at its rate, up to its burst', () => {
  const bucket = createTokenBucket(10, 20, 0);
  assert.ok(bucket.take(20, 0));
  assert.ok(!bucket.take(1, 0));
  assert.ok(bucket.take(10, 1_000));
  assert.ok(!bucket.take(1, 1_000));
  assert.ok(bucket.take(20, 60_000));
  assert.ok(!bucket.take(1, 60_000));
});

test('a clock that is set back takes nothing away', () => {
  const bucket = createTokenBucket(10, 20, 3_600_000);
  assert.ok(bucket.take(20, 3_600_000));
  assert.ok(!bucket.take(1, 0));
  assert.ok(bucket.take(10, 1_000), 'the rate goes on from the new time');
});
