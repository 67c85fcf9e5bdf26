import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createPubkeysPolicy } from './pubkeys.ts';

const [friend, stranger, spammer] = ['friend', 'stranger', 'spammer'].map((seed) => createEventBuilder(seed));
assert(friend !== undefined && stranger !== undefined && spammer !== undefined);

test('only authors allowed and not denied are taken', () => {
  const policy = createPubkeysPolicy({ allowed: [friend.pubkey, spammer.pubkey], denied: [spammer.pubkey] });
  assert.equal(policy.check(friend.note(''), { via: 'client' }, 1), null);
  assert.equal(policy.check(stranger.note(''), { via: 'relay' }, 1)?.prefix, 'restricted');
  assert.equal(policy.check(spammer.note(''), { via: 'import' }, 1)?.prefix, 'blocked');
  assert.equal(policy.check(stranger.note(''), { via: 'own' }, 1), null);
});

test('without authors allowed all are, but those denied', () => {
  const policy = createPubkeysPolicy({ denied: [spammer.pubkey] });
  assert.equal(policy.check(stranger.note(''), { via: 'client' }, 1), null);
  assert.equal(policy.check(spammer.note(''), { via: 'client' }, 1)?.prefix, 'blocked');
});
