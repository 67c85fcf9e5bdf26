import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tag } from '@nostrata/protocol';
import { fc, testSeed } from '@nostrata/testing';
import { normalizeClientName, readClient } from './client-name.ts';

const read = (...tags: Tag[]) => readClient({ pubkey: '', created_at: 0, kind: 1, tags, content: '' });
const address = `31990:${'a'.repeat(64)}:1686066542546`;

test('a name loses its version, its address on the web, and what cannot be seen', () => {
  const names = {
    Amethyst: 'Amethyst',
    '  Primal   Web ': 'Primal Web',
    'Amethyst v0.85.3': 'Amethyst',
    'Nostur/1.17.0 (iOS)': 'Nostur',
    'damus-1.2.3': 'damus',
    'noStrudel (https://nostrudel.ninja)': 'noStrudel',
    'https://iris.to/about?x=1': 'iris.to',
    'https://www.coracle.social': 'coracle.social',
    'blogstack.io': 'blogstack.io',
    'v0.5.0-101-g03d29bd': 'v0.5.0-101-g03d29bd',
    '0xchat': '0xchat',
    'Ame\u0000thyst\u202e': 'Ame thyst',
    'Cafe\u0301': 'Caf\u00e9',
    'half \ud800': 'half \ufffd',
    'https://': 'https://',
    '': '',
  };
  for (const [text, name] of Object.entries(names)) assert.equal(normalizeClientName(text), name, text);
  assert.equal([...normalizeClientName('🍸'.repeat(500))].length, 64);
});

test('a client is known by its address, else by its name whatever the case; nothing is no client', () => {
  assert.deepEqual(read(['client', 'noStrudel', address]), { key: address, name: 'noStrudel', address });
  assert.deepEqual(read(['client', address]), { key: address, name: '', address });
  assert.deepEqual(read(['client', 'YakiHonne']), { key: 'yakihonne', name: 'YakiHonne', address: undefined });
  assert.equal(read(['client', 'Yakihonne', 'wss://relay'])?.key, 'yakihonne');
  assert.equal(read(['client', 'X', `${address}${'y'.repeat(200)}`])?.key, 'x');
  assert.equal(read(['client', 'First'], ['client', 'Second'])?.key, 'first');
  for (const tags of [[], [['client']], [['client', '']], [['client', ' \u200b ']], [['t', 'client']]]) {
    assert.equal(read(...(tags as Tag[])), undefined);
  }
});

test('a name of any text is short, well-formed, visible, and its own name', () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 });
  const property = fc.property(text, (name) => {
    const normal = normalizeClientName(name);
    assert.ok([...normal].length <= 64 && normal.isWellFormed() && !/[\p{Cc}]/u.test(normal));
    assert.equal(normal, normal.normalize('NFC').trim());
  });
  fc.assert(property, { seed: testSeed(), numRuns: 100 });
});
