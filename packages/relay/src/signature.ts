import { schnorr } from '@noble/curves/secp256k1.js';
import { getEventId, type NostrEvent } from '@nostrata/protocol';

/** Says whether id and signature of an event are genuine; about a millisecond. */
export function verifySignature(event: NostrEvent): boolean {
  if (getEventId(event) !== event.id) return false;
  return schnorr.verify(Buffer.from(event.sig, 'hex'), Buffer.from(event.id, 'hex'), Buffer.from(event.pubkey, 'hex'));
}
