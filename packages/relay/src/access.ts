import { type Filter, Kind, type NostrEvent } from '@nostrata/protocol';
import type { Visibility } from '@nostrata/store';

/**
 * Kinds that only those involved may read: direct messages (NIP-04), seals, chat messages and files that should never
 * travel unwrapped (NIP-17, NIP-59), and gift wraps.
 */
export const restrictedKinds: ReadonlySet<number> = new Set([
  Kind.encryptedDirectMessage,
  Kind.seal,
  14,
  15,
  Kind.giftWrap,
  Kind.ephemeralGiftWrap,
]);

/**
 * Says whether a reader that has authenticated these pubkeys may see the event. Everything is public but the
 * restricted kinds: gift wraps go to their `p` recipients alone, the others to author and recipients.
 */
export function canRead(event: NostrEvent, authenticated: ReadonlySet<string>): boolean {
  if (!restrictedKinds.has(event.kind)) return true;
  if (authenticated.size === 0) return false;
  const isWrap = event.kind === Kind.giftWrap || event.kind === Kind.ephemeralGiftWrap;
  if (!isWrap && authenticated.has(event.pubkey)) return true;
  return event.tags.some((tag) => tag[0] === 'p' && tag[1] !== undefined && authenticated.has(tag[1]));
}

/** What a reader with these pubkeys may see, in the form that stores apply before their limits. */
export function createVisibility(authenticated: ReadonlySet<string>): Visibility {
  return { kinds: restrictedKinds, isVisible: (event) => canRead(event, authenticated) };
}

/** Says whether the filters can match a restricted kind at all; where they cannot, the store need not look. */
export function canMatchRestricted(filters: readonly Filter[]): boolean {
  return filters.some((filter) => filter.kinds === undefined || filter.kinds.some((kind) => restrictedKinds.has(kind)));
}

/** Says whether every filter names its kinds and all of them are restricted: nothing could be served without AUTH. */
export function asksOnlyRestricted(filters: readonly Filter[]): boolean {
  return (
    filters.length > 0 &&
    filters.every(
      ({ kinds }) => kinds !== undefined && kinds.length > 0 && kinds.every((kind) => restrictedKinds.has(kind)),
    )
  );
}
