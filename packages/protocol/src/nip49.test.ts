import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from '@nostrata/testing';
import { decrypt } from 'nostr-tools/nip49';
import { encodeBech32 } from './bech32.ts';
import { InvalidError } from './errors.ts';
import { decryptSecret, encryptSecret } from './nip49.ts';

const example =
  'ncryptsec1qgg9947rlpvqu76pj5ecreduf9jxhselq2nae2kghhvd5g7dgjtcxfqtd67p9m0w57lspw8gsq6yphnm8623nsl8xn9j4jdzz84zm3frztj3z7s35vpzmqf6ksu8r89qk5z2zxfmu5gv8th8wclt0h4p';

test('the example of the NIP is decrypted', async () => {
  const { secret } = await decryptSecret(example, 'nostr');
  const expected = '3501454135014541350145413501453fefb02227e449e57cf4d3a3ce05378683';
  assert.equal(Buffer.from(secret).toString('hex'), expected);
});

test('a key is read back, here and by nostr-tools, however its password was typed', async () => {
  const secret = Uint8Array.from(createKeys('alice').secret);
  const typed = 'ÅΩẛ̣';
  const text = await encryptSecret(secret, typed, { logRounds: 4, history: 'secure' });
  assert.deepEqual(await decryptSecret(text, typed.normalize('NFKC')), { secret, history: 'secure' });
  assert.deepEqual(Uint8Array.from(decrypt(text, typed)), secret);
  assert.notEqual(await encryptSecret(secret, typed, { logRounds: 4 }), text);
});

test('a wrong password, a malformed text and endless work are refused', async () => {
  const text = await encryptSecret(Uint8Array.from(createKeys('alice').secret), 'right', { logRounds: 4 });
  await assert.rejects(decryptSecret(text, 'wrong'), /password is wrong/);
  const bytes = new Uint8Array(91);
  const bad = [
    'nsec1x',
    encodeBech32('ncryptsec', bytes),
    encodeBech32('ncryptsec', bytes.slice(1)),
    encodeBech32('ncryptsec', Uint8Array.from(bytes).fill(2, 0, 1).fill(31, 1, 2)),
    encodeBech32('ncryptsec', Uint8Array.from(bytes).fill(2, 0, 1).fill(4, 1, 2).fill(9, 42, 43)),
  ];
  for (const one of bad) await assert.rejects(decryptSecret(one, 'x'), InvalidError);
  await assert.rejects(encryptSecret(new Uint8Array(31), 'x'), InvalidError);
  await assert.rejects(encryptSecret(new Uint8Array(32), 'x', { logRounds: 21 }), InvalidError);
});
