import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Database, Queryable, SqlRow, SqlValue } from './contract.ts';
import { DatabaseError, type DatabaseFault } from './errors.ts';
import { busyTimeoutMs, preparedStatementsMax } from './limits.ts';

/** Settings of an SQLite connection. */
export interface SqliteOptions {
  /** Milliseconds to wait for another process's write transaction; 30,000 unless told. */
  readonly busyTimeoutMs?: number | undefined;
  readonly readOnly?: boolean | undefined;
  /** `PRAGMA name = value` in this order, after opening. */
  readonly pragmas?: Readonly<Record<string, string | number>> | undefined;
}

/** A database in one file, with the synchronous handle for those who are on its thread. */
export interface SqliteDatabase extends Database {
  readonly dialect: 'sqlite';
  readonly handle: DatabaseSync;
}

/**
 * Opens a database file with `node:sqlite`; a file and its folder are made where they are not there. Everything runs
 * on the caller's thread: the promises of the `Database` interface are settled when they are returned.
 * @throws DatabaseError with one clear sentence: not writable, damaged, locked
 */
export function openSqlite(path: string, options: SqliteOptions = {}): SqliteDatabase {
  const handle = translate(path, () => openHandle(path, options));
  return createDatabase(path, handle);
}

/**
 * Names a failure of SQLite by its result code.
 * @returns the error itself where it is no failure of SQLite
 */
export function toDatabaseError(path: string, error: unknown): unknown {
  if (error instanceof DatabaseError || !isSqliteError(error)) return error;
  const fault = faultOf(error.errcode & 0xff);
  return new DatabaseError(fault, sentence(path, fault, error.errstr ?? error.message), { cause: error });
}

function openHandle(path: string, options: SqliteOptions): DatabaseSync {
  if (path !== ':memory:' && !options.readOnly) touch(path);
  const handle = new DatabaseSync(path, {
    readOnly: options.readOnly ?? false,
    timeout: options.busyTimeoutMs ?? busyTimeoutMs,
  });
  try {
    for (const [name, value] of Object.entries(options.pragmas ?? {})) handle.exec(`PRAGMA ${name} = ${value}`);
  } catch (error) {
    handle.close();
    throw error;
  }
  return handle;
}

/** Makes folder and file, so that a missing permission is told apart from a fault of the database. */
function touch(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'a'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new DatabaseError('unwritable', `${path} cannot be opened for writing (${code})`, { cause: error });
  }
}

function createDatabase(path: string, handle: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= preparedStatementsMax) statements.clear();
    const statement = handle.prepare(sql.replace(/\$(\d+)/g, '?$1'));
    statements.set(sql, statement);
    return statement;
  };
  const queryable: Queryable = {
    query: async <Row extends SqlRow>(sql: string, parameters: readonly SqlValue[] = []) =>
      translate(path, () => prepare(sql).all(...parameters) as unknown as readonly Row[]),
  };
  const close = async (): Promise<void> => {
    statements.clear();
    if (handle.isOpen) translate(path, () => handle.close());
  };
  let last: Promise<unknown> = Promise.resolve();
  const transaction = <T>(work: (transaction: Queryable) => Promise<T>): Promise<T> => {
    const run = last.then(() => runTransaction(path, handle, () => work(queryable)));
    last = run.catch(() => undefined);
    return run;
  };
  return { dialect: 'sqlite', handle, query: queryable.query, transaction, close, [Symbol.asyncDispose]: close };
}

async function runTransaction<T>(path: string, handle: DatabaseSync, work: () => Promise<T>): Promise<T> {
  translate(path, () => handle.exec('BEGIN IMMEDIATE'));
  try {
    const result = await work();
    translate(path, () => handle.exec('COMMIT'));
    return result;
  } catch (error) {
    if (handle.isTransaction) handle.exec('ROLLBACK');
    throw error;
  }
}

function translate<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toDatabaseError(path, error);
  }
}

interface SqliteError extends Error {
  readonly errcode: number;
  readonly errstr?: string;
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
function faultOf(code: number): DatabaseFault {
  if (code === 13) return 'full';
  if (code === 5 || code === 6) return 'busy';
  if (code === 11 || code === 26) return 'damaged';
  if (code === 3 || code === 8 || code === 14) return 'unwritable';
  return 'other';
}

function sentence(path: string, fault: DatabaseFault, text: string): string {
  switch (fault) {
    case 'full':
      return `there is no room left for ${path}`;
    case 'busy':
      return `${path} is locked by another process`;
    case 'damaged':
      return `${path} is damaged or not a database (${text})`;
    case 'unwritable':
      return `${path} cannot be opened for writing (${text})`;
    default:
      return `${path}: ${text}`;
  }
}
