import { createHash } from 'node:crypto';
import { idPreimage, type NostrEvent, type VerifiedEvent } from '@nostrata/protocol';
import type { EventParts } from './builder.ts';

/** An event with a true id and a signature that nobody checks, so that thousands cost nothing. */
export function createUncheckedEvent(author: string, parts: EventParts = {}): VerifiedEvent {
  const { kind = 1, created_at = 1_700_000_000, tags = [], content = '' } = parts;
  const pubkey = uncheckedPubkey(author);
  const id = hash(idPreimage({ pubkey, created_at, kind, tags: [...tags], content }));
  const event: NostrEvent = { id, pubkey, created_at, kind, tags: [...tags], content, sig: id + id };
  // For stores and views, behind the door that would have checked it.
  return event as VerifiedEvent;
}

/** The pubkey of the author of that name: one that has no key. */
export function uncheckedPubkey(author: string): string {
  return hash(`author ${author}`);
}

function hash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
