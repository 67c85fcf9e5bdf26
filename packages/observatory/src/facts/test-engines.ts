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
  return [
    { name: 'sqlite', skip: false, open: async () => openSqlite(':memory:'), stop: async () => {} },
    {
      name: 'postgres',
      skip: server.isAvailable ? false : server.reason,
      open: async () => await openPostgres(server.isAvailable ? await server.createDatabase() : '', { poolSize: 3 }),
      stop: async () => {
        if (server.isAvailable) await server.stop();
      },
    },
  ];
}
