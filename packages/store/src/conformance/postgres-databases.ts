import type { PostgresDatabase } from '@nostrata/database';
import { type NoPostgres, startPostgres, type TestPostgres } from '@nostrata/testing';
import type { StoreOptions } from '../contract.ts';
import { tables } from '../postgres/schema.ts';
import { connectStore, createPostgresStore, openPostgresStore, type PostgresStore } from '../postgres/store.ts';

/**
 * Stores for tests on one server. Databases are emptied and used again with their connections, as creating either
 * takes long; what is opened again is opened with connections of its own, as another process would.
 */
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

interface Place {
  readonly url: string;
  readonly database: PostgresDatabase;
  users: number;
}

/** Starts the server, where there can be one. */
export async function createTestDatabases(options: { readonly isDurable?: boolean } = {}): Promise<TestDatabases> {
  const server = await startPostgres(options);
  const places: Place[] = [];
  const placeByStore = new WeakMap<object, Place>();

  const watch = (store: PostgresStore, place: Place): PostgresStore => {
    place.users += 1;
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopping ??= store.stop().then(() => {
        place.users -= 1;
      });
      return stopping;
    };
    const watched: PostgresStore = { ...store, stop, [Symbol.asyncDispose]: stop };
    placeByStore.set(watched, place);
    return watched;
  };
  const placeOf = (store: object): Place => {
    const place = placeByStore.get(store);
    if (!place) throw new Error('the store was not opened here');
    return place;
  };
  const findPlace = async (): Promise<Place> => {
    const free = places.find(({ users }) => users === 0);
    if (free) await empty(free.database);
    if (free) return free;
    if (!server.isAvailable) throw new Error(server.reason);
    const url = await server.createDatabase();
    const place = { url, database: await connectStore(`${url}?poolSize=4`), users: 0 };
    places.push(place);
    return place;
  };
  return {
    skip: server.isAvailable ? false : server.reason,
    server,
    urlOf: (store) => placeOf(store).url,
    async open(storeOptions) {
      const place = await findPlace();
      return watch(await createPostgresStore(keepOpen(place.database), storeOptions), place);
    },
    async openAgain(store, storeOptions) {
      const place = placeOf(store);
      return watch(await openPostgresStore(`${place.url}?poolSize=4`, storeOptions), place);
    },
    async stop() {
      for (const { database } of places) await database.close();
      if (server.isAvailable) await server.stop();
    },
  };
}

function keepOpen(database: PostgresDatabase): PostgresDatabase {
  const close = async (): Promise<void> => {};
  return { ...database, close, [Symbol.asyncDispose]: close };
}

async function empty(database: PostgresDatabase): Promise<void> {
  const filled = tables.filter((table) => table !== 'log_end').map((table) => `DELETE FROM ${table}`);
  await database.query([...filled, 'UPDATE log_end SET seq = 0'].join(';'));
}
