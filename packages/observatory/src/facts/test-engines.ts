import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import { startPostgres } from '@nostrata/testing';

/** An engine that rows can be kept in; each `open` gives an empty database. */
export interface TestEngine {
  readonly name: Database['dialect'];
  readonly skip: string | false;
  open(): Promise<Database>;
  stop(): Promise<void>;
}

/** Both engines; PostgreSQL is skipped with its reason where there is none. */
export async function createEngines(): Promise<readonly TestEngine[]> {
  const server = await startPostgres();
  // A schema takes less long to make than a database.
  let url: Promise<string> | undefined;
  let schemas = 0;
  const openSchema = async (): Promise<Database> => {
    url ??= server.isAvailable ? server.createDatabase() : Promise.resolve('');
    schemas += 1;
    const settings = { search_path: `world_${schemas}`, client_min_messages: 'warning' };
    const database = await openPostgres(await url, { poolSize: 3, settings });
    await database.query(`CREATE SCHEMA ${settings.search_path}`);
    return database;
  };
  return [
    { name: 'sqlite', skip: false, open: async () => openSqlite(':memory:'), stop: async () => {} },
    {
      name: 'postgres',
      skip: server.isAvailable ? false : server.reason,
      open: openSchema,
      stop: async () => {
        if (server.isAvailable) await server.stop();
      },
    },
  ];
}
