import type { UnsignedEvent } from './event.ts';
import { getExpiration } from './tags.ts';

/** Says whether the event has expired at that second (NIP-40): from the second of its `expiration` tag on. */
export function isExpired(event: UnsignedEvent, nowSeconds: number): boolean {
  const expiration = getExpiration(event);
  return expiration !== undefined && expiration <= nowSeconds;
}
