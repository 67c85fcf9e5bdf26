import type { Filter } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import type { RelayPool } from '../contract.ts';
import type { OpenProgress } from './progress.ts';
import { chunk, LostError } from './transfer.ts';
import { windowFilter } from './windows.ts';

/** What reading pages needs. */
export interface PagesOptions {
  readonly pool: Pick<RelayPool, 'load' | 'count'>;
  readonly store: Pick<EventStore, 'items' | 'sightings'>;
  readonly relay: string;
  readonly filter: Filter;
  readonly signal?: AbortSignal | undefined;
  readonly progress: OpenProgress;
}

/** Events of one page; what most relays send at most. */
const pageEvents = 500;
/** Events asked of a single second. */
const secondEvents = 5_000;
/** Milliseconds for one page. */
const pageMs = 20_000;

/** Where paging has come: events of this second and before are not read yet. */
export interface PageCursor {
  until: number;
}

/**
 * Reads everything from the newest page to the oldest. The next page begins with the second in which the last one
 * ended, as that second may have more; a second that fills whole pages is asked by itself, and counted as a gap where
 * the relay cuts that too. Yields after each page.
 */
export async function* readPages(options: PagesOptions, cursor: PageCursor, since: number): AsyncGenerator<void> {
  const { progress, signal } = options;
  progress.phase = 'fetching';
  while (cursor.until >= since) {
    const page = await readPage(options, { since, until: cursor.until }, pageEvents);
    progress.needed += page.events;
    progress.fetched += page.events;
    signal?.throwIfAborted();
    if (page.complete) return;
    if (page.oldest !== undefined && page.oldest < cursor.until) cursor.until = page.oldest;
    else {
      const second = await readPage(options, { since: cursor.until, until: cursor.until }, secondEvents);
      if (!second.complete) progress.gaps++;
      cursor.until--;
    }
    yield;
  }
}

async function readPage(
  { pool, relay, filter, signal, progress }: PagesOptions,
  span: { readonly since: number; readonly until: number },
  limit: number,
): Promise<{ readonly events: number; readonly oldest?: number | undefined; readonly complete: boolean }> {
  const plan = new Map([[relay, [{ ...windowFilter(filter, span), limit }]]]);
  const [answer] = await pool.load(plan, { settle: 'all', deadlineMs: pageMs, signal });
  const page = answer?.filters[0];
  if (answer?.end === 'eose' && page) return page;
  signal?.throwIfAborted();
  progress.reason = answer?.reason;
  throw new LostError(answer?.reason ?? 'no answer');
}

/**
 * Finds out which of our events the relay has not: those that it did not send itself, counted there in ever smaller
 * pieces; where it does not count, all of them are offered. Yields the ids of one piece after another.
 */
export async function* findUnknown(options: PagesOptions, since: number, until: number): AsyncGenerator<string[]> {
  const { store, relay, filter, signal } = options;
  for await (const items of store.items(windowFilter(filter, { since, until }), { signal })) {
    const ids: string[] = [];
    for (const { id } of items) {
      const seen = await store.sightings(id);
      if (!seen.some(({ source }) => source === relay)) ids.push(id);
    }
    for (const part of chunk(ids, countIds)) yield await findMissing(part, options);
  }
}

/** Ids that are counted at once, and as few as are sent rather than counted again. */
const countIds = 400;
const countIdsMin = 13;

async function findMissing(ids: readonly string[], options: PagesOptions): Promise<string[]> {
  const { pool, relay, signal } = options;
  const counted = await pool.count([{ ids }], relay, { signal });
  if (counted === undefined || counted.count === 0) return [...ids];
  if (counted.count >= ids.length) return [];
  if (ids.length <= countIdsMin) return [...ids];
  const half = Math.ceil(ids.length / 2);
  return [...(await findMissing(ids.slice(0, half), options)), ...(await findMissing(ids.slice(half), options))];
}
