import type { Queryable, SqlRow, SqlValue } from './contract.ts';
import { valuesPerStatementMax } from './limits.ts';

/** What is written: columns in the order of the values, and what follows `ON CONFLICT`; nothing where none can be. */
export interface RowShape {
  readonly table: string;
  readonly columns: readonly string[];
  readonly conflict?: string | undefined;
}

/** Rows in one statement: few sizes, so that few statements are prepared. */
const sizes = [128, 16, 1] as const;

/** Inserts rows, many in one statement, and returns what `RETURNING` gives. Rows of one call have different keys. */
export async function insertRows(
  queryable: Queryable,
  { table, columns, conflict }: RowShape,
  rows: readonly (readonly SqlValue[])[],
): Promise<SqlRow[]> {
  const returned: SqlRow[] = [];
  const tail = conflict === undefined ? '' : ` ON CONFLICT ${conflict}`;
  let next = 0;
  for (const size of sizes) {
    const places = Array.from({ length: size }, (_, row) => `(${placeholders(columns.length, row * columns.length)})`);
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places.join(', ')}${tail}`;
    for (; rows.length - next >= size; next += size) {
      returned.push(...(await queryable.query(sql, rows.slice(next, next + size).flat())));
    }
  }
  return returned;
}

/** Reads the rows whose column has one of these values, in bounded statements. `sql` ends in `WHERE … column IN`. */
export async function selectIn<Row extends SqlRow>(
  queryable: Queryable,
  sql: string,
  values: readonly SqlValue[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let next = 0; next < values.length; next += valuesPerStatementMax) {
    const part = values.slice(next, next + valuesPerStatementMax);
    rows.push(...(await queryable.query<Row>(`${sql} (${placeholders(part.length)})`, part)));
  }
  return rows;
}

/** `(key) DO UPDATE SET` the sums of what is there and what comes. */
export function adding(table: string, key: readonly string[], columns: readonly string[]): string {
  const sums = columns.map((column) => `${column} = ${table}.${column} + excluded.${column}`);
  return `(${key.join(', ')}) DO UPDATE SET ${sums.join(', ')}`;
}

/** `$1, $2 …`, so many, after that many others. */
export function placeholders(count: number, after = 0): string {
  return Array.from({ length: count }, (_, index) => `$${after + index + 1}`).join(', ');
}
