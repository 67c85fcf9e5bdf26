import type { CacheFigures } from '@nostrata/cache';
import type { Database, PostgresDatabase } from '@nostrata/database';
import type { Registry } from './registry.ts';

/** What the program says of the database of statistics and of the cache. */
export interface SharedMetrics {
  /** The same database, whose statements are timed; a transaction counts as one statement. */
  measure(database: Database): Database;
  /** Takes down what the cache said of itself. */
  cached(figures: CacheFigures): void;
}

const querySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Creates the metrics of what processes share. */
export function createSharedMetrics(registry: Registry): SharedMetrics {
  const seconds = registry.histogram(
    'nostrata_database_query_seconds',
    'Time of one statement or transaction of the statistics.',
    querySeconds,
  );
  let bytes = 0;
  let connections: () => ReadonlyMap<string, number> = () => new Map();
  registry.gauge('nostrata_cache_bytes', 'Memory of the cache, as its engine says.', () => bytes);
  registry.gauges('nostrata_database_connections', 'Connections of the statistics to PostgreSQL, by state.', {
    label: 'state',
    read: () => connections(),
  });
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      seconds.observe((performance.now() - startMs) / 1_000);
    }
  };
  return {
    measure(database) {
      if (isPostgres(database)) connections = () => new Map(Object.entries(database.connections()));
      return {
        dialect: database.dialect,
        query: (sql, parameters) => timed(() => database.query(sql, parameters)),
        transaction: (work) => timed(() => database.transaction(work)),
        close: () => database.close(),
        [Symbol.asyncDispose]: () => database.close(),
      };
    },
    cached(figures) {
      bytes = figures.bytes ?? 0;
    },
  };
}

function isPostgres(database: Database): database is PostgresDatabase {
  return database.dialect === 'postgres' && 'connections' in database;
}
