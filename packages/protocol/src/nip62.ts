import type { UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import { normalizeRelayUrl } from './relay-url.ts';
import { getTagValues } from './tags.ts';

/** What a vanish request writes for "every relay there is" (NIP-62). */
export const allRelays = 'ALL_RELAYS';

/** Says whether the event is a vanish request (kind 62) that names one of these relays, in any spelling, or all relays. */
export function isVanishRequestFor(event: UnsignedEvent, relayUrls: readonly string[]): boolean {
  if (event.kind !== Kind.vanishRequest) return false;
  const own = new Set(relayUrls.map((url) => normalizeRelayUrl(url) ?? url));
  return getTagValues(event, 'relay').some(
    (value) => value === allRelays || own.has(normalizeRelayUrl(value) ?? value),
  );
}
