import type { Tag, UnsignedEvent } from './event.ts';
import { type EventReference, readEventReference } from './references.ts';

/** Where a note stands in its thread (NIP-10). */
export interface ThreadPlace {
  /** The note that began the thread; undefined for a note that answers nothing. */
  readonly root?: EventReference | undefined;
  /** The note that this one answers; the same as the root for a direct answer. */
  readonly reply?: EventReference | undefined;
  /** Other events that the note names by `e` tags. */
  readonly mentions: readonly EventReference[];
}

/**
 * Reads the thread of a note (kind 1, NIP-10): by the markers `root` and `reply` where there is one of them, else by
 * the places of the `e` tags (first is the root, last is answered). Malformed ids are left out. Never throws.
 */
export function parseThread(event: UnsignedEvent): ThreadPlace {
  const tags = event.tags.filter(([name]) => name === 'e');
  const marked = tags.some(([, , , marker]) => marker === 'root' || marker === 'reply');
  return marked ? readMarked(tags) : readPositional(tags);
}

function readMarked(tags: readonly Tag[]): ThreadPlace {
  let root: EventReference | undefined;
  let reply: EventReference | undefined;
  const mentions: EventReference[] = [];
  for (const tag of tags) {
    const reference = readEventReference(tag, 4);
    if (reference === undefined) continue;
    if (tag[3] === 'root' && root === undefined) root = reference;
    else if (tag[3] === 'reply' && reply === undefined) reply = reference;
    else mentions.push(reference);
  }
  // One marker alone stands for both: "a direct reply to the root should have a single marked tag".
  return { root: root ?? reply, reply: reply ?? root, mentions };
}

function readPositional(tags: readonly Tag[]): ThreadPlace {
  const isMention = (tag: Tag): boolean => tag[3] === 'mention';
  const placed = tags.filter((tag) => !isMention(tag)).flatMap(readReference);
  const mentions = [...placed.slice(1, -1), ...tags.filter(isMention).flatMap(readReference)];
  return { root: placed[0], reply: placed.at(-1), mentions };
}

function readReference(tag: Tag): EventReference[] {
  const reference = readEventReference(tag, 4);
  return reference ? [reference] : [];
}
