import { join } from 'node:path';
import { openSqlite } from '@nostrata/database';
import type { StoreOptions } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { createSqliteStore, type SqliteParts, type SqliteStore } from './assemble.ts';
import { translateFailures } from './failures.ts';
import { bytesOnDisk, watchFile } from './files.ts';
import { cacheBytesDefault, readerCacheKib, searchCacheKib } from './limits.ts';
import { createLog } from './log.ts';
import { createLongSearches, type MatchCursor, type MatchRow, matchesSql } from './long-searches.ts';
import type { WriterOptions } from './messages.ts';
import { createPuts } from './puts.ts';
import { createReader } from './reader.ts';
import { createSightings } from './sightings.ts';
import { startWriter, type WriterClient } from './writer-client.ts';

/** Settings of the SQLite engine beside those of every engine. */
export interface SqliteStoreOptions extends StoreOptions {
  /** Bytes of event texts that are kept in memory; 48 MB unless told. */
  readonly cacheBytes?: number | undefined;
  /** Bytes that the database file may grow to; what would need more is refused as on a full disk. */
  readonly fileBytesMax?: number | undefined;
}

/**
 * Opens the store in a folder: the file `events.db` and SQLite's two files beside it. One thread writes, the
 * caller's thread reads; several processes may open the same folder.
 * @throws StoreError with one clear sentence
 */
export async function openSqliteStore(folder: string, options: SqliteStoreOptions): Promise<SqliteStore> {
  if (folder === '') throw new StoreError('the store names no folder: use sqlite:FOLDER');
  const path = join(folder, 'events.db');
  const { relayUrls = [], fileBytesMax } = options;
  const writer = await startWriter({ path, relayUrls, fileBytesMax });
  try {
    return createSqliteStore(translateFailures(path, () => openReader(path, options, writer)));
  } catch (error) {
    await writer.stop();
    throw error;
  }
}

function openReader(path: string, options: SqliteStoreOptions, writer: WriterClient): SqliteParts {
  const database = openSqlite(path, {
    readOnly: true,
    pragmas: { cache_size: -readerCacheKib, temp_store: 'MEMORY' },
  });
  const reader = createReader(path, database.handle, options.cacheBytes ?? cacheBytesDefault);
  const log = createLog(path, reader, watchFile(path));
  const { now, metrics } = options;
  const puts = createPuts({ writer, log, cache: reader.cache, now, metrics });
  const sightings = createSightings(reader, writer);
  return {
    path,
    options,
    writer,
    reader,
    log,
    puts,
    sightings,
    bytesOnDisk: () => bytesOnDisk(path),
    longSearches: createLongSearches((words) => openMatches(path, words)),
    aside: (work) => aside({ path, relayUrls: options.relayUrls ?? [], fileBytesMax: options.fileBytesMax }, work),
    close: () => database.handle.close(),
  };
}

/** A search on a connection of its own. */
function openMatches(path: string, words: string): MatchCursor {
  const { handle } = openSqlite(path, { readOnly: true, pragmas: { cache_size: -searchCacheKib } });
  try {
    const statement = handle.prepare(matchesSql);
    statement.setReturnArrays(true);
    const rows = statement.iterate(words) as unknown as Iterator<MatchRow>;
    return {
      next: (count) => {
        const found: MatchRow[] = [];
        for (let row = rows.next(); !row.done; row = rows.next()) {
          found.push(row.value);
          if (found.length === count) break;
        }
        return found;
      },
      end: () => handle.close(),
    };
  } catch (error) {
    handle.close();
    throw error;
  }
}

/** Long work goes to a writer of its own, so that puts wait for one of its batches at most. */
async function aside<T>(options: WriterOptions, work: (helper: WriterClient) => Promise<T>): Promise<T> {
  const helper = await startWriter(options);
  try {
    return await work(helper);
  } finally {
    await helper.stop();
  }
}
