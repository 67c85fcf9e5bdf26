import type { PostgresDatabase } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import type { Item } from '../contract.ts';
import { pageItemsMax } from '../limits.ts';
import { isEmpty, planFilter } from '../plan.ts';
import type { ReadContext } from './acceptance.ts';
import { createParameters, writeCondition } from './conditions.ts';
import { numberArray } from './literal.ts';
import { normalizeFilter } from './normalize.ts';
import { readRows } from './query.ts';

/**
 * The items of a filter, oldest first then lowest id. The list is made by one statement and fetched as a whole in
 * pages by position, so that no connection is held while the caller works.
 */
export async function* readItems(
  database: PostgresDatabase,
  asked: Filter,
  context: ReadContext,
): AsyncGenerator<readonly Item[]> {
  context.options.signal?.throwIfAborted();
  const filter = normalizeFilter(asked);
  if (isEmpty(filter)) return;
  const isBounded = filter.limit !== undefined || planFilter(filter).by === 'search';
  yield* isBounded ? readNewest(database, filter, context) : readAll(database, filter, context);
}

/** With a limit the newest count: they are read newest first, and turned round. */
async function* readNewest(
  database: PostgresDatabase,
  filter: Filter,
  context: ReadContext,
): AsyncGenerator<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of readRows(database, filter, context)) {
    for (const { created_at, id } of page) items.push({ created_at, id });
    context.options.signal?.throwIfAborted();
  }
  items.sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
  for (let from = 0; from < items.length; from += pageItemsMax) yield items.slice(from, from + pageItemsMax);
}

interface ItemRow extends Item {
  readonly json: string | null;
}

async function* readAll(
  database: PostgresDatabase,
  filter: Filter,
  context: ReadContext,
): AsyncGenerator<readonly Item[]> {
  const { visibility, signal } = context.options;
  // What another index narrows is collected first: walking along time for it could pass by millions of events.
  const isNarrow = filter.ids !== undefined || filter.authors !== undefined || filter.tags !== undefined;
  let after: Item = { created_at: filter.since ?? 0, id: '' };
  for (;;) {
    const parameters = createParameters();
    const condition = writeCondition(filter, parameters, { nowSeconds: context.nowSeconds, useTagIndex: true });
    const judged = parameters.add(numberArray([...(visibility?.kinds ?? [])]));
    const at = parameters.add(after.created_at);
    const id = parameters.add(`\\x${after.id}`);
    const where = `${condition} AND e.created_at >= ${at}::bigint AND (e.created_at > ${at}::bigint OR e.id > ${id}::bytea)`;
    const text = `WITH m AS ${isNarrow ? 'MATERIALIZED' : 'NOT MATERIALIZED'} (
        SELECT e.created_at, e.id, CASE WHEN e.kind = ANY (${judged}::int[]) THEN e.json END AS json FROM event e WHERE ${where}
      ) SELECT * FROM m ORDER BY created_at, id LIMIT ${pageItemsMax}`;
    const rows = await database.read<ItemRow>({ text }, parameters.values, signal);
    const visible = rows.filter(({ json }) => json === null || visibility?.isVisible(JSON.parse(json)) === true);
    if (visible.length > 0) yield visible.map(({ created_at, id: itemId }) => ({ created_at, id: itemId }));
    signal?.throwIfAborted();
    const last = rows.at(-1);
    if (!last || rows.length < pageItemsMax) return;
    after = last;
  }
}
