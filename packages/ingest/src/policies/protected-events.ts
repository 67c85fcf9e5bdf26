import { embedsProtectedEvent, isProtected } from '@nostrata/protocol';
import type { Policy, Rejection } from '../contract.ts';

/**
 * Takes a protected event (tag `-`, NIP-70) from a client only where its author has authenticated there, never from
 * another relay, and no repost that carries one inside. Imports (a backup holds them) and our own events are exempt.
 */
export function createProtectedEventsPolicy(): Policy {
  return {
    name: 'protected events',
    check(event, { via, authenticated }) {
      if (via === 'import' || via === 'own') return null;
      if (embedsProtectedEvent(event)) return refuse('blocked', 'a repost may not carry a protected event');
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
