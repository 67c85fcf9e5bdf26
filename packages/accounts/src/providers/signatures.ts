import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** HMAC-SHA256 of some bytes, one part after the other. */
export function hmacOf(secret: string, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Says whether a text is the digest as 64 hex digits, in a time that does not depend on where they differ. */
export function isDigest(text: string, digest: Uint8Array): boolean {
  return /^[0-9a-f]{64}$/i.test(text) && timingSafeEqual(Buffer.from(text, 'hex'), digest);
}

/** Says whether two secrets are the same, in a time that depends on neither. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest());
}

/** SHA-256 as 64 hex digits. */
export function digestOf(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Says whether the preimage, 64 hex digits, has that hash. */
export function isPreimage(preimage: string, paymentHash: string): boolean {
  return /^[0-9a-f]{64}$/i.test(preimage) && digestOf(Buffer.from(preimage, 'hex')) === paymentHash;
}
