import type { Filter } from '@nostrata/protocol';
import type { CountResult, Item, StoredEvent } from '../contract.ts';
import { createHllCounter, getHllOffset } from '../hll.ts';
import { pageEventsMax, pageItemsMax } from '../limits.ts';
import { parseSearch } from '../search-query.ts';
import type { Entry } from './entry.ts';
import { ScanPages } from './pages.ts';
import type { ReadContext } from './read-context.ts';
import { createScan, mergeScans } from './scan.ts';
import { startSearch } from './search.ts';
import { idOf, pubkeyOf } from './texts.ts';
import { isWide, readWideItems } from './wide-items.ts';

/** The pages of a query, each the work of at most one time slice. */
export function readPages(filters: readonly Filter[], context: ReadContext): AsyncIterable<readonly StoredEvent[]> {
  return readEntries(filters, context, pageEventsMax);
}

/** The exact number of events that match; limits do not count. */
export async function countEvents(filters: readonly Filter[], context: ReadContext): Promise<CountResult> {
  const unlimited = filters.map(({ limit: _, ...filter }) => filter);
  const [only] = unlimited;
  const offset = only && unlimited.length === 1 ? getHllOffset(only) : undefined;
  const hll = offset === undefined ? undefined : createHllCounter(offset);
  let count = 0;
  for await (const page of readEntries(unlimited, context, Number.POSITIVE_INFINITY)) {
    count += page.length;
    if (hll) for (const entry of page) hll.add(pubkeyOf(entry.json));
  }
  return { count, hll: hll?.toHex() };
}

/** The items of a filter in the order of NIP-77: oldest first, then lowest id. */
export function readItems(filter: Filter, context: ReadContext): AsyncIterable<readonly Item[]> {
  return isWide(filter) ? readWideItems(filter, context) : readNarrowItems(filter, context);
}

async function* readNarrowItems(filter: Filter, context: ReadContext): AsyncGenerator<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of readEntries([filter], context, Number.POSITIVE_INFINITY)) {
    for (const { created_at, json } of page) items.push({ created_at, id: idOf(json) });
  }
  if (hasSearch(filter)) items.sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
  reverseTime(items);
  for (let from = 0; from < items.length; from += pageItemsMax) {
    context.signal?.throwIfAborted();
    yield items.slice(from, from + pageItemsMax);
  }
}

/** Newest first becomes oldest first; events of one second keep their order. */
function reverseTime(items: Item[]): void {
  items.reverse();
  for (let from = 0; from < items.length; ) {
    let to = from + 1;
    while (items[to]?.created_at === items[from]?.created_at && to < items.length) to += 1;
    if (to - from > 1) items.splice(from, to - from, ...items.slice(from, to).reverse());
    from = to;
  }
}

/** Says whether a filter is answered by the search index. */
function hasSearch(filter: Filter): boolean {
  return filter.search !== undefined && parseSearch(filter.search).type !== 'all';
}

/** The events of the filters in slices: those of one merged scan, or one filter after the other with search. */
function readEntries(filters: readonly Filter[], context: ReadContext, eventsMax: number): AsyncIterable<Entry[]> {
  if (filters.some(hasSearch)) return readBySearch(filters, context, eventsMax);
  const scans = filters.map((filter) => createScan(filter, context));
  const [only] = scans;
  return new ScanPages(only && scans.length === 1 ? only : mergeScans(scans), { ...context, eventsMax });
}

async function* readBySearch(
  filters: readonly Filter[],
  context: ReadContext,
  eventsMax: number,
): AsyncGenerator<Entry[]> {
  await context.indexSearch();
  const seen = new Set<number>();
  for (const filter of filters) {
    const scan = hasSearch(filter) ? await startSearch(filter, context) : createScan(filter, context);
    for await (const page of new ScanPages(scan, { ...context, eventsMax })) {
      yield page.filter(({ seq }) => !seen.has(seq) && seen.add(seq));
    }
  }
}
