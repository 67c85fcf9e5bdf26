import { DatabaseError, migrate, openPostgres, type PostgresDatabase } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import type { EventStore, ReadOptions, StoreOptions } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { changesDefault } from '../limits.ts';
import type { Stream } from '../plan.ts';
import type { ReadContext } from './acceptance.ts';
import { checkStore } from './check.ts';
import { countMatches } from './count.ts';
import { expireEvents } from './expire.ts';
import { createFeed, type Feed } from './feed.ts';
import { readItems } from './items.ts';
import { createKnown } from './known.ts';
import { readChanges } from './log.ts';
import { createPut } from './put.ts';
import { explainFilter, readPages } from './query.ts';
import { rebuildIndexes } from './rebuild.ts';
import { retainEvents } from './retain.ts';
import { migrations } from './schema.ts';
import { createSightings } from './sightings.ts';
import { readBytes } from './size.ts';
import { createSources } from './sources.ts';
import { withdraw } from './withdraw.ts';

/** The PostgreSQL engine: the whole contract, and a look at its planner. */
export interface PostgresStore extends EventStore {
  /** The index that answers the filter. */
  explain(filter: Filter): 'nothing' | 'ids' | 'search' | Stream['index'];
}

/**
 * Reads are short look-ups in known indexes: compiling them costs more than running them, and the planner must not
 * turn to scans, joins of whole tables or sorts of whole runs (which bitmaps lead to) while a young table has no statistics yet.
 */
const settings = {
  jit: 'off',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_bitmapscan: 'off',
  plan_cache_mode: 'force_generic_plan',
  max_parallel_workers_per_gather: '0',
};

/**
 * Opens the store in a PostgreSQL database, and makes or updates its tables. `poolSize` in the URL's query says how
 * many connections it may use.
 * @throws StoreError with one clear sentence: server away, wrong password, no such database, newer version
 */
export async function openPostgresStore(url: string, options: StoreOptions): Promise<PostgresStore> {
  return await createPostgresStore(await connectStore(url), options);
}

/**
 * Connects as a store does.
 * @throws StoreError with one clear sentence
 */
export async function connectStore(url: string): Promise<PostgresDatabase> {
  const { address, poolSize } = readUrl(url);
  return await translate(() => openPostgres(address, { poolSize, settings }));
}

/**
 * Makes or updates the tables of a connected database, and the store over it; `stop` closes the database.
 * @throws StoreError with one clear sentence
 */
export async function createPostgresStore(database: PostgresDatabase, options: StoreOptions): Promise<PostgresStore> {
  return await translate(async () => {
    try {
      await migrate(database, migrations);
      return createStore(database, await createFeed(database), options);
    } catch (error) {
      await database.close();
      throw error;
    }
  });
}

function readUrl(url: string): { address: string; poolSize: number | undefined } {
  if (!URL.canParse(url)) throw new StoreError('the store is not a URL: use postgres://user@host:port/database');
  const address = new URL(url);
  const text = address.searchParams.get('poolSize');
  address.searchParams.delete('poolSize');
  const poolSize = Number(text ?? Number.NaN);
  if (text !== null && !(Number.isInteger(poolSize) && poolSize >= 1 && poolSize <= 1_000)) {
    throw new StoreError('poolSize of the store is not a whole number between 1 and 1000');
  }
  return { address: address.href, poolSize: text === null ? undefined : poolSize };
}

function createStore(database: PostgresDatabase, feed: Feed, options: StoreOptions): PostgresStore {
  const { now } = options;
  const sources = createSources(database);
  const sightings = createSightings(database, sources);
  const findKnown = createKnown(database, { sightings, now });
  const put = createPut({ database, feed, sources, options });
  let stopping: Promise<void> | undefined;
  const under = new Set<Promise<unknown>>();

  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    if (stopping) throw new StoreError('the store is stopped');
    const running = translate(work);
    under.add(running);
    try {
      return await running;
    } finally {
      under.delete(running);
    }
  };
  const begin = (readOptions: ReadOptions = {}): ReadContext => ({
    nowSeconds: Math.floor(now() / 1_000),
    options: readOptions,
  });
  const guardPages = <T>(open: () => AsyncGenerator<T>): AsyncGenerator<T> => {
    if (stopping) throw new StoreError('the store is stopped');
    return translatePages(open());
  };
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await Promise.allSettled([...under]);
      await feed.stop();
      await sightings.flush();
      await database.close();
    })();
    return stopping;
  };
  return {
    engine: 'postgres',
    put: (batch) => run(() => put(batch)),
    query: (filters, readOptions) => guardPages(() => readPages(database, filters, begin(readOptions))),
    count: (filters, readOptions) => run(() => countMatches(database, filters, begin(readOptions))),
    items: (filter, readOptions) => guardPages(() => readItems(database, filter, begin(readOptions))),
    changes: (after, limit) => run(() => readChanges(database, after, limit ?? changesDefault)),
    lastSeq: () => feed.lastSeq(),
    follow: (follower) => feed.follow(follower),
    findKnown: (queries) => run(() => findKnown(queries)),
    sightings: (id) => run(() => sightings.read(id)),
    withdraw: (event, previous) => run(() => withdraw({ database, feed, options }, event, previous)),
    expire: () => run(() => expireEvents({ database, feed }, Math.floor(now() / 1_000))),
    retain: (policy) => run(() => retainEvents({ database, feed }, policy, now)),
    rebuild: () => run(() => rebuildIndexes(database)),
    check: () => run(() => checkStore(database)),
    statistics: () =>
      run(async () => {
        const [row] = await database.run<{ events: number }>({ text: 'SELECT count(*) AS events FROM event' });
        return { events: row?.events ?? 0, bytes: await readBytes(database), lastSeq: feed.lastSeq() };
      }),
    explain: explainFilter,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function translate<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}

async function* translatePages<T>(pages: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    throw toStoreError(error);
  }
}

function toStoreError(error: unknown): unknown {
  return error instanceof DatabaseError ? new StoreError(error.message, { cause: error }) : error;
}
