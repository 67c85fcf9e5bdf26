import type { Filter, NostrEvent } from '@nostrata/protocol';
import type { CountResult, Item, StoredEvent, Visibility } from '../contract.ts';
import { createHllCounter, getHllOffset } from '../hll.ts';
import { pageEventsMax, pageItemsMax } from '../limits.ts';
import { parseSearch } from '../search-query.ts';
import { idOf, parseCanonical, pubkeyOf } from '../sqlite/texts.ts';

/** A judge cannot be sent to the other side, so what comes from there without limits is judged and cut here. */
export interface Judged {
  readonly visibility: Visibility;
  readonly read: (filters: readonly Filter[]) => AsyncIterable<readonly StoredEvent[]>;
}

/** The pages of a query whose events are judged before the limits are applied. */
export function readVisible(filters: readonly Filter[], judged: Judged): AsyncIterable<readonly StoredEvent[]> {
  const [only, ...more] = filters;
  if (only && more.length === 0) return readOne(only, judged);
  return filters.every(({ limit }) => limit === undefined) ? readAll(filters, judged) : readUnion(filters, judged);
}

/** The exact number of visible events. */
export async function countVisible(filters: readonly Filter[], judged: Judged): Promise<CountResult> {
  const unlimited = filters.map(({ limit: _, ...filter }) => filter);
  const [only] = unlimited;
  const offset = only && unlimited.length === 1 ? getHllOffset(only) : undefined;
  const hll = offset === undefined ? undefined : createHllCounter(offset);
  let count = 0;
  for await (const page of readAll(unlimited, judged)) {
    count += page.length;
    if (hll) for (const { json } of page) hll.add(pubkeyOf(json));
  }
  return { count, hll: hll?.toHex() };
}

/** The visible items: oldest first, then lowest id. */
export async function* readVisibleItems(filter: Filter, judged: Judged): AsyncGenerator<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of readOne(filter, judged)) {
    for (const { created_at, json } of page) items.push({ created_at, id: idOf(json) });
  }
  items.sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
  for (let from = 0; from < items.length; from += pageItemsMax) yield items.slice(from, from + pageItemsMax);
}

async function* readAll(filters: readonly Filter[], { visibility, read }: Judged): AsyncGenerator<StoredEvent[]> {
  const { kinds } = visibility;
  const isVisible = ({ kind, json }: StoredEvent): boolean =>
    !kinds.has(kind) || visibility.isVisible(parseCanonical(json) as NostrEvent);
  for await (const page of read(filters)) yield page.filter(isVisible);
}

async function* readOne({ limit, ...filter }: Filter, judged: Judged): AsyncGenerator<StoredEvent[]> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const page of readAll([filter], judged)) {
    yield page.slice(0, left);
    left -= page.length;
    if (left <= 0) return;
  }
}

/** Each filter cut at its own limit, then all in one order; with search in the order of the filters. */
async function* readUnion(filters: readonly Filter[], judged: Judged): AsyncGenerator<StoredEvent[]> {
  const found = new Map<number, StoredEvent>();
  for (const filter of filters) {
    for await (const page of readOne(filter, judged)) for (const event of page) found.set(event.seq, event);
  }
  const events = [...found.values()];
  if (!filters.some(isRanked)) events.sort(compareEvents);
  for (let from = 0; from < events.length; from += pageEventsMax) yield events.slice(from, from + pageEventsMax);
}

function isRanked({ search }: Filter): boolean {
  return search !== undefined && parseSearch(search).type !== 'all';
}

function compareEvents(a: StoredEvent, b: StoredEvent): number {
  return b.created_at - a.created_at || (idOf(a.json) < idOf(b.json) ? -1 : 1);
}
