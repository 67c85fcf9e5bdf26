import type { Database, Queryable, SqlRow, SqlValue } from '@nostrata/database';
import { assert } from '@nostrata/protocol';
import type { View, ViewTransaction } from './contract.ts';

/** Creates the tables of a view. */
export async function createTables(transaction: ViewTransaction, view: View): Promise<void> {
  for (const { statements } of view.tables) {
    for (const statement of statements) await transaction.query(adaptStatement(statement, transaction.dialect));
  }
}

/** Drops tables that may be there. */
export async function dropTables(transaction: Queryable, names: readonly string[]): Promise<void> {
  for (const name of names) {
    assert(/^(view|shadow)_[a-z_]+$/.test(name), `${name} is the name of a table of a view`);
    await transaction.query(`DROP TABLE IF EXISTS ${name}`);
  }
}

/** A transaction as views see it. */
export function toViewTransaction(transaction: Queryable, dialect: Database['dialect']): ViewTransaction {
  return { dialect, isShadow: false, query: (sql, parameters) => transaction.query(sql, parameters) };
}

/** @throws AssertionError where the view breaks a rule that the machinery builds on */
export function checkView(view: View): void {
  assert(/^[a-z]+(-[a-z]+)*$/.test(view.name), `${view.name} is the name of a view`);
  assert(Number.isSafeInteger(view.version) && view.version >= 1, `view ${view.name} has a version from 1`);
  for (const { name, statements } of view.tables) {
    assert(/^view_[a-z_]+$/.test(name) && name !== 'view_cursor', `${name} is the name of a table of a view`);
    for (const statement of statements) {
      assert(/^CREATE (TABLE|(UNIQUE )?INDEX) view_/.test(statement), `${statement} creates a table or an index`);
    }
  }
}

/**
 * The same view on tables of other names, for rows beside those that are there: in all its statements `view_…` reads
 * `shadow_…`. Values never stand in statements, and so only names are touched.
 */
export function createShadow(view: View): View {
  const toShadow = (sql: string): string => sql.replace(/\bview_/g, 'shadow_');
  return {
    ...view,
    name: `shadow:${view.name}`,
    tables: view.tables.map(({ name, statements, key }) => ({
      name: toShadow(name),
      statements: statements.map(toShadow),
      key,
    })),
    apply: (changes, { dialect, query }) =>
      view.apply(changes, {
        dialect,
        isShadow: true,
        query: <Row extends SqlRow>(sql: string, parameters?: readonly SqlValue[]) =>
          query<Row>(toShadow(sql), parameters),
      }),
  };
}

/**
 * Texts compare by their bytes in SQLite; in PostgreSQL they do so only where they are told, and prefix ranges and
 * orders then mean the same in both. Bytes have another name there. Tables of SQLite are kept in the order of their key, as views are read by it.
 */
function adaptStatement(statement: string, dialect: Database['dialect']): string {
  if (!statement.startsWith('CREATE TABLE')) return statement;
  if (dialect === 'sqlite') return `${statement} WITHOUT ROWID`;
  return statement.replace(/\bTEXT\b/g, 'TEXT COLLATE "C"').replace(/\bBLOB\b/g, 'BYTEA');
}
