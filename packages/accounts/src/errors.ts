import { DatabaseError, sqlStateOf } from '@nostrata/database';

/** Says whether a statement failed because a row with that unique key is there already. */
export function isTaken(error: unknown): boolean {
  if (sqlStateOf(error) === '23505') return true;
  const cause = error instanceof DatabaseError ? error.cause : error;
  const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) : 0;
  // SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY (https://sqlite.org/rescode.html).
  return code === 2067 || code === 1555;
}
