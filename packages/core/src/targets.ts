import {
  type Address,
  decodeNip19,
  InvalidError,
  isAddressableKind,
  isHex64,
  isReplaceableKind,
  normalizeRelayUrl,
  parseAddress,
} from '@nostrata/protocol';

/** Something named by an application, with the relays that its name recommends. */
export interface Target<T> {
  readonly value: T;
  /** Normalised URLs. */
  readonly hints: readonly string[];
}

/**
 * Reads the name of a person: 64 hex digits, `npub…` or `nprofile…` (NIP-19), with or without `nostr:`.
 * @throws InvalidError
 */
export function parsePubkey(text: string): Target<string> {
  if (isHex64(text)) return { value: text, hints: [] };
  const decoded = decodeNip19(stripScheme(text));
  if (decoded.type === 'npub') return { value: decoded.pubkey, hints: [] };
  if (decoded.type === 'nprofile') return { value: decoded.pubkey, hints: cleanHints(decoded.relays) };
  throw new InvalidError(`${decoded.type} is not the name of a person: use npub or nprofile`);
}

/**
 * Reads the name of an event: 64 hex digits, `note…` or `nevent…`.
 * @throws InvalidError
 */
export function parseEventId(text: string): Target<string> {
  if (isHex64(text)) return { value: text, hints: [] };
  const decoded = decodeNip19(stripScheme(text));
  if (decoded.type === 'note') return { value: decoded.id, hints: [] };
  if (decoded.type === 'nevent') return { value: decoded.id, hints: cleanHints(decoded.relays) };
  throw new InvalidError(`${decoded.type} is not the name of an event: use note or nevent`);
}

/**
 * Reads an address: `kind:pubkey:d`, `naddr…`, or its parts.
 * @throws InvalidError
 */
export function parseAddressTarget(target: string | Address): Target<Address> {
  if (typeof target !== 'string') return { value: checkAddress(target), hints: [] };
  if (/^\d/.test(target)) return { value: parseAddress(target), hints: [] };
  const decoded = decodeNip19(stripScheme(target));
  if (decoded.type !== 'naddr') throw new InvalidError(`${decoded.type} is not an address: use naddr or kind:pubkey:d`);
  return { value: checkAddress(decoded), hints: cleanHints(decoded.relays) };
}

function checkAddress({ kind, pubkey, identifier }: Address): Address {
  if (!isHex64(pubkey)) throw new InvalidError('the pubkey of the address is not 64 lower-case hex digits');
  if (isReplaceableKind(kind)) return { kind, pubkey, identifier: '' };
  if (isAddressableKind(kind)) return { kind, pubkey, identifier };
  throw new InvalidError(`kind ${kind} has no address`);
}

function stripScheme(text: string): string {
  return text.replace(/^(?:web\+)?nostr:/i, '');
}

/** Hints come from strangers: what is no relay URL is left out. */
export function cleanHints(relays: readonly string[]): string[] {
  return relays.map(normalizeRelayUrl).filter((url) => url !== null);
}
