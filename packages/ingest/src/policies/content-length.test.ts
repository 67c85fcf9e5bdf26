import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createContentLengthPolicy } from './content-length.ts';

const author = createEventBuilder('content');
const policy = createContentLengthPolicy(4);

test('content is counted in characters, not in UTF-16 units or bytes', () => {
  const isTaken = (content: string) => policy.check(author.note(content), { via: 'client' }, 1) === null;
  assert.equal(isTaken('abcd'), true);
  assert.equal(isTaken('abcde'), false);
  assert.equal(isTaken('🦩🦩🦩🦩'), true);
  assert.equal(isTaken('🦩🦩🦩🦩🦩'), false);
  assert.equal(isTaken('a🦩b🦩'), true);
  assert.equal(isTaken('a🦩b🦩c'), false);
  // A lone surrogate is one character.
  assert.equal(isTaken('abc\ud800'), true);
  assert.equal(isTaken('abcd\ud800'), false);
});
