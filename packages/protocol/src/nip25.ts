import type { UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import { reactionCharactersMax } from './limits.ts';
import {
  type AddressReference,
  type EventReference,
  lastHexTag,
  readAddressReference,
  readEventReference,
  readKind,
} from './references.ts';
import { getTagValue, getTagValues } from './tags.ts';
import { cutText, wholeText } from './text.ts';

/** How a reaction is meant: `+` and nothing at all are a like, `-` is a dislike, everything else shows as it is. */
export type ReactionType = 'like' | 'dislike' | 'emoji';

/** A reaction (kinds 7 and 17, NIP-25). */
export interface Reaction {
  readonly type: ReactionType;
  /** `+` for every like, `-` for every dislike, else the emoji or `:shortcode:`, at most 64 characters. */
  readonly content: string;
  /** The picture of a custom emoji (NIP-30): text from outside. */
  readonly emojiUrl?: string | undefined;
  /** The event reacted to: that of the last well-formed `e` tag. Its author is that of the last `p` tag. */
  readonly event?: EventReference | undefined;
  /** The address reacted to, where the target has one. */
  readonly address?: AddressReference | undefined;
  /** The kind of the target, as the author says. */
  readonly kind?: number | undefined;
  /** What kind 17 reacts to: external ids (NIP-73). Empty for kind 7. */
  readonly externals: readonly string[];
}

/** Reads a reaction. Null for other kinds and for a reaction to nothing. Never throws. */
export function parseReaction(event: UnsignedEvent): Reaction | null {
  if (event.kind !== Kind.reaction && event.kind !== Kind.externalReaction) return null;
  const externals = event.kind === Kind.externalReaction ? getTagValues(event, 'i') : [];
  const target = lastHexTag(event.tags, 'e');
  const addressTag = event.tags.findLast((tag) => tag[0] === 'a');
  const address = addressTag && readAddressReference(addressTag);
  if (externals.length === 0 && target === undefined && address === undefined) return null;
  const reference = target && readEventReference(target, 3);
  const author = lastHexTag(event.tags, 'p')?.[1] ?? reference?.author;
  return {
    ...readContent(event),
    event: reference && { ...reference, author },
    address,
    kind: readKind(getTagValue(event, 'k')),
    externals,
  };
}

function readContent(event: UnsignedEvent): Pick<Reaction, 'type' | 'content' | 'emojiUrl'> {
  const content = cutText(event.content, reactionCharactersMax) ?? '+';
  if (content === '+') return { type: 'like', content };
  if (content === '-') return { type: 'dislike', content };
  const emoji = event.tags.find((tag) => tag[0] === 'emoji' && content === `:${tag[1]}:`);
  return { type: 'emoji', content, emojiUrl: wholeText(emoji?.[2], 2_000) };
}
