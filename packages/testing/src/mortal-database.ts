import type { Database, Queryable } from '@nostrata/database';

/**
 * A database whose process dies before the statement of that number, counted from its first use: what was not committed
 * is gone, and every later statement fails too.
 */
export function createMortalDatabase(database: Database, statements: number): Database {
  let left = statements;
  const die = (): void => {
    left -= 1;
    if (left < 0) throw new Error('killed');
  };
  const wrap = (queryable: Queryable): Queryable => ({
    query: async (sql, parameters) => {
      die();
      return await queryable.query(sql, parameters);
    },
  });
  return {
    ...database,
    query: wrap(database).query,
    transaction: async (work) =>
      await database.transaction(async (transaction) => {
        const result = await work(wrap(transaction));
        die();
        return result;
      }),
  };
}
