import { formatAddress, Kind, type NostrEvent, type Tag, type VerifiedEvent } from '@nostrata/protocol';
import { createKeys, type Keys, signEvent } from './keys.ts';

/** The parts of an event that a test cares about; the rest is filled in. */
export interface EventParts {
  readonly kind?: number;
  readonly content?: string;
  readonly tags?: readonly Tag[];
  /** Seconds; one more than the builder's last event unless told. */
  readonly created_at?: number;
}

/** Signs events of one author; every event is a second younger than the one before, unless told otherwise. */
export interface EventBuilder {
  readonly keys: Keys;
  readonly pubkey: string;
  event(parts?: EventParts): VerifiedEvent;
  /** Kind 1. */
  note(content: string, parts?: EventParts): VerifiedEvent;
  /** Kind 0. */
  profile(profile: Readonly<Record<string, unknown>>, parts?: EventParts): VerifiedEvent;
  /** Kind 3. */
  follows(pubkeys: readonly string[], parts?: EventParts): VerifiedEvent;
  /** Kind 7. */
  reaction(target: NostrEvent, content?: string, parts?: EventParts): VerifiedEvent;
  /** An addressable event: kind 30000–39999 with a `d` tag. */
  addressable(kind: number, identifier: string, parts?: EventParts): VerifiedEvent;
  /** Kind 5 for events by id. */
  deletion(targets: readonly NostrEvent[], parts?: EventParts): VerifiedEvent;
  /** Kind 5 for an address of this author. */
  deletionOfAddress(kind: number, identifier: string, parts?: EventParts): VerifiedEvent;
  /** Kind 62 for relay URLs or `ALL_RELAYS`. */
  vanish(relays: readonly string[], parts?: EventParts): VerifiedEvent;
  /** Kind 22242 (NIP-42). */
  authentication(challenge: string, relay: string, parts?: EventParts): VerifiedEvent;
}

/** Creates a builder for the author that belongs to the seed; its first event is dated `startSeconds`. */
export function createEventBuilder(seed: string, startSeconds = 1_700_000_000): EventBuilder {
  const keys = createKeys(seed);
  const { pubkey } = keys;
  let next = startSeconds;
  const event = ({ kind = Kind.note, content = '', tags = [], created_at = next }: EventParts = {}): VerifiedEvent => {
    next = Math.max(next, created_at) + 1;
    return signEvent({ pubkey, created_at, kind, tags, content }, keys.secret);
  };
  /** Own tags come first, those of `parts` after them. */
  const withTags = (parts: EventParts, kind: number, tags: readonly Tag[]): EventParts => {
    return { kind, ...parts, tags: [...tags, ...(parts.tags ?? [])] };
  };
  return {
    keys,
    pubkey,
    event,
    note: (content, parts = {}) => event({ kind: Kind.note, content, ...parts }),
    profile: (profile, parts = {}) => event({ kind: Kind.profile, content: JSON.stringify(profile), ...parts }),
    follows: (pubkeys, parts = {}) =>
      event(
        withTags(
          parts,
          Kind.follows,
          pubkeys.map((followed) => ['p', followed]),
        ),
      ),
    reaction(target, content = '+', parts = {}) {
      const tags = [
        ['e', target.id],
        ['p', target.pubkey],
      ];
      return event({ content, ...withTags(parts, Kind.reaction, tags) });
    },
    addressable: (kind, identifier, parts = {}) => event(withTags(parts, kind, [['d', identifier]])),
    deletion: (targets, parts = {}) =>
      event(
        withTags(
          parts,
          Kind.deletionRequest,
          targets.map(({ id }) => ['e', id]),
        ),
      ),
    deletionOfAddress(kind, identifier, parts = {}) {
      return event(withTags(parts, Kind.deletionRequest, [['a', formatAddress({ kind, pubkey, identifier })]]));
    },
    vanish: (relays, parts = {}) =>
      event(
        withTags(
          parts,
          Kind.vanishRequest,
          relays.map((relay) => ['relay', relay]),
        ),
      ),
    authentication(challenge, relay, parts = {}) {
      const tags = [
        ['relay', relay],
        ['challenge', challenge],
      ];
      return event(withTags(parts, Kind.authentication, tags));
    },
  };
}

/** A signed kind 1 of an author named by a seed: the shortest way to a real event. */
export function note(seed: string, content: string, parts: EventParts = {}): VerifiedEvent {
  return createEventBuilder(seed).note(content, parts);
}
