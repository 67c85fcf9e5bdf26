import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { InvalidError } from './errors.ts';

test('bytes are written as Node.js writes them, and read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString('base64'));
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
    }),
  );
  const long = new Uint8Array(100_000).fill(7);
  assert.deepEqual(decodeBase64(encodeBase64(long)), long);
});

test('white space, missing padding and other alphabets are refused', () => {
  for (const text of ['QQ', 'QQ=', 'Q Q=', 'QQ==\n', 'QUJ-', 'QUJ_', '====', 'Q===', 'QQ==QQ==']) {
    assert.throws(() => decodeBase64(text), InvalidError, text);
  }
});
