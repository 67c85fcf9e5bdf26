import { sqliteCacheKib, sqliteCheckpointPages, sqlitePageBytes } from './limits.ts';

/**
 * How to open the SQLite file of views (`openSqlite(path, { pragmas: viewsPragmas })`). After a loss of power the last
 * commits may be missing: rows and cursors of one moment then, and the views go on from there.
 */
export const viewsPragmas: Readonly<Record<string, string | number>> = {
  // First, as it only counts while there is nothing in the file.
  page_size: sqlitePageBytes,
  journal_mode: 'WAL',
  synchronous: 'NORMAL',
  cache_size: -sqliteCacheKib,
  wal_autocheckpoint: sqliteCheckpointPages,
};
