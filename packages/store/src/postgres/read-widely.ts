import type { PostgresDatabase, PostgresStatement, SqlValue } from '@nostrata/database';

/**
 * Runs a read that touches many rows, such as a search or a count: it may use bitmaps and hashes, which look-ups must
 * not. A signal that aborts drops the answer.
 */
export async function readWidely<Row>(
  database: PostgresDatabase,
  { statement, values }: { readonly statement: PostgresStatement; readonly values: readonly SqlValue[] },
  signal: AbortSignal | undefined,
): Promise<readonly Row[]> {
  signal?.throwIfAborted();
  const rows = await database.transaction(async (session) => {
    const allowed = session.query('SET LOCAL enable_bitmapscan = on; SET LOCAL enable_hashjoin = on');
    const [found] = await Promise.all([session.run<Row>(statement, values), allowed]);
    return found;
  });
  signal?.throwIfAborted();
  return rows;
}
