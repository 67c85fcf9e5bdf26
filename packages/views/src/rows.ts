import type { Queryable, SqlRow, SqlValue } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import type { Change } from '@nostrata/store';
import type { ViewTransaction } from './contract.ts';

/**
 * What a batch comes to: events that entered and are still there, in log order, and those that left. An event that left
 * and came back has entered.
 */
export interface NetChanges {
  readonly stored: readonly NostrEvent[];
  readonly removed: readonly RemovedEvent[];
}

/** What is still known of an event that has left. */
export interface RemovedEvent {
  readonly id: string;
  readonly pubkey: string;
  /** Seconds. */
  readonly created_at: number;
}

/** Takes together what happened to each event. */
export function toNetChanges(changes: readonly Change[]): NetChanges {
  const storedById = new Map<string, NostrEvent>();
  const removedById = new Map<string, RemovedEvent>();
  for (const change of changes) {
    if (change.type === 'stored') {
      removedById.delete(change.event.id);
      storedById.set(change.event.id, change.event);
    } else {
      storedById.delete(change.id);
      removedById.set(change.id, change);
    }
  }
  return { stored: [...storedById.values()], removed: [...removedById.values()] };
}

/** Rows in one statement: few sizes, so that few statements have to be prepared. */
const sizes = [64, 8, 1] as const;

/** Statements that write rows of one shape, several at a time. */
export type RowWriter = (
  transaction: ViewTransaction,
  rows: readonly (readonly SqlValue[])[],
) => Promise<readonly SqlRow[]>;

/**
 * Prepares the insertion of rows. Rows of one call have different keys.
 * @param conflict what follows `ON CONFLICT`, for a row whose key is there, and `RETURNING` where rows are wanted back
 */
export function createRowWriter(table: string, columns: readonly string[], conflict: string): RowWriter {
  const texts = sizes.map((size) => {
    const rows = Array.from({ length: size }, (_, row) => `(${toParameters(columns.length, row * columns.length)})`);
    return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${rows.join(', ')} ON CONFLICT ${conflict}`;
  });
  return async (transaction, rows) => {
    const returned: SqlRow[] = [];
    let next = 0;
    for (const [index, size] of sizes.entries()) {
      for (; rows.length - next >= size; next += size) {
        returned.push(...(await transaction.query(texts[index] ?? '', rows.slice(next, next + size).flat())));
      }
    }
    return returned;
  };
}

/** `(key) DO UPDATE SET` all other columns. */
export function replacing(columns: readonly string[], key: readonly string[]): string {
  const others = columns.filter((column) => !key.includes(column));
  const settings = others.map((column) => `${column} = excluded.${column}`).join(', ');
  return `(${key.join(', ')}) DO UPDATE SET ${settings}`;
}

/** `(key) DO UPDATE SET` the sum of what is there and what comes. The key is the only constraint of the table. */
export function adding(table: string, key: readonly string[], columns: readonly string[]): string {
  const settings = columns.map((column) => `${column} = ${table}.${column} + excluded.${column}`).join(', ');
  return `(${key.join(', ')}) DO UPDATE SET ${settings}`;
}

/** Runs a statement for the values, some at a time; `toSql` gets the list for `IN`. Returns all rows that it gave. */
export async function forValues<Row>(
  queryable: Queryable,
  values: readonly string[],
  toSql: (list: string) => string,
): Promise<Row[]> {
  const found: Row[] = [];
  for (const part of toParts(values)) {
    const sql = toSql(toParameters(part.length, 0));
    found.push(...((await queryable.query(sql, part)) as unknown as Row[]));
  }
  return found;
}

/** Deletes the rows of one pubkey for which the column has one of these values. */
export async function deleteOfPubkey(
  transaction: ViewTransaction,
  { table, column, pubkey }: { readonly table: string; readonly column: string; readonly pubkey: string },
  values: readonly string[],
): Promise<void> {
  for (const part of toParts(values)) {
    const list = toParameters(part.length, 1);
    await transaction.query(`DELETE FROM ${table} WHERE pubkey = $1 AND ${column} IN (${list})`, [pubkey, ...part]);
  }
}

/** Deletes rows that came from these events, in a table whose key begins with `pubkey` and which has an `event_id`. */
export async function deleteOfEvents(
  transaction: ViewTransaction,
  table: string,
  events: readonly RemovedEvent[],
): Promise<void> {
  const ids = new Map(events.map(({ id, pubkey }) => [id, pubkey]));
  for (const part of toParts([...ids.keys()])) {
    // An id belongs to one pubkey, and so this deletes what the pairs say; the key finds the rows by their pubkey.
    const lists = [toParameters(part.length, 0), toParameters(part.length, part.length)];
    await transaction.query(`DELETE FROM ${table} WHERE pubkey IN (${lists[0]}) AND event_id IN (${lists[1]})`, [
      ...part.map((id) => ids.get(id) ?? ''),
      ...part,
    ]);
  }
}

/** The values in parts of few sizes; the last value fills its part up, which changes nothing in a list for `IN`. */
function toParts(values: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let next = 0; next < values.length; next += sizes[0]) {
    const part = values.slice(next, next + sizes[0]);
    const size = sizes.findLast((candidate) => candidate >= part.length) ?? sizes[0];
    parts.push(Array.from({ length: size }, (_, index) => part[index] ?? part.at(-1) ?? ''));
  }
  return parts;
}

function toParameters(count: number, after: number): string {
  return Array.from({ length: count }, (_, index) => `$${after + index + 1}`).join(', ');
}
