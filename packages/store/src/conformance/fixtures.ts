import { createHash } from 'node:crypto';
import { idPreimage, type NostrEvent, type Tag, type VerifiedEvent } from '@nostrata/protocol';

/** The parts of an event that a law cares about. */
export interface Parts {
  readonly kind?: number;
  readonly created_at?: number;
  readonly tags?: readonly Tag[];
  readonly content?: string;
  /** Only for laws about ids that share their beginning; the store takes the door's word for ids. */
  readonly id?: string;
}

/** An author without a key: the door checks signatures, the store does not. */
export interface Author {
  readonly pubkey: string;
  event(parts?: Parts): VerifiedEvent;
  /** Kind 1 at that second. */
  note(created_at: number, parts?: Parts): VerifiedEvent;
  /** Kind 5 with these tags. */
  deletion(created_at: number, tags: readonly Tag[]): VerifiedEvent;
  /** Kind 62 for these relays. */
  vanish(created_at: number, relays: readonly string[]): VerifiedEvent;
}

/** The author of that name. */
export function createAuthor(name: string): Author {
  const pubkey = hashHex(`author ${name}`);
  const event = (parts: Parts = {}): VerifiedEvent => createEvent(pubkey, parts);
  return {
    pubkey,
    event,
    note: (created_at, parts = {}) => event({ ...parts, kind: parts.kind ?? 1, created_at }),
    deletion: (created_at, tags) => event({ kind: 5, created_at, tags }),
    vanish: (created_at, relays) => event({ kind: 62, created_at, tags: relays.map((relay) => ['relay', relay]) }),
  };
}

/** An event with a true id and a signature that nobody checks, so that thousands cost nothing. */
export function createEvent(pubkey: string, parts: Parts): VerifiedEvent {
  const { kind = 1, created_at = 1_600_000_000, tags = [], content = '' } = parts;
  const id = parts.id ?? hashHex(idPreimage({ pubkey, created_at, kind, tags, content }));
  const event: NostrEvent = { id, pubkey, created_at, kind, tags, content, sig: id + id };
  return event as VerifiedEvent;
}

/** A real event, checked when the data was collected. */
export function trustEvent(event: NostrEvent): VerifiedEvent {
  return event as VerifiedEvent;
}

/** 64 hex digits that belong to the text. */
export function hashHex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Newest first, then lowest id. */
export function inOrder(events: readonly NostrEvent[]): string[] {
  const sorted = [...events].sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
  return sorted.map(({ id }) => id);
}

/** The list in another order. */
export function shuffle<T>(list: readonly T[], integer: (below: number) => number): T[] {
  const shuffled = [...list];
  for (let i = shuffled.length - 1; i > 0; i -= 1) {
    const j = integer(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
}
