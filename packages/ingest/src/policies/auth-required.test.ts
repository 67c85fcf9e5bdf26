import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createAuthRequiredPolicy } from './auth-required.ts';

const author = createEventBuilder('auth');
const policy = createAuthRequiredPolicy();

test('a client that has not authenticated is asked to, others are not', () => {
  const event = author.note('');
  assert.equal(policy.check(event, { via: 'client' }, 1)?.prefix, 'auth-required');
  assert.equal(policy.check(event, { via: 'client', authenticated: new Set() }, 1)?.prefix, 'auth-required');
  assert.equal(policy.check(event, { via: 'client', authenticated: new Set(['f'.repeat(64)]) }, 1), null);
  for (const via of ['relay', 'import', 'own'] as const) assert.equal(policy.check(event, { via }, 1), null);
});
