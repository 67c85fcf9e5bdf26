import type { NostrEvent } from '@nostrata/protocol';
import { timelineEventsMax } from '../limits.ts';

/** Events in the order of NIP-01 (newest first, then lowest id), each once, bounded. */
export interface Listing {
  readonly events: readonly NostrEvent[];
  /** Takes in events; true where something changed. The oldest go where there are too many. */
  add(events: readonly NostrEvent[]): boolean;
  remove(id: string): boolean;
  has(id: string): boolean;
}

/** Makes an empty list. */
export function createListing(eventsMax = timelineEventsMax): Listing {
  let events: readonly NostrEvent[] = [];
  const ids = new Set<string>();
  return {
    get events() {
      return events;
    },
    add: (added) => {
      const fresh = added.filter(({ id }) => !ids.has(id));
      if (fresh.length === 0) return false;
      for (const { id } of fresh) ids.add(id);
      const all = merge(events, fresh.toSorted(compareEvents));
      for (const { id } of all.slice(eventsMax)) ids.delete(id);
      events = all.slice(0, eventsMax);
      return true;
    },
    remove: (id) => {
      if (!ids.delete(id)) return false;
      events = events.filter((event) => event.id !== id);
      return true;
    },
    has: (id) => ids.has(id),
  };
}

/** Newest first, then lowest id. */
export function compareEvents(a: NostrEvent, b: NostrEvent): number {
  return b.created_at - a.created_at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function merge(a: readonly NostrEvent[], b: readonly NostrEvent[]): NostrEvent[] {
  const merged: NostrEvent[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [left, right] = [a[i], b[j]];
    if (left === undefined) return merged.concat(b.slice(j));
    if (right === undefined) return merged.concat(a.slice(i));
    if (compareEvents(left, right) <= 0) {
      merged.push(left);
      i += 1;
    } else {
      merged.push(right);
      j += 1;
    }
  }
}
