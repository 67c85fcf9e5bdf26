import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, createKeys } from '@nostrata/testing';
import { parseFollows } from './nip02.ts';

const alice = createEventBuilder('alice');
const [bob, carol] = [createKeys('bob').pubkey, createKeys('carol').pubkey];

test('follows keep their order, with hint and petname', () => {
  const tags = [
    ['p', bob, 'wss://Relay.Example/', 'bobby'],
    ['p', carol, '', ''],
    ['e', bob],
  ];
  assert.deepEqual(parseFollows(alice.event({ kind: 3, tags })), {
    follows: [
      { pubkey: bob, relay: 'wss://relay.example', petname: 'bobby' },
      { pubkey: carol, relay: undefined, petname: undefined },
    ],
    invalidCount: 0,
    duplicateCount: 0,
  });
});

test('a pubkey counts once; later tags only fill in what the first one lacks', () => {
  const tags = [
    ['p', bob, '', 'bobby'],
    ['p', carol],
    ['p', bob, 'wss://relay.example', 'robert'],
  ];
  const { follows, duplicateCount } = parseFollows(alice.event({ kind: 3, tags }));
  assert.deepEqual(follows[0], { pubkey: bob, relay: 'wss://relay.example', petname: 'bobby' });
  assert.equal(follows.length, 2);
  assert.equal(duplicateCount, 1);
});

test('what is no pubkey is left out and counted, and a bad hint costs only the hint', () => {
  const tags = [['p'], ['p', ''], ['p', 'npub1xyz'], ['p', bob.toUpperCase()], ['p', bob, 'http://x', 'b'.repeat(200)]];
  const { follows, invalidCount } = parseFollows(alice.event({ kind: 3, tags }));
  assert.equal(invalidCount, 4);
  assert.deepEqual(follows, [{ pubkey: bob, relay: undefined, petname: 'b'.repeat(100) }]);
});
