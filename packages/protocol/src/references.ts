import { type Address, parseAddress } from './address.ts';
import { InvalidError } from './errors.ts';
import { isHex64, type Tag } from './event.ts';
import { normalizeRelayUrl } from './relay-url.ts';

/** An event that a tag points at, with what its author says of where to find it. */
export interface EventReference {
  readonly id: string;
  /** Normalised. */
  readonly relay?: string | undefined;
  readonly author?: string | undefined;
}

/** A replaceable or addressable event that a tag points at. */
export interface AddressReference extends Address {
  /** Normalised. */
  readonly relay?: string | undefined;
}

/** Reads `[name, id, relay?, …]`; undefined where the id is malformed. `authorAt` is the place of the author's pubkey. */
export function readEventReference(tag: Tag, authorAt: number): EventReference | undefined {
  const id = tag[1];
  if (!isHex64(id)) return undefined;
  const author = tag[authorAt];
  return { id, relay: readRelay(tag[2]), author: isHex64(author) ? author : undefined };
}

/** Reads `[name, kind:pubkey:d, relay?]`; undefined where the address is malformed. */
export function readAddressReference(tag: Tag): AddressReference | undefined {
  const address = readAddress(tag[1]);
  return address && { ...address, relay: readRelay(tag[2]) };
}

/** The address that a text holds, or undefined where it is malformed. */
export function readAddress(text: string | undefined): Address | undefined {
  try {
    return text === undefined ? undefined : parseAddress(text);
  } catch (error) {
    if (error instanceof InvalidError) return undefined;
    throw error;
  }
}

/** The normalised URL of a relay hint, or undefined where there is none. */
export function readRelay(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : (normalizeRelayUrl(text) ?? undefined);
}

/** The kind that the text of a `k` tag names, or undefined where it names none. */
export function readKind(text: string | undefined): number | undefined {
  const kind = text !== undefined && /^[0-9]{1,5}$/.test(text) ? Number(text) : undefined;
  return kind !== undefined && kind <= 65_535 ? kind : undefined;
}

/** The last tag of that name whose first value is 64 hex digits: the target of reactions and reposts. */
export function lastHexTag(tags: readonly Tag[], name: string): Tag | undefined {
  return tags.findLast((tag) => tag[0] === name && isHex64(tag[1]));
}
