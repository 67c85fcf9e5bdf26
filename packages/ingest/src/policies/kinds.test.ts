import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import type { Source } from '../contract.ts';
import { createKindsPolicy } from './kinds.ts';

const author = createEventBuilder('kinds');

test('only kinds allowed and not denied are taken, our own events always', () => {
  const policy = createKindsPolicy({ allowed: [1, 7], denied: [7] });
  const prefix = (kind: number, via: Source['via']) => policy.check(author.event({ kind }), { via }, 1)?.prefix;
  assert.equal(prefix(1, 'client'), undefined);
  assert.equal(prefix(7, 'client'), 'blocked');
  assert.equal(prefix(6, 'import'), 'blocked');
  assert.equal(prefix(6, 'own'), undefined);
  assert.deepEqual(policy.information, { limitation: { restricted_writes: true } });
});

test('without kinds allowed all are, but those denied', () => {
  const policy = createKindsPolicy({ denied: [4] });
  assert.equal(policy.check(author.event({ kind: 4 }), { via: 'client' }, 1)?.prefix, 'blocked');
  assert.equal(policy.check(author.event({ kind: 5 }), { via: 'client' }, 1), null);
  assert.equal(policy.information, undefined);
});
