import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from '@nostrata/testing';
import { SignerError } from '../errors.ts';
import { createReadOnlySigner } from './read-only-signer.ts';

test('a read-only signer says who it is and refuses everything else', async () => {
  const { pubkey } = createKeys('alice');
  const signer = createReadOnlySigner(pubkey);
  assert.equal(await signer.getPublicKey(), pubkey);
  const readOnly = (error: unknown) => error instanceof SignerError && error.fault === 'read-only';
  await assert.rejects(signer.signEvent({ kind: 1, created_at: 1, tags: [], content: '' }), readOnly);
  await assert.rejects(signer.nip44Encrypt(pubkey, 'x'), readOnly);
  await assert.rejects(signer.nip44Decrypt(pubkey, 'x'), readOnly);
  assert.throws(() => createReadOnlySigner('npub1x'), SignerError);
});
