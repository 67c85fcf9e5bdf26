import { DatabaseError, toDatabaseError } from '@nostrata/database';
import { StoreError } from '../errors.ts';

/** Runs work on a database file; what SQLite throws becomes a `StoreError` with one sentence. */
export function translateFailures<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const known = toDatabaseError(path, error);
    throw known instanceof DatabaseError ? new StoreError(known.message, { cause: known }) : known;
  }
}
