import type { UnsignedEvent } from './event.ts';
import { normalizeRelayUrl } from './relay-url.ts';

/** A relay of a relay list: where its author reads, writes or both. */
export interface ListedRelay {
  readonly url: string;
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * The relays of a relay list (kind 10002, NIP-65) in order, each normalised URL once with its markers joined. What is
 * no relay URL is left out; a marker that is neither `read` nor `write` counts as none.
 */
export function parseRelayList(event: UnsignedEvent): ListedRelay[] {
  const relayByUrl = new Map<string, ListedRelay>();
  for (const [name, text, marker] of event.tags) {
    const url = name === 'r' && text !== undefined ? normalizeRelayUrl(text) : null;
    if (url === null) continue;
    const known = relayByUrl.get(url);
    const read = marker !== 'write' || known?.read === true;
    const write = marker !== 'read' || known?.write === true;
    relayByUrl.set(url, { url, read, write });
  }
  return [...relayByUrl.values()];
}
