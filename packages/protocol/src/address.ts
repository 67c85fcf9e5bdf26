import { InvalidError } from './errors.ts';
import { isHex64, type UnsignedEvent } from './event.ts';
import { isAddressableKind, isReplaceableKind } from './kinds.ts';
import { getTagValue } from './tags.ts';

/** The coordinates of a replaceable or addressable event (NIP-01 `a` tags). */
export interface Address {
  readonly kind: number;
  readonly pubkey: string;
  /** The value of the first `d` tag; empty for replaceable kinds and where there is none. */
  readonly identifier: string;
}

/** The `d` value under which an event is stored: that of its first `d` tag, empty without one or for replaceable kinds. */
export function getIdentifier(event: UnsignedEvent): string {
  return isAddressableKind(event.kind) ? (getTagValue(event, 'd') ?? '') : '';
}

/** The address of a replaceable or addressable event as text, `kind:pubkey:d`; undefined for other kinds. */
export function getAddress(event: UnsignedEvent): string | undefined {
  if (!isReplaceableKind(event.kind) && !isAddressableKind(event.kind)) return undefined;
  return formatAddress({ kind: event.kind, pubkey: event.pubkey, identifier: getIdentifier(event) });
}

/** Writes an address as `kind:pubkey:d`. */
export function formatAddress({ kind, pubkey, identifier }: Address): string {
  return `${kind}:${pubkey}:${identifier}`;
}

/**
 * Reads `kind:pubkey:d`; the identifier may hold colons, and the last colon may be missing for replaceable kinds.
 * @throws InvalidError when kind or pubkey are malformed or the kind has no address
 */
export function parseAddress(text: string): Address {
  const match = /^([0-9]{1,5}):([0-9a-f]{64})(?::([\s\S]*))?$/.exec(text);
  const kind = Number(match?.[1]);
  const pubkey = match?.[2];
  if (!isHex64(pubkey) || !(isReplaceableKind(kind) || isAddressableKind(kind))) {
    throw new InvalidError('address is not kind:pubkey:d of a replaceable or addressable kind');
  }
  return { kind, pubkey, identifier: isAddressableKind(kind) ? (match?.[3] ?? '') : '' };
}
