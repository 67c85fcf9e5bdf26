import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, createKeys } from '@nostrata/testing';
import { parseThread } from './nip10.ts';

const alice = createEventBuilder('alice');
const bob = createKeys('bob').pubkey;
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64)) as [string, string, string, string];

function ids(...tags: string[][]) {
  const { root, reply, mentions } = parseThread(alice.note('', { tags }));
  return [root?.id, reply?.id, ...mentions.map(({ id }) => id)];
}

test('markers say what is root and what is answered, wherever they stand', () => {
  assert.deepEqual(ids(['e', a, '', 'reply'], ['e', b, '', 'mention'], ['e', c, '', 'root'], ['e', d]), [c, a, b, d]);
  const tags = [['e', a, 'wss://relay.example/', 'root', bob]];
  const reference = { id: a, relay: 'wss://relay.example', author: bob };
  assert.deepEqual(parseThread(alice.note('', { tags })), { root: reference, reply: reference, mentions: [] });
});

test('one marker alone stands for both', () => {
  assert.deepEqual(ids(['e', a, '', 'root']), [a, a]);
  assert.deepEqual(ids(['e', a, '', 'reply'], ['e', b]), [a, a, b]);
});

test('without markers the first is the root and the last is answered', () => {
  assert.deepEqual(ids(), [undefined, undefined]);
  assert.deepEqual(ids(['p', bob], ['e', a]), [a, a]);
  assert.deepEqual(ids(['e', a], ['e', b]), [a, b]);
  assert.deepEqual(ids(['e', a], ['e', b], ['e', c], ['e', d]), [a, d, b, c]);
});

test('a note that only mentions answers nothing, and malformed ids have no place', () => {
  assert.deepEqual(ids(['e', a, '', 'mention']), [undefined, undefined, a]);
  assert.deepEqual(ids(['e', 'x'], ['e'], ['e', a]), [a, a]);
  assert.deepEqual(ids(['e', 'x', '', 'root'], ['e', a, '', 'reply']), [a, a]);
});
