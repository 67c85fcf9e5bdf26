import type { PostgresDatabase } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import type { StoredEvent } from '../contract.ts';
import { pageEventsMax } from '../limits.ts';
import { planFilter, type Stream } from '../plan.ts';
import { createAcceptance, type ReadContext } from './acceptance.ts';
import { createParameters, tsquery, writeCondition } from './conditions.ts';
import { hexArray } from './literal.ts';
import { normalizeFilter } from './normalize.ts';
import { readWidely } from './read-widely.ts';
import { comparePositions, type EventRow, type Position, toStoredEvent } from './row.ts';
import { readStreams, startOf, type Window } from './streams.ts';
import { readLogEnd } from './transaction.ts';
import { canWalk, walk } from './walk.ts';

/** Pages of accepted rows of one filter, in its order. */
type RowPages = AsyncGenerator<readonly EventRow[]>;

/** The pages of a query. */
export async function* readPages(
  database: PostgresDatabase,
  filters: readonly Filter[],
  context: ReadContext,
): AsyncGenerator<readonly StoredEvent[]> {
  context.options.signal?.throwIfAborted();
  const [only, ...others] = filters;
  if (!only) return;
  const hasSearch = filters.some((filter) => planFilter(filter).by === 'search');
  const pages =
    others.length === 0
      ? readRows(database, only, context)
      : hasSearch
        ? concatenate(filters.map((filter) => readRows(database, filter, context)))
        : mergePages(filters.map((filter) => readRows(database, filter, context)));
  for await (const page of pages) {
    yield page.map(toStoredEvent);
    context.options.signal?.throwIfAborted();
  }
}

/** The index that answers the filter: what tests assert. */
export function explainFilter(filter: Filter): 'nothing' | 'ids' | 'search' | Stream['index'] {
  const plan = planFilter(filter);
  return plan.by === 'streams' ? plan.index : plan.by;
}

/** Accepted rows of one filter, in its order, in pages. */
export function readRows(database: PostgresDatabase, asked: Filter, context: ReadContext): RowPages {
  const filter = normalizeFilter(asked);
  const plan = planFilter(filter);
  switch (plan.by) {
    case 'nothing':
      return readNothing();
    case 'ids':
      return readIds(database, filter, context);
    case 'search':
      return readSearch(database, filter, context);
    case 'streams':
      return readMerged(database, { filter, streams: plan.streams }, context);
  }
}

async function* readNothing(): RowPages {}

/**
 * Rows of merged streams. A page asks for what is still missing; where the exact check throws rows away, the next
 * page asks for twice as many.
 */
async function* readMerged(
  database: PostgresDatabase,
  { filter, streams }: { readonly filter: Filter; readonly streams: readonly Stream[] },
  context: ReadContext,
): RowPages {
  const { signal } = context.options;
  const accepts = createAcceptance(needsCheck(filter, streams) ? filter : undefined, context);
  const look = createLook(database, { filter, streams }, signal);
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let after: Position = startOf(filter);
  let rows = Math.min(left, pageEventsMax);
  let lastSeq = Number.POSITIVE_INFINITY;
  while (left > 0) {
    const found = await look({ after, since: filter.since ?? 0, rows });
    const page = withoutDoubles(found.rows)
      .filter((row) => row.seq <= lastSeq && accepts(row))
      .slice(0, left);
    left -= page.length;
    const isEnd = found.end === undefined || left <= 0;
    // What is stored between two pages belongs to the followers.
    if (!isEnd && lastSeq === Number.POSITIVE_INFINITY) lastSeq = await readLogEnd(database);
    if (page.length > 0) yield page;
    if (isEnd) return;
    after = found.end ?? after;
    const isWasteful = page.length < found.rows.length / 2;
    rows = Math.min(isWasteful ? Math.max(rows * 2, 64) : Math.min(left, pageEventsMax), 2 * pageEventsMax);
  }
}

/** One look at the streams: its rows, and the position behind which there may be more. */
interface Found {
  readonly rows: readonly EventRow[];
  readonly end: Position | undefined;
}

/** Looks along the kinds while that finds enough, and then at every stream. */
function createLook(
  database: PostgresDatabase,
  { filter, streams }: { readonly filter: Filter; readonly streams: readonly Stream[] },
  signal: AbortSignal | undefined,
): (window: Window) => Promise<Found> {
  let isWalking = canWalk(filter, streams);
  return async (window) => {
    if (isWalking) {
      const found = await walk(database, { filter, window }, signal);
      isWalking = found.isWhole;
      return found;
    }
    const { statement, values } = readStreams(streams, window);
    const rows = await database.read<EventRow>(statement, values, signal);
    return { rows, end: rows.length < window.rows ? undefined : rows.at(-1) };
  };
}

/** Authors, kinds and time are exact in SQL; tags are found by keys that others may share. */
function needsCheck(filter: Filter, streams: readonly Stream[]): boolean {
  const index = streams[0]?.index ?? 'time';
  if (filter.tags !== undefined || filter.search !== undefined) return true;
  if (index === 'author') return false;
  return filter.authors !== undefined || (index === 'time' && filter.kinds !== undefined);
}

