import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { matchSearch, parseSearch as parseTerms } from '@nostrata/protocol';
import { fc } from '@nostrata/testing';
import { fts5Tokenizer, parseSearch, toFts5, toTsquery } from './search-query.ts';
import { splitWords } from './search-text.ts';

test('FTS5 understands every query and finds what the definition says', () => {
  const database = new DatabaseSync(':memory:');
  database.exec(`CREATE VIRTUAL TABLE texts USING fts5(words, tokenize = ${fts5Tokenizer})`);
  const insert = database.prepare('INSERT INTO texts (rowid, words) VALUES (?, ?)');
  const find = database.prepare('SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid');
  const vocabulary = fc.constantFrom(
    'ant',
    'Bee',
    'AND',
    'NOT',
    'near',
    'été',
    '魚',
    'x1',
    '12',
    'é\u0301',
    'हिन्दी',
    '\u0ec8',
    '⺀',
    'λόγος',
    '*',
    '(',
    '^',
  );
  const texts = fc
    .sample(fc.array(vocabulary, { maxLength: 8 }), { numRuns: 60, seed: 5 })
    .map((words) => words.join(' '));
  for (const [i, text] of texts.entries()) insert.run(i + 1, splitWords(text).join(' '));
  const word = fc.oneof(vocabulary, fc.string({ unit: 'binary', maxLength: 6 }));
  const phrase = fc
    .array(word, { minLength: 1, maxLength: 3 })
    .map((words) => `"${words.join(' ').replaceAll('"', '')}"`);
  const term = fc.tuple(fc.constantFrom('', '', '-'), fc.oneof(word, phrase)).map(([minus, text]) => minus + text);
  fc.assert(
    fc.property(fc.array(term, { minLength: 1, maxLength: 4 }), (terms) => {
      const search = terms.join(' ');
      const query = parseSearch(search);
      if (query.type === 'all') return;
      const found = find.all(toFts5(query)).map(({ rowid }) => Number(rowid));
      const expected = texts.flatMap((text, i) => (matchSearch(parseTerms(search), text) ? [i + 1] : []));
      assert.deepEqual(found, expected, search);
    }),
    { numRuns: 400 },
  );
  database.close();
});

test('the text of a tsquery holds nothing of a query but words in quotes', () => {
  const query = parseSearch(`it's "red & apples" -green ); DROP | !x:* \\`);
  assert.ok(query.type === 'phrases');
  assert.equal(toTsquery(query), "('it' <-> 's') & ('red' <-> 'apples') & ('drop') & ('x') & !('green')");
});

test('a query that requires no word is planned without the search index', () => {
  for (const text of ['', ' ', '-word', 'language:en', '-"a b"']) assert.equal(parseSearch(text).type, 'all', text);
});
