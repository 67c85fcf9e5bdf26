import { decodeNip19, InvalidError, isHex64 } from '@nostrata/protocol';
import { ConfigError } from './errors.ts';

/** Reads a pubkey: 64 hex digits, `npub1…` or `nprofile1…` (NIP-19, with or without `nostr:`). */
export function parsePubkey(text: string): string {
  const plain = strip(text);
  if (isHex64(plain)) return plain;
  const decoded = decode(plain);
  if (decoded?.type === 'npub' || decoded?.type === 'nprofile') return decoded.pubkey;
  throw refusal(text, 'pubkey', 'npub1… or nprofile1…');
}

/** Reads an event id: 64 hex digits, `note1…` or `nevent1…` (NIP-19, with or without `nostr:`). */
export function parseEventId(text: string): string {
  const plain = strip(text);
  if (isHex64(plain)) return plain;
  const decoded = decode(plain);
  if (decoded?.type === 'note' || decoded?.type === 'nevent') return decoded.id;
  throw refusal(text, 'event id', 'note1… or nevent1…');
}

function strip(text: string): string {
  return text
    .trim()
    .replace(/^nostr:/, '')
    .toLowerCase();
}

function decode(text: string): ReturnType<typeof decodeNip19> | undefined {
  try {
    return decodeNip19(text);
  } catch (error) {
    if (error instanceof InvalidError) return undefined;
    throw error;
  }
}

function refusal(text: string, what: string, forms: string): ConfigError {
  return new ConfigError(`${JSON.stringify(text.slice(0, 80))} is no ${what}: expected 64 hex digits, ${forms}`);
}
