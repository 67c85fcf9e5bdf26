import { createHmac } from 'node:crypto';

/** Keys for single purposes, derived from the one secret of the installation: none of them is stored anywhere. */
export interface Secrets {
  /** 32 bytes for a purpose: `session-token`, `csrf`, `domain-proof`, `hook:<id>`. */
  derive(purpose: string): Buffer;
}

/** Creates them. @param master at least 32 bytes */
export function createSecrets(master: Uint8Array): Secrets {
  if (master.byteLength < 32) throw new RangeError('the secret of accounts must have at least 32 bytes');
  return { derive: (purpose) => createHmac('sha256', master).update(`nostrata ${purpose}`).digest() };
}
