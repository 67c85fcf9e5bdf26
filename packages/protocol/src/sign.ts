import { schnorr } from '@noble/curves/secp256k1.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { InvalidError } from './errors.ts';
import { getEventId, type UnsignedEvent, type VerifiedEvent } from './event.ts';

/**
 * The pubkey of a secret key: 64 lower-case hex digits.
 * @param secret 32 bytes
 * @throws InvalidError where it is not a secret key
 */
export function getPublicKey(secret: Uint8Array): string {
  try {
    return bytesToHex(schnorr.getPublicKey(secret));
  } catch (error) {
    throw new InvalidError('secret is not a key of 32 bytes', { cause: error });
  }
}

/** Completes an event with the pubkey of the key, its id and its signature (BIP-340). About a millisecond. */
export function signEvent(event: Omit<UnsignedEvent, 'pubkey'>, secret: Uint8Array): VerifiedEvent {
  const { created_at, kind, tags, content } = event;
  const unsigned = { pubkey: getPublicKey(secret), created_at, kind, tags, content };
  const id = getEventId(unsigned);
  const sig = bytesToHex(schnorr.sign(hexToBytes(id), secret));
  // Signed just now, and so the brand is true.
  return { id, ...unsigned, sig } as unknown as VerifiedEvent;
}
