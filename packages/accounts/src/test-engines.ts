import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import { startPostgres } from '@nostrata/testing';
import { migrateAccounts } from './tables.ts';

/** Declares a law that has to hold on both engines: each time it gets a database of its own with the tables of accounts. */
export type LawOfDatabases = (name: string, law: (database: Database, context: TestContext) => Promise<void>) => void;

/**
 * Starts the engines for one test file; they end with it. Call it once in a file. PostgreSQL has one database for all laws
 * of the file, which is emptied before each: to create one takes twenty times as long. A law that drops something leaves the
 * next one a new database.
 */
export async function onEachEngine(): Promise<LawOfDatabases> {
  const server = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-accounts-'));
  let shared: { readonly database: Database; readonly shape: string } | undefined;
  after(async () => {
    await shared?.database.close();
    if (server.isAvailable) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  let files = 0;
  return (name, law) => {
    test(`${name} (SQLite)`, async (context) => {
      const path = join(folder, `${files++}.db`);
      await using database = openSqlite(path, { pragmas: { synchronous: 'OFF' } });
      await migrateAccounts(database);
      await law(database, context);
    });
    const skip = server.isAvailable ? false : server.reason;
    test(`${name} (PostgreSQL)`, { skip }, async (context) => {
      if (shared !== undefined && shared.shape !== (await shapeOf(shared.database))) {
        await shared.database.close();
        shared = undefined;
      }
      if (shared === undefined) {
        const database = await openPostgres(server.isAvailable ? await server.createDatabase() : '');
        await migrateAccounts(database);
        shared = { database, shape: await shapeOf(database) };
      }
      await empty(shared.database);
      await law(shared.database, context);
    });
  };
}

/**
 * A database that writes in transactions alone. On one SQLite connection anything else would become part of whatever
 * transaction is open just then, and go with it when that is rolled back.
 */
export function strictly(database: Database): Database {
  return {
    dialect: database.dialect,
    transaction: (work) => database.transaction(work),
    close: () => database.close(),
    [Symbol.asyncDispose]: () => database.close(),
    async query(sql, parameters) {
      if (!/^\s*SELECT\b/i.test(sql)) throw new Error(`written outside of a transaction: ${sql}`);
      return await database.query(sql, parameters);
    },
  };
}

/** Removes all rows; what is append-only has triggers, which a replica does not run. */
async function empty(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    const tables = await transaction.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'`,
    );
    await transaction.query('SET LOCAL session_replication_role = replica');
    for (const { name } of tables) await transaction.query(`DELETE FROM ${name}`);
  });
}

/** How many tables, indexes and triggers there are. */
async function shapeOf(database: Database): Promise<string> {
  const rows = await database.query(
    'SELECT (SELECT count(*) FROM pg_class) AS relations, (SELECT count(*) FROM pg_trigger) AS triggers',
  );
  return JSON.stringify(rows);
}
