import type { Database, Queryable, SqlRow, SqlValue } from '@nostrata/database';

/** What rows are written and found with: one open transaction. */
export interface FactsTransaction extends Queryable {
  readonly dialect: Database['dialect'];
  /** True while rows are only built to be compared. */
  readonly isShadow: boolean;
}

/** A column of a key, with its type. */
export type KeyColumn = readonly [name: string, type: 'BIGINT' | 'TEXT' | 'BLOB'];

/** Rows in one statement: few sizes, so that few statements have to be prepared. */
const sizes = [128, 32, 8, 1] as const;

type Rows = readonly (readonly SqlValue[])[];

/**
 * Writes rows of one shape, several in a statement. Rows of one call have different keys. Gives the rows that the
 * statement returns, where it does.
 */
export type RowWriter = (transaction: FactsTransaction, rows: Rows) => Promise<readonly SqlRow[]>;

/** Prepares the insertion of rows; `conflict` follows `ON CONFLICT`. */
export function createWriter(table: string, columns: readonly string[], conflict: string): RowWriter {
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

/** `(key) DO UPDATE SET` the columns to what comes. */
export function replacing(key: readonly string[], columns: readonly string[]): string {
  return `(${key.join(', ')}) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`;
}

/** `(key) DO UPDATE SET` the column to the sum of what is there and what comes. */
export function adding(table: string, key: readonly string[], column: string): string {
  return `(${key.join(', ')}) DO UPDATE SET ${column} = ${table}.${column} + excluded.${column}`;
}

/** Runs a statement for the rows of these keys, some at a time; returns all rows that it gave. */
export type KeyStatement = <Row extends SqlRow>(transaction: FactsTransaction, keys: Rows) => Promise<Row[]>;

/** Prepares a statement that ends in `WHERE … (key) IN (…)`: `before` is what comes before the condition on the key. */
export function createKeyStatement(before: string, key: readonly KeyColumn[]): KeyStatement {
  const texts = { sqlite: createTexts('sqlite'), postgres: createTexts('postgres') };
  return async <Row extends SqlRow>(transaction: FactsTransaction, keys: Rows) => {
    const found: Row[] = [];
    for (let next = 0; next < keys.length; next += sizes[0]) {
      const part = keys.slice(next, next + sizes[0]);
      const size = sizes.findLast((candidate) => candidate >= part.length) ?? sizes[0];
      // The last key fills its part up, which changes nothing in a list for `IN`.
      const last = part.at(-1) ?? [];
      const parameters = Array.from({ length: size }, (_, index) => part[index] ?? last).flat();
      const text = texts[transaction.dialect][sizes.indexOf(size)] ?? '';
      found.push(...(await transaction.query<Row>(text, parameters)));
    }
    return found;
  };

  function createTexts(dialect: Database['dialect']): readonly string[] {
    const names = key.map(([name]) => name).join(', ');
    return sizes.map((size) => {
      if (key.length === 1) return `${before} ${names} IN (${toParameters(size, 0)})`;
      const rows = Array.from({ length: size }, (_, row) => `(${toKeyParameters(key, row, dialect)})`);
      return `${before} (${names}) IN (VALUES ${rows.join(', ')})`;
    });
  }
}

/** PostgreSQL takes the types of a list from its first row. */
function toKeyParameters(key: readonly KeyColumn[], row: number, dialect: Database['dialect']): string {
  const cast = (type: string): string => {
    if (dialect === 'sqlite' || row > 0) return '';
    return `::${type === 'BLOB' ? 'BYTEA' : type}`;
  };
  return key.map(([, type], index) => `$${row * key.length + index + 1}${cast(type)}`).join(', ');
}

function toParameters(count: number, after: number): string {
  return Array.from({ length: count }, (_, index) => `$${after + index + 1}`).join(', ');
}
