import { schnorr } from '@noble/curves/secp256k1.js';
import type { Backend } from './backend.ts';

/** The back end in plain JavaScript: about 1,000 signatures a second, runs anywhere. */
export function openNoble(): Backend {
  return {
    name: 'noble',
    verify: ({ message, pubkey, signature }) => schnorr.verify(signature, message, pubkey),
  };
}
