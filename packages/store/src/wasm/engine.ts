import { createSqliteDatabase, migrate, type SqliteHandle } from '@nostrata/database';
import { nextTurn } from '#platform';
import type { StoreOptions } from '../contract.ts';
import { createSqliteStore, type SqliteStore } from '../sqlite/assemble.ts';
import { translateFailures } from '../sqlite/failures.ts';
import { pageBytes } from '../sqlite/limits.ts';
import { createLog } from '../sqlite/log.ts';
import type { WriterReplies, WriterRequest } from '../sqlite/messages.ts';
import { createPuts } from '../sqlite/puts.ts';
import { createReader } from '../sqlite/reader.ts';
import { migrations } from '../sqlite/schema.ts';
import { numbers } from '../sqlite/shelf.ts';
import { createSightings } from '../sqlite/sightings.ts';
import type { WriterClient } from '../sqlite/writer-client.ts';
import { createWriting, serveRequest } from '../sqlite/writing.ts';
import { browserCacheBytes, browserPageCacheKib, browserWalPages } from './limits.ts';

/** Settings of the engine on one connection. */
export interface EngineOptions extends StoreOptions {
  /** What the database is called in errors. */
  readonly place: string;
  /** Bytes of event texts that are kept in memory; 16 MB unless told. */
  readonly cacheBytes?: number | undefined;
  /** Bytes that the database may grow to. */
  readonly fileBytesMax?: number | undefined;
  /** Milliseconds of a clock that goes on by itself, for time slices. */
  readonly sliceNow: () => number;
}

/**
 * The SQLite engine on a single connection that reads and writes: the same reader, writer and planner as in Node.js,
 * on one thread. The handle becomes the engine's.
 */
export async function openEngine(handle: SqliteHandle, options: EngineOptions): Promise<SqliteStore> {
  const { place, now, metrics, sliceNow, relayUrls = [] } = options;
  try {
    translateFailures(place, () => configureHandle(handle, options.fileBytesMax));
    await migrate(createSqliteDatabase(place, handle), { room: 'store', migrations });
    const bytesOnDisk = (): number => bytesOf(handle);
    const own = translateFailures(place, () => createReader(place, handle, options.cacheBytes ?? browserCacheBytes));
    // The only connection: SQLite's own number counts the commits of others alone.
    const reader = { ...own, dataVersion: own.lastSeq };
    const writer = createLocalWriter(handle, { place, relayUrls, bytesOnDisk });
    const log = createLog(place, reader, () => () => undefined);
    const puts = createPuts({ writer, log, cache: reader.cache, now, metrics });
    const sightings = createSightings(reader, writer);
    return createSqliteStore({
      path: place,
      options,
      writer,
      reader,
      log,
      puts,
      sightings,
      sliceNow,
      bytesOnDisk,
      aside: (work) => work(writer),
      close: () => undefined,
    });
  } catch (error) {
    handle.close();
    throw error;
  }
}

/**
 * Settings for a file that one connection has to itself: with the lock never given back the write-ahead log needs no
 * shared memory, and a commit is one flush.
 */
export function configureHandle(handle: SqliteHandle, fileBytesMax: number | undefined): void {
  const pragmas = {
    locking_mode: 'EXCLUSIVE',
    page_size: pageBytes,
    auto_vacuum: 'INCREMENTAL',
    journal_mode: 'WAL',
    synchronous: 'FULL',
    wal_autocheckpoint: browserWalPages,
    journal_size_limit: browserWalPages * pageBytes,
    cache_size: -browserPageCacheKib,
    temp_store: 'MEMORY',
    ...(fileBytesMax !== undefined && { max_page_count: Math.ceil(fileBytesMax / pageBytes) }),
  };
  for (const [name, value] of Object.entries(pragmas)) handle.exec(`PRAGMA ${name} = ${value}`);
}

/** The writer on the caller's own thread. What arrives in one turn is answered in the next, so that puts gather. */
function createLocalWriter(
  handle: SqliteHandle,
  { place, ...rest }: { place: string; relayUrls: readonly string[]; bytesOnDisk: () => number },
): WriterClient {
  const writing = createWriting(handle, { path: place, ...rest });
  const ask = async <T extends WriterRequest['type']>(
    request: WriterRequest & { readonly type: T },
  ): Promise<WriterReplies[T]> => {
    if (request.type === 'put') await nextTurn();
    return translateFailures(place, () => serveRequest(writing, request)) as WriterReplies[T];
  };
  return {
    ask,
    stop: async () => {
      await ask({ type: 'stop' });
    },
  };
}

function bytesOf(handle: SqliteHandle): number {
  const [pages = 0] = numbers(Object.values(handle.prepare('PRAGMA page_count').get() ?? {}));
  return pages * pageBytes;
}
