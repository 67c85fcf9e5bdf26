import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createTagCountPolicy } from './tag-count.ts';

const author = createEventBuilder('tags');
const policy = createTagCountPolicy(5_000);

test('an event may have as many tags as the bound and no more', () => {
  const tags = Array.from({ length: 5_001 }, (_, place) => ['t', `${place}`]);
  assert.equal(policy.check(author.note('', { tags: tags.slice(1) }), { via: 'client' }, 1), null);
  assert.equal(policy.check(author.note('', { tags }), { via: 'client' }, 1)?.prefix, 'invalid');
});
