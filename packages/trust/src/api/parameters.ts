import { decodeNip19, InvalidError, isHex64 } from '@nostrata/protocol';
import { z } from 'zod';
import { nameCharactersMax } from '../limits.ts';

/** Reads a pubkey: 64 hex digits, `npub1…` or `nprofile1…`; the answer is hex. */
export const pubkeyParameter = z
  .string()
  .max(nameCharactersMax)
  .transform((text, context) => {
    const pubkey = toPubkey(text);
    if (pubkey !== undefined) return pubkey;
    context.addIssue('expected 64 lower-case hex digits, npub1… or nprofile1…');
    return z.NEVER;
  });

function toPubkey(text: string): string | undefined {
  if (isHex64(text)) return text;
  try {
    const decoded = decodeNip19(text);
    return decoded.type === 'npub' || decoded.type === 'nprofile' ? decoded.pubkey : undefined;
  } catch (error) {
    if (error instanceof InvalidError) return undefined;
    throw error;
  }
}
