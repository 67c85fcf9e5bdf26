import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore, type EventStore } from '@nostrata/store';
import { createUncheckedEvent, type EventParts, startPostgres } from '@nostrata/testing';
import type { View } from './contract.ts';
import { viewsPragmas } from './pragmas.ts';

/** An event whose signature nobody checks; its date matters to few laws. */
export function createEvent(author: string, parts: EventParts = {}): VerifiedEvent {
  return createUncheckedEvent(author, { created_at: 1_600_000_000, ...parts });
}

/** A store in memory whose clock stands still. */
export function createStore(): EventStore {
  return createMemoryStore({ now: () => 1_700_000_000_000 });
}

/** Puts events, each in a transaction of its own. */
export async function putAll(store: EventStore, events: readonly VerifiedEvent[]): Promise<void> {
  for (const event of events) await store.put([{ event }]);
}

/** All rows of a view by table, in the order of their keys. */
export async function readRows(database: Database, view: View): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  for (const { name, key } of view.tables) {
    rows[name] = [...(await database.query(`SELECT * FROM ${name} ORDER BY ${key.join(', ')}`))].map((row) => ({
      ...row,
    }));
  }
  return rows;
}

/** An engine to run laws on. */
export interface Engine {
  readonly name: string;
  /** Why it cannot be had, or false. */
  readonly skip: string | false;
  /** A new and empty database; `again` opens the same one as another process would. */
  open(): Promise<Database>;
  again(database: Database): Promise<Database>;
  stop(): Promise<void>;
}

/** SQLite in files, and PostgreSQL where it can be started. */
export async function createEngines(folder: string): Promise<Engine[]> {
  const server = await startPostgres();
  const places = new WeakMap<Database, string>();
  const opened: Database[] = [];
  let count = 0;
  const remember = (database: Database, place: string): Database => {
    places.set(database, place);
    opened.push(database);
    return database;
  };
  const openFile = (path: string) => remember(openSqlite(path, { pragmas: viewsPragmas }), path);
  // A schema takes less long to make than a database.
  let url: Promise<string> | undefined;
  const openSchema = async (schema: string) => {
    url ??= server.isAvailable ? server.createDatabase() : Promise.resolve('');
    const settings = { search_path: schema, client_min_messages: 'warning' };
    const database = remember(await openPostgres(await url, { poolSize: 3, settings }), schema);
    await database.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    return database;
  };
  const stop = async (): Promise<void> => {
    for (const database of opened.splice(0)) await database.close();
  };
  return [
    {
      name: 'sqlite',
      skip: false,
      open: async () => openFile(`${folder}/${count++}.db`),
      again: async (database) => openFile(places.get(database) ?? ''),
      stop,
    },
    {
      name: 'postgres',
      skip: server.isAvailable ? false : server.reason,
      open: async () => await openSchema(`world_${count++}`),
      again: async (database) => await openSchema(places.get(database) ?? ''),
      stop: async () => {
        await stop();
        if (server.isAvailable) await server.stop();
      },
    },
  ];
}
