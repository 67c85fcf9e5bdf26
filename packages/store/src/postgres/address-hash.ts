import { hash } from 'node:crypto';

/**
 * The key of an address: SHA-256 of its JSON text, in which lone surrogates are escaped and so stay apart. 64 hex
 * digits, however long the `d` tag is.
 */
export function addressHash(address: string): string {
  return hash('sha256', JSON.stringify(address), 'hex');
}
