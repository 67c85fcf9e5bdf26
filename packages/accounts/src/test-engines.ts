import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import { startPostgres } from '@nostrata/testing';
import { migrateAccounts } from './tables.ts';

/** Declares a law that has to hold on both engines: each time it gets a database of its own with the tables of accounts. */
export type LawOfDatabases = (name: string, law: (database: Database, context: TestContext) => Promise<void>) => void;

/** Starts the engines for one test file; they end with it. Call it once in a file. */
export async function onEachEngine(): Promise<LawOfDatabases> {
  const server = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-accounts-'));
  after(async () => {
    if (server.isAvailable) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  let files = 0;
  const engines = [
    {
      engine: 'SQLite',
      skip: false as const,
      open: async (): Promise<Database> =>
        openSqlite(join(folder, `${files++}.db`), { pragmas: { synchronous: 'OFF' } }),
    },
    {
      engine: 'PostgreSQL',
      skip: server.isAvailable ? (false as const) : server.reason,
      open: async () => await openPostgres(server.isAvailable ? await server.createDatabase() : ''),
    },
  ];
  return (name, law) => {
    for (const { engine, skip, open } of engines) {
      test(`${name} (${engine})`, { skip }, async (context) => {
        await using database = await open();
        await migrateAccounts(database);
        await law(database, context);
      });
    }
  };
}
