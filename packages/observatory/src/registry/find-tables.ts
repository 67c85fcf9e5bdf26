import { type Database, selectIn } from '@nostrata/database';

/** Which of these tables are there: other parts of the room make theirs when they start. */
export async function findTables(database: Database, names: readonly string[]): Promise<ReadonlySet<string>> {
  const sql =
    database.dialect === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN"
      : 'SELECT tablename AS name FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) AND tablename IN';
  return new Set((await selectIn<{ name: string }>(database, sql, names)).map(({ name }) => name));
}
