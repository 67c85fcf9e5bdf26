import { createScope } from '#platform';
import type { Database, Queryable, SqlRow, SqlValue } from './contract.ts';
import { DatabaseError } from './errors.ts';
import type { SqliteHandle, SqliteStatement } from './handle.ts';
import { beginAgainMs, preparedStatementsMax } from './limits.ts';
import { toDatabaseError, translate } from './sqlite-errors.ts';

/** A database in one file, with the synchronous handle for those who are on its thread. */
export interface SqliteDatabase<Handle extends SqliteHandle = SqliteHandle> extends Database {
  readonly dialect: 'sqlite';
  readonly handle: Handle;
}

/** Makes a database of a connection: one statement or transaction after the other, on the caller's thread. */
export function createSqliteDatabase<Handle extends SqliteHandle>(
  path: string,
  handle: Handle,
): SqliteDatabase<Handle> {
  const statements = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= preparedStatementsMax) statements.clear();
    const statement = handle.prepare(toSqliteParameters(sql));
    statements.set(sql, statement);
    return statement;
  };
  const within: Queryable = {
    query: async <Row extends SqlRow>(sql: string, parameters: readonly SqlValue[] = []) =>
      translate(path, () => prepare(sql).all(...parameters) as unknown as readonly Row[]),
  };
  const scope = createScope();
  const query: Queryable['query'] = async <Row extends SqlRow>(sql: string, parameters?: readonly SqlValue[]) => {
    // A write of somebody else would belong to the transaction that is open, and be rolled back with it.
    if (!handle.isTransaction || !isWrite(sql) || scope.isInside()) return await within.query<Row>(sql, parameters);
    return await transaction((own) => own.query<Row>(sql, parameters));
  };
  const close = async (): Promise<void> => {
    statements.clear();
    if (handle.isOpen) translate(path, () => handle.close());
  };
  let last: Promise<unknown> = Promise.resolve();
  const transaction = <T>(work: (transaction: Queryable) => Promise<T>): Promise<T> => {
    const run = last.then(() => runTransaction(path, handle, () => scope.run(() => work(within))));
    last = run.catch(() => undefined);
    return run;
  };
  return { dialect: 'sqlite', handle, query, transaction, close, [Symbol.asyncDispose]: close };
}

function isWrite(sql: string): boolean {
  return /^\s*(?:INSERT|UPDATE|DELETE|REPLACE|WITH\b[\s\S]*\b(?:INSERT INTO|UPDATE|DELETE FROM))\b/i.test(sql);
}

/**
 * Writes parameters as SQLite does. Where they stand in the order of their numbers they go without: numbered ones are
 * looked up one after the other, which for a thousand of them takes longer than the statement.
 */
function toSqliteParameters(sql: string): string {
  let count = 0;
  let isInOrder = true;
  const plain = sql.replace(/\$(\d+)/g, (_, number: string) => {
    count += 1;
    if (Number(number) !== count) isInOrder = false;
    return '?';
  });
  return isInOrder ? plain : sql.replace(/\$(\d+)/g, '?$1');
}

async function runTransaction<T>(path: string, handle: SqliteHandle, work: () => Promise<T>): Promise<T> {
  await begin(path, handle);
  try {
    const result = await work();
    translate(path, () => handle.exec('COMMIT'));
    return result;
  } catch (error) {
    if (handle.isTransaction) handle.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Begins to write. Who else writes may be on this very thread and in the middle of something, so waiting must not hold
 * the thread up, as SQLite's own waiting does.
 */
async function begin(path: string, handle: SqliteHandle): Promise<void> {
  const rows = handle.prepare('PRAGMA busy_timeout').all() as readonly Record<string, number>[];
  const timeoutMs = Object.values(rows[0] ?? {})[0] ?? 0;
  handle.exec('PRAGMA busy_timeout = 0');
  try {
    for (let waitedMs = 0; ; waitedMs += beginAgainMs) {
      const isLast = waitedMs >= timeoutMs;
      if (translate(path, () => tryBegin(handle, isLast))) return;
      await new Promise((resolve) => setTimeout(resolve, beginAgainMs));
    }
  } finally {
    if (handle.isOpen) handle.exec(`PRAGMA busy_timeout = ${timeoutMs}`);
  }
}

function tryBegin(handle: SqliteHandle, isLast: boolean): boolean {
  try {
    handle.exec('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    const known = toDatabaseError('', error);
    if (!isLast && known instanceof DatabaseError && known.fault === 'busy') return false;
    throw error;
  }
}
