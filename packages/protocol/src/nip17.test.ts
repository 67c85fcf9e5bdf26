import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, createKeys } from '@nostrata/testing';
import { InvalidError } from './errors.ts';
import { createChatMessage, getChatRoom, getChatRoomId, parseChatMessage, parseInboxRelays } from './nip17.ts';
import { createRumor } from './nip59.ts';

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((seed) => createKeys(seed).pubkey) as [
  string,
  string,
  string,
];
const base = { author: alice, recipients: [bob, carol], content: 'hello', createdAt: 1_700_000_000 };

test('a message is read as it was written', () => {
  const replyTo = '1'.repeat(64);
  const rumor = createChatMessage({ ...base, subject: 'party', replyTo });
  assert.equal(rumor.kind, 14);
  assert.deepEqual(parseChatMessage(rumor), {
    id: rumor.id,
    author: alice,
    createdAt: 1_700_000_000,
    room: [alice, bob, carol].sort(),
    content: 'hello',
    subject: 'party',
    replyTo: { id: replyTo, relay: undefined, author: undefined },
    file: undefined,
  });
});

test('a file message carries what its receiver needs to decrypt the file', () => {
  const file = {
    url: 'https://files.example/abc',
    type: 'image/jpeg',
    algorithm: 'aes-gcm',
    key: 'aa',
    nonce: 'bb',
    hash: 'c'.repeat(64),
    originalHash: 'd'.repeat(64),
    size: 1_234,
    dimensions: '640x480',
  };
  const rumor = createChatMessage({ ...base, content: '', file, replyTo: '1'.repeat(64) });
  assert.equal(rumor.kind, 15);
  assert.deepEqual(parseChatMessage(rumor)?.file, file);
  assert.deepEqual(
    rumor.tags.find(([name]) => name === 'e'),
    ['e', '1'.repeat(64), '', 'reply'],
  );
});

test('the room is the same for everybody in it, whoever writes', () => {
  const fromBob = createChatMessage({ ...base, author: bob, recipients: [carol, alice, carol] });
  assert.deepEqual(getChatRoom(fromBob), getChatRoom(createChatMessage(base)));
});

test('a room has one id, whatever the order of its members, and another room another', () => {
  assert.equal(getChatRoomId([alice, bob]), getChatRoomId([bob, alice, bob]));
  assert.notEqual(getChatRoomId([alice, bob]), getChatRoomId([alice, bob, carol]));
  assert.match(getChatRoomId([alice]), /^[0-9a-f]{64}$/);
});

test('a note to oneself has a room of one', () => {
  const rumor = createChatMessage({ ...base, recipients: [alice] });
  assert.deepEqual(parseChatMessage(rumor)?.room, [alice]);
});

test('a message needs 1 to 100 recipients that are pubkeys', () => {
  for (const recipients of [[], ['bob'], Array.from({ length: 101 }, (_, index) => String(index).padStart(64, '0'))]) {
    assert.throws(() => createChatMessage({ ...base, recipients }), InvalidError);
  }
});

test('other kinds and messages to nobody are none', () => {
  const rumor = createChatMessage(base);
  assert.equal(parseChatMessage(createRumor({ ...rumor, kind: 7 })), null);
  assert.equal(parseChatMessage(createRumor({ ...rumor, tags: [['p', 'x']] })), null);
});

test('inbox relays are normalised, in order, each once', () => {
  const tags = [
    ['relay', 'wss://B.example/'],
    ['relay', 'wss://a.example'],
    ['relay', 'wss://b.example'],
    ['relay', 'x'],
    ['r', 'wss://c.example'],
  ];
  const event = createEventBuilder('alice').event({ kind: 10_050, tags });
  assert.deepEqual(parseInboxRelays(event), ['wss://b.example', 'wss://a.example']);
});
