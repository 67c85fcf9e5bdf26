import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createPubkeyRatePolicy } from './pubkey-rate.ts';

const author = createEventBuilder('rate');
const rate = { eventsPerSecond: 1, burstEvents: 2 };

test('an author is charged for verified events only, and refused early once he has nothing left', () => {
  const policy = createPubkeyRatePolicy(rate, () => 0);
  const event = author.note('');
  for (let forgery = 0; forgery < 10; forgery++) assert.equal(policy.check(event, { via: 'client' }, 1), null);
  assert.equal(policy.checkVerified?.(event, { via: 'client' }), null);
  assert.equal(policy.checkVerified?.(event, { via: 'client' }), null);
  assert.equal(policy.checkVerified?.(event, { via: 'client' })?.prefix, 'rate-limited');
  assert.equal(policy.check(event, { via: 'client' }, 1)?.prefix, 'rate-limited');
  assert.equal(policy.check(createEventBuilder('other').note(''), { via: 'client' }, 1), null);
});

test('imports, other relays and our own events are not counted', () => {
  const policy = createPubkeyRatePolicy(rate, () => 0);
  for (const via of ['relay', 'import', 'own'] as const) {
    for (let n = 0; n < 5; n++) assert.equal(policy.checkVerified?.(author.note(''), { via }), null);
  }
  assert.equal(policy.check(author.note(''), { via: 'client' }, 1), null);
});
