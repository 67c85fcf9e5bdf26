import type { UnsignedEvent } from './event.ts';

/**
 * Says whether the event is a repost (kind 6 or 16) that carries a protected event in its content, which relays refuse
 * whoever sends it (NIP-70).
 */
export function embedsProtectedEvent(event: UnsignedEvent): boolean {
  if ((event.kind !== 6 && event.kind !== 16) || !event.content.includes('"-"')) return false;
  let embedded: unknown;
  try {
    embedded = JSON.parse(event.content);
  } catch {
    // No event is embedded in what is not JSON.
    return false;
  }
  const tags = typeof embedded === 'object' && embedded !== null ? (embedded as { tags?: unknown }).tags : undefined;
  return Array.isArray(tags) && tags.some((tag: unknown) => Array.isArray(tag) && tag[0] === '-');
}
