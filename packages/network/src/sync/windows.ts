import { createSyncItems, type Filter, type SyncItems } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';

/** A piece of time and what we have in it. */
export interface Window {
  /** Seconds, both inclusive. */
  readonly since: number;
  readonly until: number;
  readonly items: SyncItems;
}

/** What a window is cut from. */
export interface WindowOptions {
  readonly since: number;
  readonly until: number;
  /** Events of ours in one window; the events of its last second all belong to it. */
  readonly itemsMax: number;
  readonly signal?: AbortSignal | undefined;
}

/** Reads our events from `since` on, up to a bound of events or of time, whichever comes first. */
export async function readWindow(
  store: Pick<EventStore, 'items'>,
  filter: Filter,
  { since, until, itemsMax, signal }: WindowOptions,
): Promise<Window> {
  const items = createSyncItems();
  let count = 0;
  let last = since;
  for await (const page of store.items({ ...filter, since, until }, { signal })) {
    for (const { created_at, id } of page) {
      if (count >= itemsMax && created_at > last) return { since, until: last, items };
      items.add(created_at, id);
      count++;
      last = created_at;
    }
  }
  return { since, until, items };
}

/** The filter of a window as it is asked; limits would cut what is compared. */
export function windowFilter(
  filter: Filter,
  { since, until }: { readonly since: number; readonly until: number },
): Filter {
  const { limit: _, search: __, ...rest } = filter;
  return { ...rest, since, until };
}
