import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, createKeys, fc } from '@nostrata/testing';
import { InvalidError } from './errors.ts';
import {
  formatPrivateTags,
  getListEncryption,
  parseBlocks,
  parseBookmarks,
  parseMutes,
  parsePrivateTags,
  parseRelaySet,
  parseSetTitle,
} from './nip51.ts';

const alice = createEventBuilder('alice');
const [bob, carol] = [createKeys('bob').pubkey, createKeys('carol').pubkey];
const id = '1'.repeat(64);

test('mutes are people, hashtags, words and threads, each once', () => {
  const tags = [
    ['p', bob],
    ['p', bob],
    ['p', 'x'],
    ['t', 'Spam'],
    ['t', 'spam'],
    ['word', 'BUY now'],
    ['e', id],
    ['e'],
  ];
  assert.deepEqual(parseMutes(tags), { pubkeys: [bob], hashtags: ['spam'], words: ['buy now'], threads: [id] });
});

test('public and private mutes join by joining their tags', () => {
  const privateTags = parsePrivateTags(JSON.stringify([['p', carol]]));
  assert.deepEqual(parseMutes([['p', bob], ...privateTags]).pubkeys, [bob, carol]);
});

test('kind 10006 holds blocked relays, and people where applications publish them so', () => {
  const tags = [
    ['relay', 'wss://Bad.Example/'],
    ['relay', 'wss://bad.example'],
    ['relay', 'x'],
    ['p', bob],
  ];
  assert.deepEqual(parseBlocks(tags), { relays: ['wss://bad.example'], pubkeys: [bob] });
});

test('bookmarks are events, addresses, hashtags, URLs and external ids', () => {
  const tags = [
    ['e', id, 'wss://relay.example', bob],
    ['e', id],
    ['a', `30023:${bob}:x`],
    ['a', `30023:${bob}:x`],
    ['a', 'x'],
    ['r', 'https://a.example'],
    ['t', 'Music'],
    ['i', 'podcast:item:guid:7'],
    ['k', 'podcast:item:guid'],
  ];
  assert.deepEqual(parseBookmarks(tags), {
    events: [{ id, relay: 'wss://relay.example', author: bob }],
    addresses: [{ kind: 30_023, pubkey: bob, identifier: 'x', relay: undefined }],
    hashtags: ['music'],
    urls: ['https://a.example'],
    externals: ['podcast:item:guid:7'],
  });
});

test('a relay set has relays, and like every set a title', () => {
  const tags = [
    ['d', 'home'],
    ['name', 'Home'],
    ['relay', 'wss://a.example/'],
    ['description', 'where I am'],
  ];
  const event = alice.event({ kind: 30_002, tags });
  assert.deepEqual(parseRelaySet(event.tags), ['wss://a.example']);
  assert.deepEqual(parseSetTitle(event), {
    identifier: 'home',
    title: 'Home',
    image: undefined,
    description: 'where I am',
  });
});

test('the encryption of a private part is told by its form', () => {
  assert.equal(getListEncryption(''), 'none');
  assert.equal(getListEncryption('{"wss://relay.example":{}}'), 'none');
  assert.equal(getListEncryption('q83vEjRWeJCrze8SNFZ4kA==?iv=q83vEjRWeJCrze8SNFZ4kA=='), 'nip04');
  assert.equal(getListEncryption(`Ag${'A'.repeat(130)}`), 'nip44');
});

test('private tags are read back as they were written, and anything else is refused', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string())), (tags) => {
      assert.deepEqual(parsePrivateTags(formatPrivateTags(tags)), tags);
    }),
  );
  for (const text of ['', '{}', '["p"]', '[["p",1]]', '[null]', `[${' '.repeat(2_000_000)}]`]) {
    assert.throws(() => parsePrivateTags(text), InvalidError, text.slice(0, 20));
  }
});
