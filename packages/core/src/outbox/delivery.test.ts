import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SendResult } from '@nostrata/network';
import { deliveryOf, judge } from './delivery.ts';

const ok = (accepted: boolean, reason: string): SendResult => ({ type: 'ok', accepted, reason });

test('the kind says how an event is delivered', () => {
  const classes = [1, 0, 3, 10_002, 30_023, 5, 62, 20_001, 1_059].map((kind) => deliveryOf({ kind }));
  assert.deepEqual(classes, [
    'eventual',
    'latest-only',
    'latest-only',
    'latest-only',
    'latest-only',
    'control',
    'control',
    'none',
    'eventual',
  ]);
});

test('OK true, and duplicate in either form, are delivered', () => {
  for (const result of [ok(true, ''), ok(true, 'duplicate: already have it'), ok(false, 'duplicate: have it')]) {
    assert.equal(judge(result, 'eventual', 1).state, 'delivered');
  }
});

test('what trying again cannot change is final', () => {
  for (const prefix of ['blocked', 'invalid', 'pow', 'restricted', 'mute']) {
    assert.equal(judge(ok(false, `${prefix}: no`), 'eventual', 1).state, 'rejected', prefix);
  }
  assert.equal(judge({ type: 'refused', reason: 'local address' }, 'eventual', 1).state, 'rejected');
});

test('what may pass is tried again', () => {
  const results: SendResult[] = [
    ok(false, 'rate-limited: slow down'),
    ok(false, 'error: disk full'),
    ok(false, 'no prefix at all'),
    ok(false, 'auth-required: who are you'),
    { type: 'timeout', reason: '' },
    { type: 'unreachable', reason: '' },
    { type: 'aborted', reason: '' },
  ];
  for (const result of results) assert.equal(judge(result, 'eventual', 1).state, 'retry', result.reason);
});

test('waiting grows by the table of the class, and its last step repeats', () => {
  const waits = (delivery: 'eventual' | 'control', reason: string): number[] =>
    [1, 2, 3, 4, 5, 6, 60].map((attempts) => {
      const verdict = judge(ok(false, reason), delivery, attempts);
      return verdict.state === 'retry' ? verdict.waitMs / 1_000 : -1;
    });
  assert.deepEqual(waits('eventual', 'error: x'), [5, 15, 60, 300, 900, 900, 900]);
  assert.deepEqual(waits('control', 'error: x'), [2, 5, 15, 60, 300, 300, 300]);
  assert.deepEqual(waits('eventual', 'auth-required: x'), [60, 60, 60, 60, 60, 60, 60]);
});

test('an ephemeral event is tried once', () => {
  assert.equal(judge({ type: 'timeout', reason: '' }, 'none', 1).state, 'rejected');
});
