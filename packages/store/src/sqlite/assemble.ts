import { type Filter, serializeEvent } from '@nostrata/protocol';
import type { EventStore, KnownQuery, ReadOptions, StoreOptions } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { hexKey } from '../keys.ts';
import { changesDefault, removalBatchEvents } from '../limits.ts';
import { translateFailures } from './failures.ts';
import type { Log } from './log.ts';
import type { LongSearches } from './long-searches.ts';
import type { Puts } from './puts.ts';
import { countEvents, readItems, readPages } from './read.ts';
import type { ReadContext } from './read-context.ts';
import type { Reader } from './reader.ts';
import { explainFilter } from './scan.ts';
import { numbers } from './shelf.ts';
import type { Sightings } from './sightings.ts';
import { idOf, sigOf } from './texts.ts';
import type { WriterClient } from './writer-client.ts';

/** The SQLite engine: the whole contract, and a look at its planner. */
export interface SqliteStore extends EventStore {
  readonly engine: 'sqlite';
  /** The index that answers the filter. */
  explain(filter: Filter): string;
}

/** What the engine is made of, whichever build of SQLite is behind it and whichever thread writes. */
export interface SqliteParts {
  readonly path: string;
  readonly options: StoreOptions;
  readonly writer: WriterClient;
  readonly reader: Reader;
  readonly log: Log;
  readonly puts: Puts;
  readonly sightings: Sightings;
  /** Milliseconds of a clock that goes on by itself, for time slices; the clock of the options unless told. */
  readonly sliceNow?: (() => number) | undefined;
  /** The size of the files of the database. */
  readonly bytesOnDisk: () => number;
  /** Runs long work with a writer of its own where there can be one, so that puts wait for one of its batches at most. */
  readonly aside: <T>(work: (helper: WriterClient) => Promise<T>) => Promise<T>;
  /** Searches with many matches, where there can be a connection for them. */
  readonly longSearches?: LongSearches | undefined;
  readonly close: () => void;
}

/** Makes the store of its parts. */
export function createSqliteStore(parts: SqliteParts): SqliteStore {
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
    const now = parts.sliceNow ?? options.now;
    return { ...readOptions, reader, now, nowSeconds: nowSeconds(), indexSearch, longSearches: parts.longSearches };
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
    withdraw: async (event, previous) =>
      await maintain(() =>
        writer.ask({
          type: 'withdraw',
          text: serializeEvent(event),
          previousText: previous && serializeEvent(previous),
          nowMs: options.now(),
        }),
      ),
    expire: async () => await maintain(() => expireAll(writer, options.now())),
    retain: async (policy) =>
      await maintain(() => parts.aside((helper) => helper.ask({ type: 'retain', policy, nowMs: options.now() }))),
    rebuild: async () => {
      await maintain(() => writer.ask({ type: 'rebuild' }));
    },
    check: async () => {
      check();
      const problems = await parts.aside((helper) => helper.ask({ type: 'check' }));
      return { events: countRows(reader), problems };
    },
    statistics: async () =>
      guard(() => ({ events: countRows(reader), bytes: parts.bytesOnDisk(), lastSeq: log.lastSeq() })),
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

function createStop({ writer, log, puts, sightings, close }: SqliteParts): {
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
function isKnown({ id, sig, source }: KnownQuery, { reader, sightings, options }: SqliteParts): boolean {
  const entry = reader.findByKey(hexKey(id)).find(({ json }) => idOf(json) === id);
  if (!entry || sigOf(entry.json) !== sig) return false;
  if (source !== undefined) sightings.add({ id, source, seenMs: options.now() });
  return true;
}

function countRows(reader: Reader): number {
  return numbers(reader.prepare('SELECT count(*) FROM event').get())[0] ?? 0;
}
