import { join } from 'node:path';
import { type Database, DatabaseError, openPostgres, openSqlite, toDatabaseError } from '@nostrata/database';
import { openStore } from '@nostrata/store';
import { viewsPragmas } from '@nostrata/views';
import type { OpenStorage, Storage } from '../contract.ts';

/**
 * Opens the storage that a URL names: `sqlite:FOLDER` (three files in it: the events, the views and what the core
 * knows), `memory:`, or `postgres://…`.
 * @throws StoreError or DatabaseError with one clear sentence
 */
export const openStorage: OpenStorage = async (url, { now }) => {
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
    lead: createLead(url),
    close: () => opened.disposeAsync(),
  };
};

/** A lock that ends with the process: of a file for SQLite, of a session for PostgreSQL. */
function createLead(url: string): Storage['lead'] {
  if (url.startsWith('memory:')) return undefined;
  return url.startsWith('sqlite:')
    ? () => lockFile(join(url.slice('sqlite:'.length), 'outbox.lock'))
    : () => lockSession(url);
}

async function lockFile(path: string): Promise<(() => Promise<void>) | undefined> {
  const database = openSqlite(path, { busyTimeoutMs: 0 });
  try {
    database.handle.exec('BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (error) {
    await database.close();
    const known = toDatabaseError(path, error);
    if (known instanceof DatabaseError && known.fault === 'busy') return undefined;
    throw known;
  }
}

async function lockSession(url: string): Promise<(() => Promise<void>) | undefined> {
  const database = await openPostgres(url, { poolSize: 1 });
  const [row] = await database.query<{ is_leading: number }>('SELECT pg_try_advisory_lock($1)::int AS is_leading', [
    outboxLock,
  ]);
  if (row?.is_leading === 1) return () => database.close();
  await database.close();
  return undefined;
}

/** A number that every process of the project locks while it sends what the database holds. */
const outboxLock = 7_236_211;

async function openDatabases(url: string): Promise<[Database, Database]> {
  if (url.startsWith('memory:')) return [openSqlite(':memory:'), openSqlite(':memory:')];
  if (url.startsWith('sqlite:')) {
    const folder = url.slice('sqlite:'.length);
    const durable = { journal_mode: 'WAL', synchronous: 'FULL' };
    return [
      openSqlite(join(folder, 'core.db'), { pragmas: durable }),
      openSqlite(join(folder, 'views.db'), { pragmas: viewsPragmas }),
    ];
  }
  const database = await openPostgres(url);
  return [database, database];
}