function withoutDoubles(rows: readonly EventRow[]): readonly EventRow[] {
  return rows.filter((row, index) => row.id !== rows[index - 1]?.id);
}

/** Reads the order of many ids. */
const placesOfIds = {
  name: 'query_places',
  text: `SELECT e.created_at, e.id FROM unnest($1::bytea[]) AS i (id) JOIN event e ON e.id = i.id
    WHERE e.created_at <= $2 AND e.created_at >= $3 ORDER BY e.created_at DESC, e.id`,
};
const eventsOfIds = {
  name: 'query_ids',
  text: `SELECT e.seq, e.id, e.kind, e.created_at, e.expires_at, e.json
    FROM unnest($1::bytea[]) AS i (id) JOIN event e ON e.id = i.id ORDER BY e.created_at DESC, e.id`,
};

/** Few ids are fetched at once; of many, the order is fetched first and the events page by page. */
async function* readIds(database: PostgresDatabase, filter: Filter, context: ReadContext): RowPages {
  const { signal } = context.options;
  const accepts = createAcceptance(filter, context);
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let ids = filter.ids ?? [];
  if (ids.length > pageEventsMax) {
    const values = [hexArray(ids), startOf(filter).created_at, filter.since ?? 0];
    ids = (await database.read<Position>(placesOfIds, values, signal)).map(({ id }) => id);
  }
  for (let from = 0; from < ids.length && left > 0; from += pageEventsMax) {
    const some = hexArray(ids.slice(from, from + pageEventsMax));
    const page = (await database.read<EventRow>(eventsOfIds, [some], signal)).filter(accepts).slice(0, left);
    left -= page.length;
    if (page.length > 0) yield page;
  }
}

/** Best first, then newest, then lowest id. Everything but visibility is judged before the rows are cut. */
async function* readSearch(database: PostgresDatabase, filter: Filter, context: ReadContext): RowPages {
  const query = tsquery(filter.search ?? '');
  if (query === null) return;
  const parameters = createParameters();
  const words = `${parameters.add(query)}::tsquery`;
  const { search: _, ...rest } = filter;
  const condition = writeCondition(rest, parameters, { nowSeconds: context.nowSeconds, useTagIndex: false });
  const accepts = createAcceptance(undefined, context);
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  const text = `SELECT e.seq, e.id, e.kind, e.created_at, e.expires_at, e.json
    FROM search s JOIN event e ON e.seq = s.seq WHERE s.words @@ ${words} AND ${condition}
    ORDER BY ts_rank(s.words, ${words}, 1) DESC, e.created_at DESC, e.id`;
  for (let offset = 0; left > 0; offset += pageEventsMax) {
    const rows = context.options.visibility ? pageEventsMax : Math.min(left, pageEventsMax);
    const paged = { text: `${text} LIMIT ${rows} OFFSET ${offset}` };
    const bound = { statement: paged, values: parameters.values };
    const found = await readWidely<EventRow>(database, bound, context.options.signal);
    const page = found.filter(accepts).slice(0, left);
    left -= page.length;
    if (page.length > 0) yield page;
    if (found.length < rows) return;
  }
}

async function* concatenate(sections: readonly RowPages[]): RowPages {
  const seen = new Set<number>();
  for (const section of sections) {
    for await (const page of section) {
      const fresh = page.filter(({ seq }) => !seen.has(seq));
      for (const { seq } of fresh) seen.add(seq);
      yield fresh;
    }
  }
}

interface Head {
  readonly pages: RowPages;
  rows: readonly EventRow[];
  at: number;
}

/** Merges filters, each in its own order and within its own limit; an event that several have comes once. */
async function* mergePages(sections: readonly RowPages[]): RowPages {
  let heads = await fill(sections.map((pages) => ({ pages, rows: [], at: 0 })));
  while (heads.length > 0) {
    const page: EventRow[] = [];
    while (heads.length > 0 && heads.every(({ rows, at }) => at < rows.length)) {
      const next = takeFirst(heads);
      if (next && next.id !== page.at(-1)?.id) page.push(next);
    }
    yield page;
    heads = await fill(heads);
  }
}

/** Reads the next page of those that are used up, at the same time, and leaves out those that have ended. */
async function fill(heads: readonly Head[]): Promise<Head[]> {
  const filled = await Promise.all(
    heads.map(async (head) => {
      while (head.at >= head.rows.length) {
        const next = await head.pages.next();
        if (next.done) return null;
        head.rows = next.value;
        head.at = 0;
      }
      return head;
    }),
  );
  return filled.filter((head) => head !== null);
}

/** Takes the first row of all heads, from every head that has it. */
function takeFirst(heads: readonly Head[]): EventRow | undefined {
  let first: EventRow | undefined;
  for (const { rows, at } of heads) {
    const row = rows[at];
    if (row && (!first || comparePositions(row, first) < 0)) first = row;
  }
  for (const head of heads) if (head.rows[head.at]?.id === first?.id) head.at += 1;
  return first;
}
