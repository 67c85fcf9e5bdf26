import { type Database, DatabaseError, type Queryable, type SqlRow } from '@nostrata/database';
import type { Call } from './wire.ts';

type SqlCall = Call & { readonly type: 'sql' };
type EndCall = Call & { readonly type: 'commit' | 'rollback' };

/** The turns of several pages at one connection: a transaction belongs to one page, and the others wait for its end. */
export interface Turns {
  enter(): Turn;
}

/** One page at the connection. */
export interface Turn {
  /** Begins a transaction when it is its turn; returns its number. */
  begin(): Promise<number>;
  query(call: SqlCall): Promise<readonly SqlRow[]>;
  end(call: EndCall): Promise<undefined>;
  /** Rolls back what is open. */
  leave(): void;
}

interface Open {
  readonly owner: object;
  readonly queryable: Queryable;
  readonly finish: (error: unknown) => void;
  readonly ended: Promise<void>;
}

const rolledBack = new Error('rolled back');

/** Gives out the turns at a database. */
export function createTurns(database: Database): Turns {
  const openByNumber = new Map<number, Open>();
  let lastNumber = 0;
  const begin = (owner: object): Promise<number> =>
    new Promise((resolve, reject) => {
      const { promise: finished, resolve: succeed, reject: fail } = Promise.withResolvers<void>();
      lastNumber += 1;
      const number = lastNumber;
      const run = database.transaction(async (queryable) => {
        const finish = (error: unknown): void => (error === undefined ? succeed() : fail(error));
        openByNumber.set(number, { owner, queryable, finish, ended: run });
        resolve(number);
        await finished;
      });
      run.then(
        () => openByNumber.delete(number),
        (error) => {
          openByNumber.delete(number);
          reject(error);
        },
      );
    });
  return { enter: () => createTurn(database, openByNumber, begin) };
}

function createTurn(
  database: Database,
  openByNumber: Map<number, Open>,
  begin: (owner: object) => Promise<number>,
): Turn {
  const me = {};
  const find = (number: number): Open => {
    const open = openByNumber.get(number);
    if (open?.owner !== me) throw new DatabaseError('away', 'the transaction has ended, because its tab was closed');
    return open;
  };
  /** What is outside of transactions waits for those of other pages; those of its own page it is part of. */
  const awaitOthers = async (): Promise<void> => {
    for (;;) {
      const other = [...openByNumber.values()].find(({ owner }) => owner !== me);
      if (!other) return;
      await Promise.allSettled([other.ended]);
    }
  };
  return {
    begin: () => begin(me),
    query: async ({ sql, parameters, transaction }) => {
      if (transaction !== undefined) return await find(transaction).queryable.query(sql, parameters);
      await awaitOthers();
      return await database.query(sql, parameters);
    },
    end: async ({ type, transaction }) => {
      const { finish, ended } = find(transaction);
      finish(type === 'commit' ? undefined : rolledBack);
      try {
        await ended;
      } catch (error) {
        if (error !== rolledBack) throw error;
      }
      return undefined;
    },
    leave: () => {
      for (const open of openByNumber.values()) if (open.owner === me) open.finish(rolledBack);
    },
  };
}
