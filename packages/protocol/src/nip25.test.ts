import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, createKeys } from '@nostrata/testing';
import { parseReaction } from './nip25.ts';

const alice = createEventBuilder('alice');
const bob = createKeys('bob').pubkey;
const [first, last] = ['1'.repeat(64), '2'.repeat(64)];
const react = (content: string, tags: string[][] = [['e', last]]) =>
  parseReaction(alice.event({ kind: 7, content, tags }));

test('plus and nothing are a like, minus is a dislike, and everything else stands for itself', () => {
  const meaning = (content: string) => [react(content)?.type, react(content)?.content];
  assert.deepEqual(meaning('+'), ['like', '+']);
  assert.deepEqual(meaning(''), ['like', '+']);
  assert.deepEqual(meaning(' \n'), ['like', '+']);
  assert.deepEqual(meaning('-'), ['dislike', '-']);
  assert.deepEqual(meaning('❤️'), ['emoji', '❤️']);
  assert.deepEqual(meaning('x'.repeat(500)), ['emoji', 'x'.repeat(64)]);
});

test('the target is the last well-formed e tag, its author the last p tag', () => {
  const reaction = react('+', [
    ['e', first, '', bob],
    ['e', last, 'wss://relay.example/'],
    ['e', 'short'],
    ['p', first],
    ['p', bob],
    ['k', '1'],
  ]);
  assert.deepEqual(reaction?.event, { id: last, relay: 'wss://relay.example', author: bob });
  assert.equal(reaction?.kind, 1);
  assert.equal(react('+', [['e', first, '', bob]])?.event?.author, bob);
});

test('an addressable target is named by its address too', () => {
  const reaction = react('+', [['a', `30023:${bob}:post:1`]]);
  assert.deepEqual(reaction?.address, { kind: 30_023, pubkey: bob, identifier: 'post:1', relay: undefined });
  assert.equal(reaction?.event, undefined);
});

test('a custom emoji brings its picture, by its own name only', () => {
  const tags = [
    ['e', last],
    ['emoji', 'other', 'https://e.example/other.png'],
    ['emoji', 'soapbox', 'https://e.example/soapbox.png'],
  ];
  assert.equal(react(':soapbox:', tags)?.emojiUrl, 'https://e.example/soapbox.png');
  assert.equal(react(':missing:', tags)?.emojiUrl, undefined);
});

test('kind 17 reacts to external ids; a reaction to nothing and other kinds are none', () => {
  const tags = [
    ['i', 'podcast:guid:1'],
    ['k', 'podcast:guid'],
    ['i', 'podcast:item:guid:2'],
  ];
  const reaction = parseReaction(alice.event({ kind: 17, content: '+', tags }));
  assert.deepEqual(reaction?.externals, ['podcast:guid:1', 'podcast:item:guid:2']);
  assert.equal(reaction?.kind, undefined);
  assert.equal(
    react('+', [
      ['e', 'short'],
      ['i', 'x'],
    ]),
    null,
  );
  assert.equal(parseReaction(alice.note('+', { tags: [['e', last]] })), null);
});
