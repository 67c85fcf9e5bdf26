import type { PostgresDatabase } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import type { CountResult, Visibility } from '../contract.ts';
import { createHllCounter, getHllOffset, type HllCounter } from '../hll.ts';
import { isEmpty } from '../plan.ts';
import type { ReadContext } from './acceptance.ts';
import { createParameters, type Parameters, writeCondition } from './conditions.ts';
import { numberArray } from './literal.ts';
import { normalizeFilter } from './normalize.ts';
import { readWidely } from './read-widely.ts';

/**
 * The exact number of events that match one of the filters. Kinds that are judged one by one are read and judged,
 * all others are counted by the server.
 */
export async function countMatches(
  database: PostgresDatabase,
  filters: readonly Filter[],
  context: ReadContext,
): Promise<CountResult> {
  context.options.signal?.throwIfAborted();
  const unlimited = filters
    .map(({ limit: _, ...filter }) => normalizeFilter(filter))
    .filter((filter) => !isEmpty(filter));
  const [only] = filters;
  const offset = only && filters.length === 1 ? getHllOffset(only) : undefined;
  const hll = offset === undefined ? undefined : createHllCounter(offset);
  const { visibility } = context.options;
  let count = await countFree(database, unlimited, { ...context, hll });
  if (visibility) count += await countJudged(database, unlimited, { ...context, hll, visibility });
  return { count, hll: hll?.toHex() };
}

interface Counting extends ReadContext {
  readonly hll: HllCounter | undefined;
}

async function countFree(database: PostgresDatabase, filters: readonly Filter[], counting: Counting): Promise<number> {
  const { signal, visibility } = counting.options;
  const parameters = createParameters();
  const judged = visibility ? ` AND e.kind <> ALL (${parameters.add(numberArray([...visibility.kinds]))}::int[])` : '';
  const column = counting.hll ? 'e.pubkey' : 'e.seq';
  const source = writeUnion(filters, parameters, { nowSeconds: counting.nowSeconds, extra: judged, columns: column });
  if (source === null) return 0;
  if (counting.hll) {
    const text = `SELECT pubkey, count(*) AS n FROM (${source}) AS m GROUP BY pubkey`;
    const rows = await readWidely<{ pubkey: string; n: number }>(
      database,
      { statement: { text }, values: parameters.values },
      signal,
    );
    for (const { pubkey } of rows) counting.hll.add(pubkey);
    return rows.reduce((sum, { n }) => sum + n, 0);
  }
  const text = `SELECT count(*) AS n FROM (${source}) AS m`;
  const [row] = await readWidely<{ n: number }>(database, { statement: { text }, values: parameters.values }, signal);
  return row?.n ?? 0;
}

async function countJudged(
  database: PostgresDatabase,
  filters: readonly Filter[],
  counting: Counting & { readonly visibility: Visibility },
): Promise<number> {
  const { visibility, hll, options } = counting;
  const parameters = createParameters();
  const only = ` AND e.kind = ANY (${parameters.add(numberArray([...visibility.kinds]))}::int[])`;
  const columns = 'e.seq, e.json';
  const source = writeUnion(filters, parameters, { nowSeconds: counting.nowSeconds, extra: only, columns });
  if (source === null) return 0;
  let count = 0;
  let after = 0;
  for (;;) {
    const text = `SELECT seq, json FROM (${source}) AS m WHERE seq > ${after} ORDER BY seq LIMIT ${judgedPerPage}`;
    const rows = await readWidely<{ seq: number; json: string }>(
      database,
      { statement: { text }, values: parameters.values },
      options.signal,
    );
    for (const { json } of rows) {
      const event = JSON.parse(json);
      if (!visibility.isVisible(event)) continue;
      hll?.add(event.pubkey);
      count += 1;
    }
    const last = rows.at(-1);
    if (!last || rows.length < judgedPerPage) return count;
    after = last.seq;
  }
}

/** Events that are judged in one page of a count. */
const judgedPerPage = 1_000;

/** What matches one of the filters, each event once; null where nothing can. */
function writeUnion(
  filters: readonly Filter[],
  parameters: Parameters,
  options: { readonly nowSeconds: number; readonly extra: string; readonly columns: string },
): string | null {
  const { nowSeconds } = options;
  const conditions = filters.map((filter) => writeCondition(filter, parameters, { nowSeconds, useTagIndex: true }));
  if (conditions.length === 0) return null;
  const select = (condition: string): string =>
    `SELECT ${options.columns} FROM event e WHERE ${condition}${options.extra}`;
  const [only] = conditions;
  if (only !== undefined && conditions.length === 1) return select(only);
  const places = conditions.map((condition) => `SELECT e.seq FROM event e WHERE ${condition}${options.extra}`);
  return `SELECT ${options.columns} FROM event e WHERE e.seq IN (${places.join(' UNION ')})`;
}
