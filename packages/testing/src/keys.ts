import { createHash } from 'node:crypto';
import { idPreimage, type UnsignedEvent, type VerifiedEvent } from '@nostrata/protocol';
import { createSigner } from './signer.ts';

/** A key pair for tests. */
export interface Keys {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** 64 lower-case hex digits. */
  readonly pubkey: string;
}

const signer = createSigner();

/** The key pair that belongs to a text: the same one every time. */
export function createKeys(seed: string): Keys {
  const secret = createHash('sha256').update(`nostrata test key ${seed}`).digest();
  return { secret, pubkey: Buffer.from(signer.getPublicKey(secret)).toString('hex') };
}

/** Computes id and signature. Signs without randomness: the same event gets the same signature every time. */
export function signEvent(unsigned: UnsignedEvent, secret: Uint8Array): VerifiedEvent {
  const { pubkey, created_at, kind, tags, content } = unsigned;
  const digest = createHash('sha256').update(idPreimage(unsigned)).digest();
  const sig = Buffer.from(signer.sign(digest, secret)).toString('hex');
  const event = { id: digest.toString('hex'), pubkey, created_at, kind, tags, content, sig };
  // Signed just now, and so the brand is true.
  return event as unknown as VerifiedEvent;
}
