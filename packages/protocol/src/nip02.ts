import { isHex64, type UnsignedEvent } from './event.ts';
import { petnameCharactersMax } from './limits.ts';
import { readRelay } from './references.ts';
import { cutText } from './text.ts';

/** Somebody that the author of a follow list follows. */
export interface Follow {
  readonly pubkey: string;
  /** Where the followed one's events are to be found, normalised. */
  readonly relay?: string | undefined;
  /** What the author calls the followed one, at most 100 characters. */
  readonly petname?: string | undefined;
}

/** A follow list as it can be used, and how much of it could not. */
export interface Follows {
  /** In the order of the list, each pubkey once. */
  readonly follows: readonly Follow[];
  /** `p` tags whose value is no pubkey of 64 lower-case hex digits. */
  readonly invalidCount: number;
  /** `p` tags that name a pubkey once more. */
  readonly duplicateCount: number;
}

/**
 * Reads a follow list (kind 3, NIP-02). Never throws. Of several tags for one pubkey the first gives the place; later
 * ones only fill in a hint or a name that it lacks.
 */
export function parseFollows(event: UnsignedEvent): Follows {
  const followByPubkey = new Map<string, Follow>();
  let invalidCount = 0;
  let duplicateCount = 0;
  for (const [name, pubkey, hint, petname] of event.tags) {
    if (name !== 'p') continue;
    if (!isHex64(pubkey)) {
      invalidCount++;
      continue;
    }
    const known = followByPubkey.get(pubkey);
    if (known) duplicateCount++;
    followByPubkey.set(pubkey, {
      pubkey,
      relay: known?.relay ?? readRelay(hint),
      petname: known?.petname ?? cutText(petname, petnameCharactersMax),
    });
  }
  return { follows: [...followByPubkey.values()], invalidCount, duplicateCount };
}
