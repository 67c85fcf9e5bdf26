import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import {
  createHintsView,
  createMentionsView,
  createStatisticsViews,
  loadStatisticsSecret,
  markTouched,
  migrateFacts,
  migrateMarks,
} from '@nostrata/observatory';
import { createAllViews, type View, viewsPragmas } from '@nostrata/views';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';
import { getStoreFolder, getStoreUrl } from './store-url.ts';

/** The files of an SQLite installation that hold rows made from events, beside the events themselves. */
export type RowsFile = 'views.db' | 'statistics.db';

/**
 * Opens a database in which rows of views are kept: a file beside an SQLite store, the store's own database on
 * PostgreSQL.
 * @throws ConfigError for a store in memory, whose views end with their process
 * @throws DatabaseError where it cannot be opened
 */
export async function composeRowsDatabase(
  settings: Pick<Settings, 'store' | 'data'>,
  file: RowsFile,
  poolSize = 2,
): Promise<Database> {
  const url = getStoreUrl(settings);
  const path = getRowsPath(url, file);
  if (path !== undefined) return openSqlite(path, { pragmas: viewsPragmas });
  if (url === 'memory:') throw new ConfigError('a store in memory has no views that outlive it');
  const address = new URL(url);
  address.searchParams.delete('poolSize');
  return await openPostgres(address.href, { poolSize });
}

/**
 * Opens the database of the statistics; for a store in memory it is in memory too, and both end with their process.
 * @throws DatabaseError where it cannot be opened
 */
export async function composeStatisticsDatabase(settings: Pick<Settings, 'store' | 'data'>): Promise<Database> {
  if (getStoreUrl(settings) === 'memory:') return openSqlite(':memory:');
  return await composeRowsDatabase(settings, 'statistics.db', statisticsPoolSize);
}

/** Connections to PostgreSQL for roll-ups, counters, snapshots and answers, which come at the same time. */
const statisticsPoolSize = 6;

type ViewsSettings = Pick<Settings, 'allowLocalRelays'>;

/** Every view there is, with the file that its rows are in: to be named, not to be built. */
export function listAllViews(
  settings: ViewsSettings,
): readonly { readonly file: RowsFile; readonly views: readonly View[] }[] {
  return [
    { file: 'views.db', views: createAllViews() },
    { file: 'statistics.db', views: createObservatoryViews(settings, new Uint8Array(32)) },
  ];
}

/** The views of a file, ready to be built in its database. */
export async function composeViews(
  file: RowsFile,
  database: Database,
  settings: ViewsSettings,
): Promise<readonly View[]> {
  if (file === 'views.db') return createAllViews();
  await migrateFacts(database);
  await migrateMarks(database);
  return createObservatoryViews(settings, await loadStatisticsSecret(database, randomBytes(32)));
}

function createObservatoryViews({ allowLocalRelays }: ViewsSettings, secret: Uint8Array): readonly View[] {
  return [
    ...createStatisticsViews({ secret, touched: markTouched }),
    createMentionsView({ allowLocal: allowLocalRelays }),
    createHintsView({ allowLocal: allowLocalRelays }),
  ];
}

/** Says whether views were ever built for this store, without building any. */
export async function hasViews(settings: Pick<Settings, 'store' | 'data'>, file: RowsFile): Promise<boolean> {
  const url = getStoreUrl(settings);
  const path = getRowsPath(url, file);
  if (path !== undefined) return existsSync(path);
  if (url === 'memory:') return false;
  await using database = await composeRowsDatabase(settings, file);
  const table = file === 'views.db' ? 'view_cursor' : 'statistics_author';
  const [row] = await database.query('SELECT to_regclass($1)::text AS name', [table]);
  return row?.name !== null;
}

function getRowsPath(url: string, file: RowsFile): string | undefined {
  const folder = getStoreFolder(url);
  return folder === undefined ? undefined : join(folder, file);
}
