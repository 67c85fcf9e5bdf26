import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import { viewsPragmas } from '@nostrata/views';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';
import { getStoreFolder, getStoreUrl } from './store-url.ts';

/**
 * Opens the database in which the rows of views are kept: `views.db` beside an SQLite store, the store's own database
 * on PostgreSQL.
 * @throws ConfigError for a store in memory, whose views end with their process
 * @throws DatabaseError where it cannot be opened
 */
export async function composeViewsDatabase(settings: Pick<Settings, 'store' | 'data'>): Promise<Database> {
  const url = getStoreUrl(settings);
  const path = getViewsPath(url);
  if (path !== undefined) return openSqlite(path, { pragmas: viewsPragmas });
  if (url === 'memory:') throw new ConfigError('a store in memory has no views that outlive it');
  const address = new URL(url);
  address.searchParams.delete('poolSize');
  return await openPostgres(address.href, { poolSize: 2 });
}

/** Says whether views were ever built for this store, without building any. */
export async function hasViews(settings: Pick<Settings, 'store' | 'data'>): Promise<boolean> {
  const url = getStoreUrl(settings);
  const path = getViewsPath(url);
  if (path !== undefined) return existsSync(path);
  if (url === 'memory:') return false;
  await using database = await composeViewsDatabase(settings);
  const [row] = await database.query("SELECT to_regclass('view_cursor')::text AS name");
  return row?.name !== null;
}

function getViewsPath(url: string): string | undefined {
  const folder = getStoreFolder(url);
  return folder === undefined ? undefined : join(folder, 'views.db');
}
