import { type Database, type MigrationSet, migrate, type Queryable } from '@nostrata/database';
import { type Seq, toSeq } from '@nostrata/store';
import type { View } from './contract.ts';
import { createTables, dropTables, toViewTransaction } from './schema.ts';

/** Where a view stands, as the database knows it. */
export interface Cursor {
  readonly version: number;
  readonly seq: Seq;
  /** What the log has at that position: tells another log, that has grown as long, from the one that was read. */
  readonly mark: string;
  readonly tables: readonly string[];
}

const migrations: MigrationSet = {
  room: 'views',
  migrations: [
    {
      version: 1,
      name: 'cursors',
      statements: [
        `CREATE TABLE view_cursor (name TEXT PRIMARY KEY, version INTEGER NOT NULL, seq BIGINT NOT NULL,
          mark TEXT NOT NULL, tables TEXT NOT NULL)`,
      ],
    },
  ],
};

/** Creates the table of the cursors where it is not there. */
export async function migrateCursors(database: Database): Promise<void> {
  await migrate(database, migrations);
}

/** The cursors of these views; with `lock` nobody else moves them before the transaction has ended. */
export async function loadCursors(
  queryable: Queryable,
  names: readonly string[],
  lock?: Database['dialect'],
): Promise<Map<string, Cursor>> {
  interface Row {
    readonly [column: string]: string | number;
    readonly name: string;
    readonly version: number;
    readonly seq: number;
    readonly mark: string;
    readonly tables: string;
  }
  const rows = await queryable.query<Row>(
    `SELECT name, version, seq, mark, tables FROM view_cursor WHERE name IN (${toParameters(names)}) ORDER BY name
    ${lock === 'postgres' ? 'FOR UPDATE' : ''}`,
    names,
  );
  return new Map(
    rows.map(({ name, version, seq, mark, tables }) => [
      name,
      { version, seq: toSeq(seq), mark, tables: tables === '' ? [] : tables.split(' ') },
    ]),
  );
}

/** Moves the cursors of several views to one position. */
export async function moveCursors(
  transaction: Queryable,
  names: readonly string[],
  { seq, mark }: Pick<Cursor, 'seq' | 'mark'>,
): Promise<void> {
  await transaction.query(`UPDATE view_cursor SET seq = $1, mark = $2 WHERE name IN (${toParameters(names, 3)})`, [
    seq,
    mark,
    ...names,
  ]);
}

/**
 * Empties a view: its tables are dropped and created, its cursor is at the beginning. Does nothing where `isDue`, asked
 * with the cursor as it is once nobody else can move it, says no.
 */
export async function resetView(database: Database, view: View, isDue: (cursor: Cursor) => boolean): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(
      "INSERT INTO view_cursor (name, version, seq, mark, tables) VALUES ($1, 0, 0, '', '') ON CONFLICT DO NOTHING",
      [view.name],
    );
    const cursor = (await loadCursors(transaction, [view.name], database.dialect)).get(view.name);
    if (!cursor || !isDue(cursor)) return;
    const tables = view.tables.map(({ name }) => name);
    await dropTables(transaction, [...new Set([...cursor.tables, ...tables])]);
    await createTables(toViewTransaction(transaction, database.dialect), view);
    await transaction.query('UPDATE view_cursor SET version = $2, seq = 0, mark = $3, tables = $4 WHERE name = $1', [
      view.name,
      view.version,
      '',
      tables.join(' '),
    ]);
  });
}

/** Drops the tables of a view with its cursor. */
export async function removeView(database: Database, view: View): Promise<void> {
  await database.transaction(async (transaction) => {
    const tables = view.tables.map(({ name }) => name);
    await dropTables(transaction, tables);
    await transaction.query('DELETE FROM view_cursor WHERE name = $1', [view.name]);
  });
}

function toParameters(values: readonly unknown[], from = 1): string {
  return values.map((_, index) => `$${from + index}`).join(', ');
}
