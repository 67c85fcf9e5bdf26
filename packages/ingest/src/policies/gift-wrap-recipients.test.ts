import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createGiftWrapRecipientsPolicy } from './gift-wrap-recipients.ts';

const author = createEventBuilder('wrap');
const policy = createGiftWrapRecipientsPolicy();
const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];

test('a gift wrap has exactly one recipient, stored or ephemeral', () => {
  for (const kind of [1059, 21_059]) {
    const isTaken = (tags: string[][]) => policy.check(author.event({ kind, tags }), { via: 'client' }, 1) === null;
    assert.equal(isTaken([['p', a]]), true);
    assert.equal(
      isTaken([
        ['p', a],
        ['expiration', '1'],
      ]),
      true,
    );
    assert.equal(isTaken([]), false);
    assert.equal(
      isTaken([
        ['p', a],
        ['p', b],
      ]),
      false,
    );
    assert.equal(isTaken([['p', 'somebody']]), false);
  }
});

test('other kinds and imports may name as many as they like', () => {
  const tags = [
    ['p', a],
    ['p', b],
  ];
  assert.equal(policy.check(author.note('', { tags }), { via: 'client' }, 1), null);
  assert.equal(policy.check(author.event({ kind: 1059, tags }), { via: 'import' }, 1), null);
});
