import { type Filter, idOfSerialized } from '@nostrata/protocol';
import type { EventStore, Item } from '@nostrata/store';
import { selectIdsMax } from '../limits.ts';

/** The part of the store that reading out needs. */
export type ReadableStore = Pick<EventStore, 'query' | 'items'>;

/** The texts of the events that match, newest first, in pages. */
export async function* selectNewestFirst(
  store: ReadableStore,
  filters: readonly Filter[],
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  for await (const page of store.query(filters, { signal })) yield page.map((event) => event.json);
}

/** The texts of the events that match, oldest first then lowest id, in pages. Filters must not search. */
export async function* selectOldestFirst(
  store: ReadableStore,
  filters: readonly Filter[],
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  let ids: string[] = [];
  for await (const item of mergeItems(filters.map((filter) => store.items(filter, { signal })))) {
    ids.push(item.id);
    if (ids.length < selectIdsMax) continue;
    yield await loadTexts(store, ids, signal);
    ids = [];
  }
  if (ids.length > 0) yield await loadTexts(store, ids, signal);
}

/** An event that went away in between is left out. */
async function loadTexts(
  store: ReadableStore,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const textById = new Map<string, string>();
  for await (const page of store.query([{ ids }], { signal })) {
    for (const event of page) textById.set(idOfSerialized(event.json), event.json);
  }
  return ids.flatMap((id) => textById.get(id) ?? []);
}

/** Puts ordered streams together into one, each item once. */
async function* mergeItems(streams: readonly AsyncIterable<readonly Item[]>[]): AsyncGenerator<Item> {
  const cursors = streams.map((stream) => flatten(stream));
  const heads = await Promise.all(cursors.map((cursor) => cursor.next()));
  let lastId: string | undefined;
  for (;;) {
    const index = findFirst(heads);
    const head = heads[index];
    const cursor = cursors[index];
    if (!cursor || !head || head.done) return;
    if (head.value.id !== lastId) yield head.value;
    lastId = head.value.id;
    heads[index] = await cursor.next();
  }
}

function findFirst(heads: readonly IteratorResult<Item, void>[]): number {
  let first = -1;
  let best: Item | undefined;
  for (const [index, head] of heads.entries()) {
    if (head.done || (best && !isBefore(head.value, best))) continue;
    best = head.value;
    first = index;
  }
  return first;
}

function isBefore(a: Item, b: Item): boolean {
  return a.created_at === b.created_at ? a.id < b.id : a.created_at < b.created_at;
}

async function* flatten(pages: AsyncIterable<readonly Item[]>): AsyncGenerator<Item, void> {
  for await (const page of pages) yield* page;
}
