import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseEncoding, createBody } from './bodies.ts';

const bodyOf = (text: string) => createBody({ text, contentType: 'text/plain', asOfMs: 0, version: undefined });

test('the encoding is the best that a client takes', () => {
  const encodings: Readonly<Record<string, string>> = {
    '': 'identity',
    gzip: 'gzip',
    'gzip, deflate, br': 'br',
    'gzip, deflate, br, zstd': 'br',
    'br;q=0.1, gzip': 'gzip',
    'br;q=0, gzip;q=0': 'identity',
    '*': 'br',
    '*;q=0': 'identity',
    'gzip;q=0, *': 'br',
    GZIP: 'gzip',
    identity: 'identity',
    'br;q=x': 'identity',
  };
  for (const [accept, expected] of Object.entries(encodings)) assert.equal(chooseEncoding(accept), expected, accept);
  assert.equal(chooseEncoding(undefined), 'identity');
});

test('a body is compressed once for each encoding, and a small one never', async () => {
  const body = bodyOf('figures '.repeat(1_000));
  const [first, second] = await Promise.all([body.variant('br'), body.variant('br')]);
  assert.equal(first.bytes, second.bytes);
  assert.ok(first.bytes.byteLength < 200);
  assert.equal(body.variant('br'), first, 'then it is ready without waiting');
  assert.equal((await bodyOf('small').variant('br')).encoding, 'identity');
});
