import { Kind, parseEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { anchoredMax, authorsPerFilter } from './limits.ts';

/**
 * Everybody within two steps of the anchors along the follow lists (kind 3) that are stored: the anchors, whom they
 * follow, and whom those follow. Edges lead from the anchors outwards, so that nobody gets in by following somebody.
 */
export async function loadAnchored(
  store: Pick<EventStore, 'query'>,
  anchors: readonly string[],
): Promise<ReadonlySet<string>> {
  const reached = new Set(anchors);
  let edge: readonly string[] = anchors;
  for (let step = 0; step < 2; step++) {
    const next = new Set<string>();
    for await (const followed of loadFollowed(store, edge)) {
      if (reached.has(followed) || reached.size >= anchoredMax) continue;
      reached.add(followed);
      next.add(followed);
    }
    edge = [...next];
  }
  return reached;
}

async function* loadFollowed(
  store: Pick<EventStore, 'query'>,
  authors: readonly string[],
): AsyncGenerator<string, void, undefined> {
  for (let next = 0; next < authors.length; next += authorsPerFilter) {
    const filter = { kinds: [Kind.follows], authors: authors.slice(next, next + authorsPerFilter) };
    for await (const page of store.query([filter])) {
      for (const { json } of page) {
        for (const [name, pubkey = ''] of parseEvent(JSON.parse(json)).tags) {
          if (name === 'p' && /^[0-9a-f]{64}$/.test(pubkey)) yield pubkey;
        }
      }
    }
  }
}
