import type { Filter } from '@nostrata/protocol';
import { nextTurn } from '#platform';
import type { Item } from '../contract.ts';
import { pageItemsMax } from '../limits.ts';
import type { ReadContext } from './read-context.ts';
import { parseCanonical } from './texts.ts';

type ItemRow = readonly [createdAt: number, seq: number, kind: number, expiresAt: number | null, id: string];

/** Says whether a filter asks for nothing but times and kinds, as those who sync whole stores do. */
export function isWide(filter: Filter): boolean {
  const { ids, authors, tags, search, limit } = filter;
  return [ids, authors, tags, search, limit].every((condition) => condition === undefined);
}

/**
 * The items of a wide filter, oldest first and then lowest id: read off the index over time with the id cut out of the
 * text by SQLite, so that 200,000 events pass without one text in memory. A page ends between two seconds.
 */
export async function* readWideItems(filter: Filter, context: ReadContext): AsyncGenerator<readonly Item[]> {
  const until = filter.until ?? Number.MAX_SAFE_INTEGER;
  let from = filter.since ?? 0;
  let count = pageItemsMax;
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst) await nextTurn();
    context.signal?.throwIfAborted();
    const rows = readRows(context, { from, until, count });
    const isLast = rows.length < count;
    const end = isLast ? rows.length : startOfLastSecond(rows);
    // So many events of one second that they fill a page: the page grows.
    if (end === 0 && !isLast) {
      count *= 2;
      continue;
    }
    const items = rows
      .slice(0, end)
      .filter((row) => isWanted(row, filter, context))
      .map(toItem);
    if (items.length > 0) yield items.sort(compareItems);
    if (isLast) return;
    from = rows[end]?.[0] ?? from;
    count = pageItemsMax;
  }
}

function readRows(
  { reader }: ReadContext,
  { from, until, count }: { readonly from: number; readonly until: number; readonly count: number },
): ItemRow[] {
  const statement = reader.prepare(
    'SELECT created_at, seq, kind, expires_at, substr(json, 8, 64) FROM event INDEXED BY by_time WHERE created_at >= ?1 AND created_at <= ?2 ORDER BY created_at LIMIT ?3',
  );
  return reader.attempt(() => statement.all(from, until, count) as unknown as ItemRow[]);
}

/** Where the rows of the last second begin: there may be more of them behind. */
function startOfLastSecond(rows: readonly ItemRow[]): number {
  let start = rows.length - 1;
  while (start > 0 && rows[start - 1]?.[0] === rows[start]?.[0]) start -= 1;
  return start;
}

function isWanted([, seq, kind, expiresAt]: ItemRow, { kinds }: Filter, context: ReadContext): boolean {
  const { nowSeconds, visibility, reader } = context;
  if (expiresAt !== null && expiresAt <= nowSeconds) return false;
  if (kinds && !kinds.includes(kind)) return false;
  if (!visibility?.kinds.has(kind)) return true;
  const [entry] = reader.load([seq]);
  return entry !== undefined && visibility.isVisible(parseCanonical(entry.json));
}

function toItem([created_at, , , , id]: ItemRow): Item {
  return { created_at, id };
}

function compareItems(a: Item, b: Item): number {
  return a.created_at - b.created_at || (a.id < b.id ? -1 : Number(a.id > b.id));
}
