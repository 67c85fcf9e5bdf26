import { utf8ToBytes } from '@noble/hashes/utils.js';
import { encodeBech32 } from './bech32.ts';

/** Writes the URL that a Lightning wallet is to call as `lnurl1…` (LUD-01). In upper case it says the same in a smaller QR code. */
export function encodeLnurl(url: string): string {
  return encodeBech32('lnurl', utf8ToBytes(url));
}
