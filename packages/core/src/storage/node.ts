import { join } from 'node:path';
import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import { openStore } from '@nostrata/store';
import type { Storage } from '../contract.ts';

/**
 * Opens the storage that a URL names: `sqlite:FOLDER` (three files in it: the events, the views and what the core
 * knows), `memory:`, or `postgres://…`.
 * @throws StoreError or DatabaseError with one clear sentence
 */
export async function openStorage(url: string, now: () => number): Promise<Storage> {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openStore(url, { now }));
  const [database, viewsDatabase] = await openDatabases(url);
  stack.defer(() => database.close());
  if (viewsDatabase !== database) stack.defer(() => viewsDatabase.close());
  const opened = stack.move();
  return {
    store,
    database,
    viewsDatabase,
    isPersistent: store.engine !== 'memory',
    close: () => opened.disposeAsync(),
  };
}

async function openDatabases(url: string): Promise<[Database, Database]> {
  if (url.startsWith('memory:')) return [openSqlite(':memory:'), openSqlite(':memory:')];
  if (url.startsWith('sqlite:')) {
    const folder = url.slice('sqlite:'.length);
    const durable = { journal_mode: 'WAL', synchronous: 'FULL' };
    // A lost tail of rows is applied again from the log.
    const rebuildable = { journal_mode: 'WAL', synchronous: 'NORMAL', cache_size: -8_000 };
    return [
      openSqlite(join(folder, 'core.db'), { pragmas: durable }),
      openSqlite(join(folder, 'views.db'), { pragmas: rebuildable }),
    ];
  }
  const database = await openPostgres(url);
  return [database, database];
}
