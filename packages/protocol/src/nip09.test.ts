import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, createKeys } from '@nostrata/testing';
import { parseDeletionRequest } from './nip09.ts';

const alice = createEventBuilder('alice');
const bob = createKeys('bob').pubkey;

test('a deletion request names each target once, and only its author’s addresses', () => {
  const id = '1'.repeat(64);
  const tags = [
    ['e', id],
    ['e', id],
    ['e', 'x'],
    ['a', `30023:${alice.pubkey}:x`],
    ['a', `30023:${bob}:x`],
    ['a', `1:${alice.pubkey}:`],
    ['a'],
  ];
  assert.deepEqual(parseDeletionRequest(alice.event({ kind: 5, tags, content: 'mistake' })), {
    ids: [id],
    addresses: [{ kind: 30_023, pubkey: alice.pubkey, identifier: 'x' }],
    reason: 'mistake',
  });
  assert.equal(parseDeletionRequest(alice.note('', { tags })), null);
});
