import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseError } from './errors.ts';
import { busyTimeoutMs } from './limits.ts';
import { createSqliteDatabase, type SqliteDatabase } from './sqlite-database.ts';
import { translate } from './sqlite-errors.ts';

/** Settings of an SQLite connection. */
export interface SqliteOptions {
  /** Milliseconds to wait for another process's write transaction; 30,000 unless told. */
  readonly busyTimeoutMs?: number | undefined;
  readonly readOnly?: boolean | undefined;
  /** `PRAGMA name = value` in this order, after opening. */
  readonly pragmas?: Readonly<Record<string, string | number>> | undefined;
}

/**
 * Opens a database file with `node:sqlite`; a file and its folder are made where they are not there. Everything runs
 * on the caller's thread: the promises of the `Database` interface are settled when they are returned.
 * @throws DatabaseError with one clear sentence: not writable, damaged, locked
 */
export function openSqlite(path: string, options: SqliteOptions = {}): SqliteDatabase<DatabaseSync> {
  const handle = translate(path, () => openHandle(path, options));
  return createSqliteDatabase(path, handle);
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
