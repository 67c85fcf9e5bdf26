import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { InvalidError } from './errors.ts';
import { isHex64 } from './event.ts';

/**
 * The x coordinate of the point that two people share, not hashed (NIP-04, NIP-44). About a millisecond.
 * @param secret 32 bytes
 * @throws InvalidError where the secret is out of range or the pubkey is no point on the curve
 */
export function getSharedX(secret: Uint8Array, pubkey: string): Uint8Array {
  if (!isHex64(pubkey)) throw new InvalidError('pubkey is not 64 lower-case hex digits');
  try {
    return secp256k1.getSharedSecret(secret, hexToBytes(`02${pubkey}`)).slice(1);
  } catch (error) {
    throw new InvalidError('secret or pubkey is not a key', { cause: error });
  }
}
