import type { VerifyAnswer } from '@nostrata/accounts';
import { decodeNip19, encodeNpub, isHex64 } from '@nostrata/protocol';
import type { JSX } from 'preact';
import type { Call } from './call.ts';

/** The pubkey (hex) that a text is: 64 hex digits, `npub1…` or `nprofile1…`. */
export function readPubkey(text: string): string | undefined {
  const word = text.trim().replace(/^nostr:/, '');
  if (isHex64(word.toLowerCase())) return word.toLowerCase();
  try {
    const decoded = decodeNip19(word);
    return decoded.type === 'npub' || decoded.type === 'nprofile' ? decoded.pubkey : undefined;
  } catch {
    return undefined; // Another text: the caller says what it should have been.
  }
}

/** The pubkey of somebody who is named by a key or by an address such as `alice@example.com`. @throws Error */
export async function findPubkey(call: Call, text: string): Promise<string> {
  const pubkey = readPubkey(text);
  if (pubkey !== undefined) return pubkey;
  const address = text.trim();
  if (!/^[^@\s]*@?[^@\s]+\.[^@\s]+$/.test(address) || /^n(?:pub|profile)1/.test(address)) {
    throw new Error('Write an npub, 64 hex digits, or an address such as alice@example.com');
  }
  const found = await call<VerifyAnswer>(`/names/verify?${new URLSearchParams({ address })}`);
  if (found.pubkey !== null) return found.pubkey;
  throw new Error(addressSentences[found.state] ?? 'The address could not be looked up');
}

/** What the look-up of an address came to, in words. */
export const addressSentences: Readonly<Record<VerifyAnswer['state'], string>> = {
  identified: 'The host names this key for the address.',
  mismatch: 'The host names another key for the address.',
  'not-found': 'The host knows no such name.',
  redirect: 'The host redirects, which nobody may follow for an address.',
  invalid: 'The answer of the host is not one of names.',
  'too-large': 'The answer of the host is too long.',
  refused: 'The host is not one that can be asked.',
  unreachable: 'The host cannot be reached.',
};

/** An npub as long as it needs to be to tell people apart. */
export function shortNpub(pubkey: string): string {
  const npub = encodeNpub(pubkey);
  return `${npub.slice(0, 12)}…${npub.slice(-6)}`;
}

/** Somebody as a link to what is known of their trust. */
export function PersonLink({ pubkey }: { pubkey: string }): JSX.Element {
  return (
    <a class="mono" href={`/trust/${encodeNpub(pubkey)}`} title={encodeNpub(pubkey)}>
      {shortNpub(pubkey)}
    </a>
  );
}
