import { type Database, DatabaseError, type Queryable, type SqlRow, type SqlValue } from '@nostrata/database';
import type { Link } from './link.ts';

/** Makes the page's side of a database. Transactions of one page run one after the other, as everywhere. */
export function createRemoteDatabase(link: Link): Database {
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();
  const ask: Link['ask'] = (call) => {
    if (isClosed) return Promise.reject(new DatabaseError('away', 'the database is closed'));
    return link.ask(call);
  };
  const inside = (transaction: number | undefined): Queryable => ({
    query: async <Row extends SqlRow = SqlRow>(sql: string, parameters: readonly SqlValue[] = []) =>
      (await ask({ type: 'sql', sql, parameters, transaction })) as readonly Row[],
  });
  const run = async <T>(work: (transaction: Queryable) => Promise<T>): Promise<T> => {
    const transaction = await ask({ type: 'begin' });
    let result: T;
    try {
      result = await work(inside(transaction));
    } catch (error) {
      // Where it cannot be rolled back it has ended already.
      await Promise.allSettled([ask({ type: 'rollback', transaction })]);
      throw error;
    }
    await ask({ type: 'commit', transaction });
    return result;
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled([last]);
    isClosed = true;
  };
  return {
    dialect: 'sqlite',
    query: inside(undefined).query,
    transaction: (work) => {
      const one = last.then(() => run(work));
      last = one.catch(() => undefined);
      return one;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
