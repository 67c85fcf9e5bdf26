import type { SqliteHandle, SqliteStatement } from '@nostrata/database';
import type { Seq } from '../contract.ts';
import { createEntryCache, type EntryCache } from './cache.ts';
import type { Entry } from './entry.ts';
import { translateFailures } from './failures.ts';
import { numbers, prepareArrays } from './shelf.ts';

/** The reading side of the database, on the caller's thread. */
export interface Reader {
  readonly cache: EntryCache;
  /** A statement whose rows come as arrays; each text is prepared once. */
  prepare(sql: string): SqliteStatement;
  /** Runs synchronous work; failures of the database become errors of the store. */
  attempt<T>(work: () => T): T;
  /** Runs synchronous work on one snapshot of the database. */
  snapshot<T>(work: () => T): T;
  /** The events at these positions, in their order; undefined where one has left. */
  load(seqs: readonly number[]): (Entry | undefined)[];
  /** The events whose id has that key. */
  findByKey(id48: number): Entry[];
  /** The highest position in the log. */
  lastSeq(): number;
  /** A number that changes with every commit of another connection. */
  dataVersion(): number;
}

type EntryRow = readonly [seq: Seq, kind: number, createdAt: number, expiresAt: number | null, json: string];

/** Below this many events that are not in memory, one look-up each is cheaper than a list. */
const singleLoadsMax = 6;

/** Makes the reader of a connection. */
export function createReader(path: string, handle: SqliteHandle, cacheBytes: number): Reader {
  const statements = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    let statement = statements.get(sql);
    if (!statement) {
      statement = prepareArrays(handle, sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  const fields = 'seq, kind, created_at, expires_at, json';
  const begin = prepare('BEGIN');
  const end = prepare('COMMIT');
  const one = prepare(`SELECT ${fields} FROM event WHERE seq = ?`);
  const many = prepare(
    'SELECT e.seq, e.kind, e.created_at, e.expires_at, e.json FROM json_each(?) j CROSS JOIN event e ON e.seq = j.value',
  );
  const byKey = prepare(`SELECT ${fields} FROM event WHERE id48 = ?`);
  const last = prepare(
    'SELECT max(coalesce((SELECT max(seq) FROM event), 0), coalesce((SELECT max(seq) FROM removal), 0))',
  );
  const version = prepare('PRAGMA data_version');
  const cache = createEntryCache(cacheBytes);

  const loadMissing = (missing: readonly number[]): void => {
    if (missing.length <= singleLoadsMax) {
      for (const seq of missing) {
        const row = one.get(seq) as unknown as EntryRow | undefined;
        if (row) cache.add(toEntry(row));
      }
      return;
    }
    for (const row of many.all(JSON.stringify(missing)) as unknown as EntryRow[]) cache.add(toEntry(row));
  };

  return {
    cache,
    prepare,
    attempt: (work) => translateFailures(path, work),
    snapshot: (work) => {
      if (handle.isTransaction) return work();
      return translateFailures(path, () => {
        begin.run();
        try {
          return work();
        } finally {
          end.run();
        }
      });
    },
    load: (seqs) => {
      const entries = seqs.map((seq) => cache.get(seq));
      const missing = seqs.filter((_, index) => entries[index] === undefined);
      if (missing.length === 0) return entries;
      cache.hold(() => loadMissing(missing));
      return seqs.map((seq, index) => entries[index] ?? cache.get(seq));
    },
    findByKey: (id48) => (byKey.all(id48) as unknown as EntryRow[]).map(toEntry),
    lastSeq: () => numbers(last.get())[0] ?? 0,
    dataVersion: () => numbers(version.get())[0] ?? 0,
  };
}

function toEntry([seq, kind, created_at, expiresAt, json]: EntryRow): Entry {
  return { seq, kind, created_at, json, expiresAt };
}
