import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createEventSizePolicy } from './event-size.ts';

const policy = createEventSizePolicy(1_000);

test('an event may be as large as the bound and no larger', () => {
  const event = createEventBuilder('size').note('');
  assert.equal(policy.check(event, { via: 'client' }, 1_000), null);
  assert.equal(policy.check(event, { via: 'import' }, 1_001)?.message, 'the event is larger than 1000 bytes');
});
