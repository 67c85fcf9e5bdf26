import { adding, type Database, insertRows, placeholders } from '@nostrata/database';
import type { Caller } from '@nostrata/http';
import type { AccountsLogger, AccountsMetrics, Clock } from '../contract.ts';
import { toIso } from '../times.ts';
import { countersMax, usageHoursKept, usageHoursMax, usedEveryMs } from './limits.ts';

/** What usage is kept with. */
export interface KeyUsageParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: AccountsLogger;
  readonly metrics: AccountsMetrics;
}

/** What a key was used for in an hour. */
export interface UsageHour {
  /** The beginning of the hour, ISO 8601 in UTC. */
  readonly hour: string;
  readonly requests: number;
  /** Of them those that were answered with 403 or 429. */
  readonly refused: number;
  readonly routes: Record<string, number>;
}

/** Milliseconds since 1970; the hours that begin in it. */
export interface UsageSpan {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Counts what keys are used for: in memory, written together. */
export interface KeyUsage {
  /** Notes that a key was used; written once a minute at most. */
  touch(keyId: string): void;
  /** Counts an answer; whoever was not known by a key is not counted. @param route `GET /api/v1/names/:id` */
  count(caller: Caller | undefined, route: string, status: number): void;
  /** Writes what was counted; to be called every 10 s and before the process ends. Never rejects: what failed waits. */
  flush(): Promise<void>;
  /** What a key was used for, hour by hour, the oldest first; at most 31 days. */
  read(keyId: string, span: UsageSpan): Promise<UsageHour[]>;
  /** Removes the hours that are too old. */
  prune(): Promise<void>;
}

interface Counter {
  readonly keyId: string;
  readonly hour: number;
  readonly route: string;
  requests: number;
  refused: number;
}

const hourMs = 3_600_000;

/** Creates the counters. */
export function createKeyUsage({ database, clock, logger, metrics }: KeyUsageParts): KeyUsage {
  let counters = new Map<string, Counter>();
  let touched = new Set<string>();
  let flushing: Promise<void> | undefined;

  const put = ({ keyId, hour, route, requests, refused }: Counter): void => {
    const name = JSON.stringify([keyId, hour, route]);
    const known = counters.get(name);
    if (known) {
      known.requests += requests;
      known.refused += refused;
    } else if (counters.size < countersMax) counters.set(name, { keyId, hour, route, requests, refused });
    // The database has been away for long: memory has an end, and what does not fit is told.
    else metrics.failed?.('key-usage-dropped');
  };
  const write = async (): Promise<void> => {
    const [mine, used] = [counters, touched];
    if (mine.size === 0 && used.size === 0) return;
    counters = new Map();
    touched = new Set();
    try {
      await writeUsage(database, { counters: [...mine.values()], used: [...used], nowMs: clock.now() });
    } catch (error) {
      metrics.failed?.('key-usage');
      logger.error({ err: error, counters: mine.size }, 'usage of API keys could not be written and waits');
      for (const counter of mine.values()) put(counter);
      for (const keyId of used) if (touched.size < countersMax) touched.add(keyId);
    }
  };
  const flush = async (): Promise<void> => {
    // What was counted while another flush was under way is written as well before this one ends.
    await flushing;
    flushing ??= write().finally(() => {
      flushing = undefined;
    });
    await flushing;
  };
  return {
    touch(keyId) {
      if (touched.size < countersMax) touched.add(keyId);
    },
    count(caller, route, status) {
      if (caller?.by !== 'api-key') return;
      const refused = status === 403 || status === 429 ? 1 : 0;
      const hour = Math.floor(clock.now() / hourMs);
      put({ keyId: caller.credential, hour, route, requests: 1, refused });
      if (counters.size >= countersMax / 2 && flushing === undefined) void flush();
    },
    flush,
    read: (keyId, span) => readUsage(database, keyId, span),
    prune: async () => {
      const before = Math.floor(clock.now() / hourMs) - usageHoursKept;
      await database.transaction((transaction) =>
        transaction.query('DELETE FROM api_key_usage WHERE hour < $1', [before]),
      );
    },
  };
}

interface Written {
  readonly counters: readonly Counter[];
  readonly used: readonly string[];
  readonly nowMs: number;
}

const key = ['key_id', 'hour', 'route'];
const shape = {
  table: 'api_key_usage',
  columns: [...key, 'requests', 'refused'],
  conflict: adding('api_key_usage', key, ['requests', 'refused']),
};

async function writeUsage(database: Database, { counters, used, nowMs }: Written): Promise<void> {
  // In one order everywhere: processes that write the same rows wait for each other instead of blocking each other.
  const rows = counters
    .map(({ keyId, hour, route, requests, refused }) => [keyId, hour, route, requests, refused] as const)
    .sort((a, b) => compare(a[0], b[0]) || a[1] - b[1] || compare(a[2], b[2]));
  const ids = [...used].sort(compare);
  await database.transaction(async (transaction) => {
    for (let next = 0; next < ids.length; next += 500) {
      const part = ids.slice(next, next + 500);
      await transaction.query(
        `UPDATE api_key SET used_ms = $1 WHERE (used_ms IS NULL OR used_ms <= $2) AND id IN (${placeholders(part.length, 2)})`,
        [nowMs, nowMs - usedEveryMs, ...part],
      );
    }
    await insertRows(transaction, shape, rows);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function readUsage(database: Database, keyId: string, { sinceMs, untilMs }: UsageSpan): Promise<UsageHour[]> {
  const until = Math.ceil(untilMs / hourMs);
  const since = Math.max(Math.floor(sinceMs / hourMs), until - usageHoursMax);
  const rows = await database.query<{ hour: number; route: string; requests: number; refused: number }>(
    `SELECT hour, route, requests, refused FROM api_key_usage WHERE key_id = $1 AND hour >= $2 AND hour < $3
      ORDER BY hour, route`,
    [keyId, since, until],
  );
  const hours = new Map<number, { requests: number; refused: number; routes: [string, number][] }>();
  for (const { hour, route, requests, refused } of rows) {
    const known = hours.get(Number(hour)) ?? { requests: 0, refused: 0, routes: [] };
    hours.set(Number(hour), known);
    known.requests += Number(requests);
    known.refused += Number(refused);
    known.routes.push([route, Number(requests)]);
  }
  return [...hours].map(([hour, { routes, ...sums }]) => ({
    hour: toIso(hour * hourMs),
    ...sums,
    routes: Object.fromEntries(routes),
  }));
}
