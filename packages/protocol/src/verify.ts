import { schnorr } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { idPreimage, type NostrEvent, strictIdPreimage, type VerifiedEvent } from './event.ts';

/** Says whether the id is the hash of the event, in one of the two forms that NIP-01 is read in. */
export function hasValidId(event: NostrEvent): boolean {
  if (hash(idPreimage(event)) === event.id) return true;
  const strict = strictIdPreimage(event);
  return strict !== null && hash(strict) === event.id;
}

/** Says whether the signature is the author's for this id (BIP-340); does not look at what the id commits to. */
export function hasValidSignature(event: NostrEvent): boolean {
  return schnorr.verify(hexToBytes(event.sig), hexToBytes(event.id), hexToBytes(event.pubkey));
}

/**
 * Checks id and signature; null where one of them is wrong. Runs anywhere, about 1,000 events a second; servers use
 * faster back ends that agree with this one.
 */
export function verifyEvent(event: NostrEvent): VerifiedEvent | null {
  return hasValidId(event) && hasValidSignature(event) ? (event as VerifiedEvent) : null;
}

function hash(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
