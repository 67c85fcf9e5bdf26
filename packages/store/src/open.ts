import type { EventStore, StoreOptions } from './contract.ts';
import { StoreError } from './errors.ts';

/** Engines by URL scheme; each is loaded only when it is asked for. */
const engines: Readonly<Record<string, (url: string, options: StoreOptions) => Promise<EventStore>>> = {
  memory: async (_url, options) => (await import('./memory/store.ts')).createMemoryStore(options),
  sqlite: async (url, options) =>
    await (await import('./sqlite/store.ts')).openSqliteStore(url.slice('sqlite:'.length), options),
  postgres: openPostgres,
  postgresql: openPostgres,
};

/**
 * Opens the store that a URL names; engines are loaded only when they are asked for.
 * - `memory:` — nothing survives the process
 * - `sqlite:./folder` — a data folder, made if it is not there
 * - `postgres://user@host:port/database`
 * @throws StoreError with one clear sentence: unknown scheme, folder not writable, server away, newer database
 */
export async function openStore(url: string, options: StoreOptions): Promise<EventStore> {
  const open = engines[/^([a-z]+):/.exec(url)?.[1] ?? ''];
  if (!open)
    throw new StoreError(`store ${JSON.stringify(url)} is not known: use memory:, sqlite:FOLDER or postgres://…`);
  return await open(url, options);
}

async function openPostgres(url: string, options: StoreOptions): Promise<EventStore> {
  return await (await import('./postgres/store.ts')).openPostgresStore(url, options);
}
