import { type Address, formatAddress } from '@nostrata/protocol';
import { keyCharactersMax } from './limits.ts';

/**
 * A text from outside as part of a key, different for different texts and storable everywhere: what holds a NUL or
 * half a surrogate is written as JSON. Undefined where it is too long to be a key.
 */
export function toKeyText(text: string): string | undefined {
  if (text.length > keyCharactersMax) return undefined;
  const isPlain = !text.includes('\0') && text.isWellFormed() && !text.startsWith('"');
  const key = isPlain ? text : JSON.stringify(text);
  return key.length > keyCharactersMax ? undefined : key;
}

/** An address as a key: `kind:pubkey:d`. */
export function toAddressKey(address: Address): string | undefined {
  return toKeyText(formatAddress(address));
}

/** The text that a key was made of. */
export function fromKeyText(key: string): string {
  return key.startsWith('"') ? (JSON.parse(key) as string) : key;
}
