import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import type { Source } from '../contract.ts';
import { createIpRatePolicy } from './ip-rate.ts';

const event = createEventBuilder('ip').note('');

function open() {
  const policy = createIpRatePolicy({ eventsPerSecond: 1, burstEvents: 1 }, () => 0);
  return (ip: string | undefined, via: Source['via'] = 'client') => policy.check(event, { via, ip }, 1) === null;
}

test('addresses are counted one by one, IPv6 by its network', () => {
  const isTaken = open();
  assert.equal(isTaken('192.0.2.1'), true);
  assert.equal(isTaken('192.0.2.1'), false);
  assert.equal(isTaken('::ffff:192.0.2.1'), false);
  assert.equal(isTaken('192.0.2.2'), true);
  assert.equal(isTaken('2001:db8:0:1::1'), true);
  assert.equal(isTaken('2001:db8:0:1:ffff::2'), false);
  assert.equal(isTaken('2001:0db8::1:0:0:0:9'), false);
  assert.equal(isTaken('2001:db8:0:2::1'), true);
  assert.equal(isTaken('::1'), true);
  assert.equal(isTaken('::2'), false);
});

test('only clients with a known address are counted', () => {
  const isTaken = open();
  for (const via of ['relay', 'import', 'own'] as const) {
    assert.deepEqual([isTaken('192.0.2.1', via), isTaken('192.0.2.1', via)], [true, true]);
  }
  assert.deepEqual([isTaken(undefined), isTaken(undefined)], [true, true]);
});
