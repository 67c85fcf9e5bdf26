import { join } from 'node:path';
import { openSqlite } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import type { EventStore, KnownQuery, ReadOptions, StoreOptions } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { hexKey } from '../keys.ts';
import { changesDefault, removalBatchEvents } from '../limits.ts';
import { translateFailures } from './failures.ts';
import { cacheBytesDefault, readerCacheKib } from './limits.ts';
import { createLog, type Log } from './log.ts';
import { bytesOnDisk } from './maintenance.ts';
import { createPuts, type Puts } from './puts.ts';
import { countEvents, readItems, readPages } from './read.ts';
import type { ReadContext } from './read-context.ts';
import { createReader, type Reader } from './reader.ts';
import { explainFilter } from './scan.ts';
import { numbers } from './shelf.ts';
import { createSightings, type Sightings } from './sightings.ts';
import { idOf, sigOf } from './texts.ts';
import { startWriter, type WriterClient } from './writer-client.ts';

/** Settings of the SQLite engine beside those of every engine. */
export interface SqliteStoreOptions extends StoreOptions {
  /** Bytes of event texts that are kept in memory; 48 MB unless told. */
  readonly cacheBytes?: number | undefined;
  /** Bytes that the database file may grow to; what would need more is refused as on a full disk. */
  readonly fileBytesMax?: number | undefined;
}

/** The SQLite engine: the whole contract, and a look at its planner. */
export interface SqliteStore extends EventStore {
  readonly engine: 'sqlite';
  /** The index that answers the filter. */
  explain(filter: Filter): string;
}

interface Parts {
  readonly path: string;
  readonly options: SqliteStoreOptions;
  readonly writer: WriterClient;
  readonly reader: Reader;
  readonly log: Log;
  readonly puts: Puts;
  readonly sightings: Sightings;
  readonly close: () => void;
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
    return createStore(translateFailures(path, () => openReader(path, options, writer)));
  } catch (error) {
    await writer.stop();
    throw error;
  }
}

function openReader(path: string, options: SqliteStoreOptions, writer: WriterClient): Parts {
  const database = openSqlite(path, {
    readOnly: true,
    pragmas: { cache_size: -readerCacheKib, temp_store: 'MEMORY' },
  });
  const reader = createReader(path, database.handle, options.cacheBytes ?? cacheBytesDefault);
  const log = createLog(path, reader);
  const { now, metrics } = options;
  const puts = createPuts({ writer, log, cache: reader.cache, now, metrics });
  const sightings = createSightings(reader, writer);
  return { path, options, writer, reader, log, puts, sightings, close: () => database.handle.close() };
}

function createStore(parts: Parts): SqliteStore {
  const { path, options, writer, reader, log, puts, sightings } = parts;
  const stopOnce = createStop(parts);
  const check = (): void => {
    if (stopOnce.isStopped()) throw new StoreError('the store is stopped');
  };
  const nowSeconds = (): number => Math.floor(options.now() / 1_000);
  const begin = (readOptions: ReadOptions = {}): ReadContext => {
    check();
    const { signal } = readOptions;
    const indexSearch = (): Promise<void> => catchUpSearch(writer, reader.lastSeq(), signal);
    return { ...readOptions, reader, now: options.now, nowSeconds: nowSeconds(), indexSearch };
  };
  /** Runs work of the writer, after which the log is looked at. */
  const maintain = async <T>(work: () => Promise<T>): Promise<T> => {
    check();
    const result = await work();
    log.look();
    return result;
  };
  const guard = <T>(work: () => T): T => {
    check();
    return translateFailures(path, work);
  };
  return {
    engine: 'sqlite',
    put: async (batch) => {
      check();
      return await puts.put(batch);
    },
    query: (filters, readOptions) => readPages(filters, begin(readOptions)),
    count: async (filters, readOptions) => await countEvents(filters, begin(readOptions)),
    items: (filter, readOptions) => readItems(filter, begin(readOptions)),
    changes: async (after, limit = changesDefault) => guard(() => log.read(after, limit)),
    lastSeq: () => log.lastSeq(),
    follow: (follower) => log.follow(follower),
    findKnown: (queries) => guard(() => queries.map((query) => isKnown(query, parts))),
    sightings: async (id) => {
      check();
      await sightings.flush();
      return guard(() => sightings.read(id));
    },
    expire: async () => await maintain(() => expireAll(writer, options.now())),
    retain: async (policy) =>
      await maintain(() => aside(parts, (helper) => helper.ask({ type: 'retain', policy, nowMs: options.now() }))),
    rebuild: async () => {
      await maintain(() => writer.ask({ type: 'rebuild' }));
    },
    check: async () => {
      check();
      const problems = await aside(parts, (helper) => helper.ask({ type: 'check' }));
      return { events: countRows(reader), problems };
    },
    statistics: async () =>
      guard(() => ({ events: countRows(reader), bytes: bytesOnDisk({ path }), lastSeq: log.lastSeq() })),
    explain: (filter) => guard(() => explainFilter(filter, reader)),
    stop: stopOnce.stop,
    [Symbol.asyncDispose]: stopOnce.stop,
  };
}

/** Brings the search index up to that position, in pieces between which puts have their turn. */
async function catchUpSearch(writer: WriterClient, target: number, signal: AbortSignal | undefined): Promise<void> {
  while ((await writer.ask({ type: 'indexSearch' })) < target) signal?.throwIfAborted();
}

/** Removes what has expired, in batches between which puts have their turn. */
async function expireAll(writer: WriterClient, nowMs: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const batch = await writer.ask({ type: 'expire', nowMs });
    removed += batch;
    if (batch < removalBatchEvents) return removed;
  }
}

/** Long work goes to a writer of its own, so that puts wait for one of its batches at most. */
async function aside<T>({ path, options }: Parts, work: (helper: WriterClient) => Promise<T>): Promise<T> {
  const { relayUrls = [], fileBytesMax } = options;
  const helper = await startWriter({ path, relayUrls, fileBytesMax });
  try {
    return await work(helper);
  } finally {
    await helper.stop();
  }
}

function createStop({ writer, log, puts, sightings, close }: Parts): {
  isStopped: () => boolean;
  stop: () => Promise<void>;
} {
  let stopping: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    await puts.drained();
    // A sighting that cannot be written, on a full disk, is no reason not to stop.
    await Promise.allSettled([sightings.flush()]);
    log.stop();
    close();
    await writer.stop();
  };
  return {
    isStopped: () => stopping !== undefined,
    stop: () => {
      stopping ??= run();
      return stopping;
    },
  };
}

/** Whether an event with that id and that signature is stored; where it is, its sighting is noted. */
function isKnown({ id, sig, source }: KnownQuery, { reader, sightings, options }: Parts): boolean {
  const entry = reader.findByKey(hexKey(id)).find(({ json }) => idOf(json) === id);
  if (!entry || sigOf(entry.json) !== sig) return false;
  if (source !== undefined) sightings.add({ id, source, seenMs: options.now() });
  return true;
}

function countRows(reader: Reader): number {
  return numbers(reader.prepare('SELECT count(*) FROM event').get())[0] ?? 0;
}
