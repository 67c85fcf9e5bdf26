import { openPostgres } from '@nostrata/database';
import { type NoPostgres, startPostgres, type TestPostgres } from '@nostrata/testing';
import type { StoreOptions } from '../contract.ts';
import { tables } from '../postgres/schema.ts';
import { openPostgresStore, type PostgresStore } from '../postgres/store.ts';

/** Stores for tests on one server: databases are emptied and used again, as creating one takes long. */
export interface TestDatabases {
  /** Why there is no server, or false. */
  readonly skip: string | false;
  readonly server: TestPostgres | NoPostgres;
  /** Opens a new and empty store. */
  open(options: StoreOptions): Promise<PostgresStore>;
  /** Opens the database of a store once more. */
  openAgain(store: object, options: StoreOptions): Promise<PostgresStore>;
  /** The address of a store's database. */
  urlOf(store: object): string;
  stop(): Promise<void>;
}

/** Starts the server, where there can be one. */
export async function createTestDatabases(options: { readonly isDurable?: boolean } = {}): Promise<TestDatabases> {
  const server = await startPostgres(options);
  const free: string[] = [];
  const urls = new WeakMap<object, string>();
  const users = new Map<string, number>();

  const openAt = async (url: string, storeOptions: StoreOptions): Promise<PostgresStore> => {
    const store = await openPostgresStore(`${url}?poolSize=4`, storeOptions);
    users.set(url, (users.get(url) ?? 0) + 1);
    let isStopped = false;
    const stop = async (): Promise<void> => {
      await store.stop();
      if (isStopped) return;
      isStopped = true;
      const left = (users.get(url) ?? 1) - 1;
      users.set(url, left);
      if (left === 0) free.push(url);
    };
    const watched: PostgresStore = { ...store, stop, [Symbol.asyncDispose]: stop };
    urls.set(watched, url);
    return watched;
  };
  const urlOf = (store: object): string => {
    const url = urls.get(store);
    if (url === undefined) throw new Error('the store was not opened here');
    return url;
  };
  return {
    skip: server.isAvailable ? false : server.reason,
    server,
    urlOf,
    async open(storeOptions) {
      if (!server.isAvailable) throw new Error(server.reason);
      const used = free.shift();
      if (used !== undefined) await empty(used);
      return await openAt(used ?? (await server.createDatabase()), storeOptions);
    },
    async openAgain(store, storeOptions) {
      const url = urlOf(store);
      const at = free.indexOf(url);
      if (at !== -1) free.splice(at, 1);
      return await openAt(url, storeOptions);
    },
    async stop() {
      if (server.isAvailable) await server.stop();
    },
  };
}

async function empty(url: string): Promise<void> {
  const database = await openPostgres(url, { poolSize: 1 });
  try {
    for (const table of tables) if (table !== 'log_end') await database.query(`DELETE FROM ${table}`);
    await database.query('UPDATE log_end SET seq = 0');
  } finally {
    await database.close();
  }
}
