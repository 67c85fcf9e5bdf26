import { InvalidError } from './errors.ts';
import { isHex64, type NostrEvent, parseEvent, type UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import {
  type AddressReference,
  type EventReference,
  lastHexTag,
  readAddressReference,
  readEventReference,
  readKind,
} from './references.ts';
import { getTag, getTagValue } from './tags.ts';
import { hasValidId } from './verify.ts';

/** A repost (kinds 6 and 16, NIP-18). */
export interface Repost {
  readonly event?: EventReference | undefined;
  readonly address?: AddressReference | undefined;
  /** The kind of what is reposted: that of the embedded event, else what the author says, else 1 for kind 6. */
  readonly kind?: number | undefined;
  /** The event in the content, where its id is right and the tags name no other. Its signature is not yet checked. */
  readonly embedded?: NostrEvent | undefined;
}

/** Reads a repost. Null for other kinds and for a repost of nothing. Never throws. */
export function parseRepost(event: UnsignedEvent): Repost | null {
  if (event.kind !== Kind.repost && event.kind !== Kind.genericRepost) return null;
  const tag = lastHexTag(event.tags, 'e');
  const addressTag = getTag(event, 'a');
  const reference = tag && readEventReference(tag, 3);
  const address = addressTag && readAddressReference(addressTag);
  const embedded = readEmbedded(event.content, reference?.id);
  if (reference === undefined && address === undefined && embedded === undefined) return null;
  const author = embedded?.pubkey ?? lastHexTag(event.tags, 'p')?.[1] ?? reference?.author;
  const id = reference?.id ?? embedded?.id;
  return {
    event: id === undefined ? undefined : { id, relay: reference?.relay, author },
    address,
    kind: embedded?.kind ?? readKind(getTagValue(event, 'k')) ?? (event.kind === Kind.repost ? Kind.note : undefined),
    embedded,
  };
}

/** The events and addresses that an event quotes by `q` tags (NIP-18), in order, malformed ones left out. */
export function parseQuotes(event: UnsignedEvent): (EventReference | AddressReference)[] {
  return event.tags.flatMap((tag) => {
    if (tag[0] !== 'q') return [];
    return (isHex64(tag[1]) ? readEventReference(tag, 3) : readAddressReference(tag)) ?? [];
  });
}

function readEmbedded(content: string, id: string | undefined): NostrEvent | undefined {
  if (!content.startsWith('{')) return undefined;
  try {
    const event = parseEvent(JSON.parse(content));
    return hasValidId(event) && (id === undefined || id === event.id) ? event : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidError) return undefined;
    throw error;
  }
}
