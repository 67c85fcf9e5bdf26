import { DatabaseError, type DatabaseFault } from './errors.ts';

/**
 * Names a failure of SQLite by its result code.
 * @returns the error itself where it is no failure of SQLite
 */
export function toDatabaseError(path: string, error: unknown): unknown {
  if (error instanceof DatabaseError || !isSqliteError(error)) return error;
  if (error.errcode === shmSize) return new DatabaseError('full', noRoomToOpen(path), { cause: error });
  const fault = faultOf(error.errcode & 0xff);
  return new DatabaseError(fault, sentence(path, fault, error.errstr ?? error.message), { cause: error });
}

/** Runs work on a database; what SQLite throws becomes a `DatabaseError`. */
export function translate<T>(path: string, work: () => T): T {
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

/** SQLITE_IOERR_SHMSIZE: the file of shared memory beside a database cannot be made as large as it must be. */
const shmSize = 4_874;

/** Who only reads needs that file too: without it nobody would know what others write meanwhile. */
function noRoomToOpen(path: string): string {
  return `there is no room left to open ${path}: free 64 KiB, which reading needs, or more to write`;
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
