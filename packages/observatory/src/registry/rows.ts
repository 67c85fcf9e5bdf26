import type { Database, Queryable, SqlRow, SqlValue } from '@nostrata/database';
import { valuesMax } from './limits.ts';

/** Inserts rows, many with one statement; `conflict` is what follows `ON CONFLICT`. */
export async function insertRows(
  queryable: Queryable,
  {
    table,
    columns,
    conflict,
  }: { readonly table: string; readonly columns: readonly string[]; readonly conflict: string },
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const size = Math.max(1, Math.floor(valuesMax / columns.length));
  for (let next = 0; next < rows.length; next += size) {
    const part = rows.slice(next, next + size);
    const places = part.map((_, row) => `(${columns.map((_, at) => `$${row * columns.length + at + 1}`).join(', ')})`);
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places.join(', ')} ON CONFLICT ${conflict}`;
    await queryable.query(sql, part.flat());
  }
}

/** Reads the rows whose column has one of these values, in bounded statements. `sql` ends in `WHERE … column IN`. */
export async function selectIn<Row extends SqlRow>(
  queryable: Queryable,
  sql: string,
  values: readonly SqlValue[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let next = 0; next < values.length; next += valuesMax) {
    const part = values.slice(next, next + valuesMax);
    rows.push(...(await queryable.query<Row>(`${sql} (${part.map((_, at) => `$${at + 1}`).join(', ')})`, part)));
  }
  return rows;
}

/** Which of these tables are there: other parts of the room make theirs when they start. */
export async function findTables(database: Database, names: readonly string[]): Promise<ReadonlySet<string>> {
  const sql =
    database.dialect === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN"
      : 'SELECT tablename AS name FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) AND tablename IN';
  return new Set((await selectIn<{ name: string }>(database, sql, names)).map(({ name }) => name));
}
