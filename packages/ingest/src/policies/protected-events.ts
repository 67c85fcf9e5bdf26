import { isProtected, Kind, type NostrEvent, parseEvent } from '@nostrata/protocol';
import type { Policy, Rejection } from '../contract.ts';

/** NIP-18: kind 6 reposts notes, kind 16 anything else. */
const genericRepost = 16;

/**
 * Takes a protected event (tag `-`, NIP-70) from a client only where its author has authenticated there, never from
 * another relay, and no repost that carries one inside. Imports (a backup holds them) and our own events are exempt.
 */
export function createProtectedEventsPolicy(): Policy {
  return {
    name: 'protected events',
    check(event, { via, authenticated }) {
      if (via === 'import' || via === 'own') return null;
      if (isProtectedRepost(event)) return refuse('blocked', 'a repost may not carry a protected event');
      if (!isProtected(event)) return null;
      const message = 'this event may only be published by its author';
      if (via === 'relay' || (authenticated?.size ?? 0) > 0) {
        return authenticated?.has(event.pubkey) === true ? null : refuse('restricted', message);
      }
      return refuse('auth-required', message);
    },
  };
}

function refuse(prefix: Rejection['prefix'], message: string): Rejection {
  return { prefix, message, by: 'protected events' };
}

function isProtectedRepost({ kind, content }: NostrEvent): boolean {
  if (kind !== Kind.repost && kind !== genericRepost) return false;
  // Looked for before parsing: nearly no repost has it.
  if (!content.includes('"-"')) return false;
  try {
    return isProtected(parseEvent(JSON.parse(content)));
  } catch (error) {
    // What is no event is no protected one.
    if (error instanceof Error) return false;
    throw error;
  }
}
