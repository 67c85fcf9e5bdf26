import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, createKeys } from '@nostrata/testing';
import { parseComment } from './nip22.ts';

const alice = createEventBuilder('alice');
const bob = createKeys('bob').pubkey;
const [file, earlier] = ['1'.repeat(64), '2'.repeat(64)];
const comment = (tags: string[][]) => parseComment(alice.event({ kind: 1111, tags }));

test('capital tags name the root, small ones what is answered', () => {
  const parsed = comment([
    ['E', file, 'wss://relay.example/', bob],
    ['K', '1063'],
    ['P', bob],
    ['e', earlier, '', alice.pubkey],
    ['k', '1111'],
    ['p', alice.pubkey],
  ]);
  assert.deepEqual(parsed?.root, {
    event: { id: file, relay: 'wss://relay.example', author: bob },
    address: undefined,
    external: undefined,
    kind: '1063',
    author: bob,
  });
  assert.equal(parsed?.parent.event?.id, earlier);
  assert.equal(parsed?.parent.kind, '1111');
  assert.equal(parsed?.parent.author, alice.pubkey);
});

test('an address brings its author, and the event that it was then', () => {
  const parsed = comment([
    ['A', `30023:${bob}:x`],
    ['K', '30023'],
    ['a', `30023:${bob}:x`],
    ['e', file],
    ['k', '30023'],
  ]);
  assert.equal(parsed?.root.author, bob);
  assert.equal(parsed?.parent.address?.identifier, 'x');
  assert.equal(parsed?.parent.event?.id, file);
});

test('a comment may be about something outside', () => {
  const parsed = comment([
    ['I', 'podcast:item:guid:1'],
    ['K', 'podcast:item:guid'],
    ['e', earlier],
    ['k', '1111'],
  ]);
  assert.equal(parsed?.root.external, 'podcast:item:guid:1');
  assert.equal(parsed?.parent.event?.id, earlier);
});

test('without root or parent it is no comment', () => {
  assert.equal(comment([['e', earlier]]), null);
  assert.equal(
    comment([
      ['E', 'x'],
      ['e', earlier],
    ]),
    null,
  );
  assert.equal(comment([['E', file]]), null);
  assert.equal(
    parseComment(
      alice.note('', {
        tags: [
          ['E', file],
          ['e', file],
        ],
      }),
    ),
    null,
  );
});
