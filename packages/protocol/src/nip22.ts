import { isHex64, type UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import { type AddressReference, type EventReference, readAddressReference, readEventReference } from './references.ts';
import { getTag, getTagValue } from './tags.ts';

/** What a comment is about or answers: an event, an address (with the event it was then, where told) or an external id. */
export interface CommentTarget {
  readonly event?: EventReference | undefined;
  readonly address?: AddressReference | undefined;
  /** An id of NIP-73: a URL, `podcast:guid:…`, `geo:…`, `#hashtag`. */
  readonly external?: string | undefined;
  /** A kind number, or the kind of external id, as the author says. */
  readonly kind?: string | undefined;
  readonly author?: string | undefined;
}

/** A comment (kind 1111, NIP-22): what the thread is about, and what this comment answers. */
export interface Comment {
  readonly root: CommentTarget;
  readonly parent: CommentTarget;
}

/** Reads a comment. Null for other kinds and where root or parent are missing. Never throws. */
export function parseComment(event: UnsignedEvent): Comment | null {
  if (event.kind !== Kind.comment) return null;
  const root = readTarget(event, { e: 'E', a: 'A', i: 'I', k: 'K', p: 'P' });
  const parent = readTarget(event, { e: 'e', a: 'a', i: 'i', k: 'k', p: 'p' });
  return root && parent && { root, parent };
}

type TargetTags = Readonly<Record<'e' | 'a' | 'i' | 'k' | 'p', string>>;

function readTarget(event: UnsignedEvent, names: TargetTags): CommentTarget | null {
  const eventTag = getTag(event, names.e);
  const addressTag = getTag(event, names.a);
  const reference = eventTag && readEventReference(eventTag, 3);
  const address = addressTag && readAddressReference(addressTag);
  const external = getTagValue(event, names.i);
  if (reference === undefined && address === undefined && external === undefined) return null;
  const named = getTagValue(event, names.p);
  const author = isHex64(named) ? named : (address?.pubkey ?? reference?.author);
  return { event: reference, address, external, kind: getTagValue(event, names.k), author };
}
