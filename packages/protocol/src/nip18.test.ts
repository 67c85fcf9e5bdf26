import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { serializeEvent } from './event.ts';
import { parseQuotes, parseRepost } from './nip18.ts';

const alice = createEventBuilder('alice');
const bob = createEventBuilder('bob');
const note = bob.note('worth reading');

test('a repost names its note and may carry it', () => {
  const tags = [
    ['e', note.id, 'wss://relay.example/'],
    ['p', bob.pubkey],
  ];
  const full = parseRepost(alice.event({ kind: 6, tags, content: serializeEvent(note) }));
  const reference = { id: note.id, relay: 'wss://relay.example', author: bob.pubkey };
  assert.deepEqual(full, { event: reference, address: undefined, kind: 1, embedded: note });
  const empty = parseRepost(alice.event({ kind: 6, tags }));
  assert.deepEqual(empty, { event: reference, address: undefined, kind: 1, embedded: undefined });
});

test('an embedded event that is another one, forged or broken is not taken', () => {
  const repost = (content: string) => parseRepost(alice.event({ kind: 6, tags: [['e', note.id]], content }));
  const other = serializeEvent(bob.note('another'));
  const forged = JSON.stringify({ ...note, content: 'forged' });
  for (const content of [other, forged, '{', '{}', 'RT', `${serializeEvent(note)}x`]) {
    const parsed = repost(content);
    assert.equal(parsed?.embedded, undefined, content);
    assert.equal(parsed?.event?.id, note.id);
  }
});

test('kind 16 reposts other kinds, also by address', () => {
  const article = bob.addressable(30_023, 'article');
  const address = `30023:${bob.pubkey}:article`;
  const parsed = parseRepost(
    alice.event({
      kind: 16,
      tags: [
        ['a', address],
        ['k', '30023'],
      ],
    }),
  );
  assert.deepEqual(parsed?.address, { kind: 30_023, pubkey: bob.pubkey, identifier: 'article', relay: undefined });
  assert.equal(parsed?.kind, 30_023);
  assert.equal(parseRepost(alice.event({ kind: 16, content: serializeEvent(article) }))?.event?.id, article.id);
});

test('a repost of nothing and other kinds are none', () => {
  assert.equal(parseRepost(alice.event({ kind: 6, tags: [['e', 'x']] })), null);
  assert.equal(parseRepost(alice.note('', { tags: [['e', note.id]] })), null);
});

test('quotes are events and addresses in q tags', () => {
  const tags = [
    ['q', note.id, '', bob.pubkey],
    ['q', `30023:${bob.pubkey}:x`],
    ['q', 'nevent1x'],
    ['e', note.id],
  ];
  assert.deepEqual(parseQuotes(alice.note('', { tags })), [
    { id: note.id, relay: undefined, author: bob.pubkey },
    { kind: 30_023, pubkey: bob.pubkey, identifier: 'x', relay: undefined },
  ]);
});
