import type { NostrEvent } from './event.ts';
import { Kind } from './kinds.ts';
import { authenticationSkewSeconds } from './limits.ts';
import { getTagValue } from './tags.ts';

/** What an authentication is measured against. */
export interface AuthenticationContext {
  /** The challenge that this connection was sent last. */
  readonly challenge: string;
  /** The URLs under which clients may know the relay. */
  readonly relayUrls: readonly string[];
  readonly nowSeconds: number;
}

/**
 * Says what is wrong with an authentication event (NIP-42) in one sentence, or null where it is good. Id and signature
 * are the caller's to check. Relay URLs are compared by host name alone, as the NIP advises: ports, paths and schemes
 * change on the way through a proxy, and the challenge already binds the event to this connection.
 */
export function findAuthenticationFault(event: NostrEvent, context: AuthenticationContext): string | null {
  if (event.kind !== Kind.authentication) return `kind is not ${Kind.authentication}`;
  if (Math.abs(event.created_at - context.nowSeconds) > authenticationSkewSeconds) {
    return 'created_at is more than ten minutes away from the time of the relay';
  }
  if (getTagValue(event, 'challenge') !== context.challenge) return 'challenge is not the one that the relay sent';
  const host = getHost(getTagValue(event, 'relay') ?? '');
  if (host === null) return 'relay tag is not a URL';
  if (!context.relayUrls.some((url) => getHost(url) === host))
    return `relay tag names ${host}, which is not this relay`;
  return null;
}

function getHost(url: string): string | null {
  const parsed = URL.parse(url);
  return parsed !== null && /^wss?:$/.test(parsed.protocol) && parsed.hostname !== '' ? parsed.hostname : null;
}
