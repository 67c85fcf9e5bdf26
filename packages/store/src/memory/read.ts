import type { Filter } from '@nostrata/protocol';
import { nextTurn } from '#platform';
import type { CountResult, Item, StoredEvent } from '../contract.ts';
import { createHllCounter, getHllOffset } from '../hll.ts';
import { pageEventsMax, pageItemsMax, pageRowsMax } from '../limits.ts';
import { isSearch } from '../plan.ts';
import type { ReadContext } from './context.ts';
import { rankMatches } from './rank.ts';
import { compareRows, type MemoryRow } from './row.ts';
import { Scan } from './scan.ts';

/** The pages of a query. A page may be empty: it is then a pause in a long search for matches. */
export async function* readPages(filters: readonly Filter[], context: ReadContext): AsyncGenerator<StoredEvent[]> {
  context.options.signal?.throwIfAborted();
  const sections = filters.some(isSearch) ? filters.map((filter) => [filter]) : [filters];
  const seen = sections.length > 1 ? new Set<MemoryRow>() : undefined;
  for (const section of sections) {
    for await (const page of readSection(section, context)) {
      const fresh = page.filter((row) => !row.gone && !seen?.has(row));
      for (const row of fresh) seen?.add(row);
      yield fresh.map(toStoredEvent);
    }
  }
}

/** The exact number of events that match, and the HyperLogLog registers where NIP-45 defines them. */
export async function countMatches(filters: readonly Filter[], context: ReadContext): Promise<CountResult> {
  const unlimited = filters.map(({ limit: _, ...filter }) => filter);
  const [only] = unlimited;
  const offset = only && unlimited.length === 1 ? getHllOffset(only) : undefined;
  const hll = offset === undefined ? undefined : createHllCounter(offset);
  const seen = unlimited.length > 1 ? new Set<MemoryRow>() : undefined;
  let count = 0;
  for (const filter of unlimited) {
    for await (const rows of readUnordered(filter, context)) {
      for (const row of rows) {
        if (seen?.has(row)) continue;
        seen?.add(row);
        hll?.add(row.pubkey);
        count += 1;
      }
    }
  }
  return { count, hll: hll?.toHex() };
}

/** The items of a filter in the order of NIP-77. */
export async function* readItems(filter: Filter, context: ReadContext): AsyncGenerator<Item[]> {
  const rows: MemoryRow[] = [];
  for await (const part of readUnordered(filter, context)) rows.push(...part);
  rows.sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
  for (let from = 0; from < rows.length; from += pageItemsMax) {
    context.options.signal?.throwIfAborted();
    const page = rows.slice(from, from + pageItemsMax).filter((row) => !row.gone);
    yield page.map(({ created_at, id }) => ({ created_at, id }));
  }
}

/** What a filter matches, limit included, in parts; no order promised. */
function readUnordered(filter: Filter, context: ReadContext): AsyncGenerator<MemoryRow[]> {
  return readSection([filter], context);
}

async function* readSection(filters: readonly Filter[], context: ReadContext): AsyncGenerator<MemoryRow[]> {
  const [only] = filters;
  if (only && filters.length === 1 && isSearch(only)) yield* rankMatches(only, context);
  else yield* readOrdered(filters, context);
}

/** Merges the filters' matches, newest first, in pages bounded in rows examined and in events. */
async function* readOrdered(filters: readonly Filter[], context: ReadContext): AsyncGenerator<MemoryRow[]> {
  let scans = filters.map((filter) => new Scan(filter, context)).filter((scan) => !scan.isDone);
  while (scans.length > 0) {
    const page = readPage(scans);
    scans = scans.filter((scan) => !scan.isDone);
    yield page;
    if (scans.length === 0) return;
    await nextTurn();
    context.options.signal?.throwIfAborted();
  }
}

function readPage(scans: readonly Scan[]): MemoryRow[] {
  const page: MemoryRow[] = [];
  const budget = { rows: pageRowsMax };
  while (page.length < pageEventsMax && advanceAll(scans, budget)) {
    const row = takeNewest(scans);
    if (!row) break;
    page.push(row);
  }
  return page;
}

/** Finds the next match of every scan; false where the budget ended first. */
function advanceAll(scans: readonly Scan[], budget: { rows: number }): boolean {
  for (const scan of scans) if (!scan.advance(budget)) return false;
  return true;
}

/** Takes the newest of all heads, from every scan that has it. */
function takeNewest(scans: readonly Scan[]): MemoryRow | undefined {
  let newest: MemoryRow | undefined;
  for (const { head } of scans) {
    if (head && (!newest || compareRows(head, newest) < 0)) newest = head;
  }
  for (const scan of scans) if (newest && scan.head === newest) scan.take();
  return newest;
}

function toStoredEvent({ seq, kind, created_at, json }: MemoryRow): StoredEvent {
  return { seq, kind, created_at, json };
}
