import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, fc } from '@nostrata/testing';
import { getSearchText, matchSearch, parseSearch, tokenize } from './nip50.ts';

test('words, phrases, exclusions and extensions are told apart', () => {
  const cases: [string, string[][], string[][]][] = [
    ['best nostr apps', [['best'], ['nostr'], ['apps']], []],
    ['"best nostr" apps', [['best', 'nostr'], ['apps']], []],
    ['orange -apple -"green pear"', [['orange']], [['apple'], ['green', 'pear']]],
    ['language:en include:spam zap', [['zap']], []],
    ['https://example.com/x', [['https', 'example', 'com', 'x']], []],
    ['at 12:30', [['at'], ['12', '30']], []],
    ['foo-bar C++', [['foo', 'bar'], ['c']], []],
    ['"never closed', [['never', 'closed']], []],
    ['日本', [['日', '本']], []],
    ['-', [], []],
    ['"" - 🤙', [], []],
    ['-domain:x.example', [], []],
  ];
  for (const [text, required, excluded] of cases) assert.deepEqual(parseSearch(text), { required, excluded }, text);
});

test('case, accents and compatibility forms make no difference', () => {
  assert.deepEqual(tokenize('Café CAFÉ Ｃａｆｅ́ ﬁn Привет'), ['cafe', 'cafe', 'cafe', 'fin', 'привет']);
  assert.deepEqual(tokenize('a1-b2_c3\0d\u2028e'), ['a1', 'b2', 'c3', 'd', 'e']);
  assert.deepEqual(tokenize('東京tower ไทย'), ['東', '京', 'tower', 'ไ', 'ท', 'ย']);
  assert.deepEqual(tokenize('हिन्दी'), ['हिन्दी']);
  assert.deepEqual(tokenize('λόγος ⺀ ΛΌΓΟΣ'), ['λογοσ', 'λογοσ']);
});

test('a text matches with every required term and without every excluded one', () => {
  const text = 'The quick brown fox — jumps; over 東京タワー';
  const matches = (query: string) => matchSearch(parseSearch(query), text);
  for (const query of ['fox', 'FOX quick', '"quick brown fox"', 'fox -dog', '東京', 'タワー', '', 'lang:en', '-dog']) {
    assert.ok(matches(query), query);
  }
  for (const query of ['dog', 'qui', '"brown quick"', 'fox -quick', '-"brown fox"', '京東', '-the']) {
    assert.equal(matches(query), false, query);
  }
});

test('every word of a text finds it, alone and quoted with its neighbour', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const tokens = tokenize(text);
      for (const [index, token] of tokens.entries()) {
        assert.deepEqual(tokenize(token), [token], 'a token is its own token');
        assert.ok(matchSearch({ required: [[token]], excluded: [] }, text));
        assert.ok(matchSearch(parseSearch(`"${tokens.slice(index, index + 2).join(' ')}"`), text));
        assert.equal(matchSearch({ required: [], excluded: [[token]] }, text), false);
      }
    }),
    { numRuns: 500 },
  );
});

test('any text is a query of bounded size', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseSearch(text)));
  const { required, excluded } = parseSearch('a -b '.repeat(10_000));
  assert.equal(required.length + excluded.length, 32);
});

test('profiles are searched by what is for reading, tags by what they say, ciphertext not at all', () => {
  const alice = createEventBuilder('alice');
  const profile = { name: 'Ann', about: 'likes tea', picture: 'https://secret.example', nip05: 7 };
  assert.equal(getSearchText(alice.profile(profile)), 'Ann\nlikes tea');
  assert.equal(getSearchText(alice.event({ kind: 0, content: 'not json' })), 'not json');
  assert.equal(getSearchText(alice.event({ kind: 0, content: 'null' })), 'null');
  assert.equal(
    getSearchText(
      alice.event({
        kind: 30_023,
        content: 'body',
        tags: [
          ['title', 'Head'],
          ['t', 'x'],
        ],
      }),
    ),
    'body\nHead',
  );
  for (const kind of [4, 13, 1059]) assert.equal(getSearchText(alice.event({ kind, content: 'cipher' })), '');
  assert.equal(getSearchText(alice.note('x'.repeat(200_000))).length, 100_000);
});
