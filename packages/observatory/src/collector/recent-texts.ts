import { createHash } from 'node:crypto';
import { type NostrEvent, serializeEvent } from '@nostrata/protocol';

/** Events that were seen lately, word for word. */
export interface RecentTexts {
  has(event: NostrEvent): boolean;
  add(event: NostrEvent): void;
}

/** Remembers between `max` and twice as many, by SHA-256. */
export function createRecentTexts(max: number): RecentTexts {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    has(event) {
      const digest = digestOf(event);
      return young.has(digest) || old.has(digest);
    },
    add(event) {
      if (young.size >= max) {
        old = young;
        young = new Set();
      }
      young.add(digestOf(event));
    },
  };
}

function digestOf(event: NostrEvent): string {
  return createHash('sha256').update(serializeEvent(event)).digest('base64');
}

/** Says whether two events are the same word for word. */
export function isSameText(a: NostrEvent, b: NostrEvent): boolean {
  return (
    a.id === b.id &&
    a.sig === b.sig &&
    a.pubkey === b.pubkey &&
    a.kind === b.kind &&
    a.created_at === b.created_at &&
    a.content === b.content &&
    isSameTags(a.tags, b.tags)
  );
}

function isSameTags(a: NostrEvent['tags'], b: NostrEvent['tags']): boolean {
  if (a.length !== b.length) return false;
  return a.every((tag, index) => {
    const other = b[index];
    return other?.length === tag.length && tag.every((value, place) => value === other[place]);
  });
}
