import { type PostgresDatabase, type PostgresSession, sqlStateOf } from '@nostrata/database';
import type { Seq } from '../contract.ts';
import { retriesMax } from './limits.ts';

/** The channel on which the end of the log is told to other processes. */
export const channel = 'nostrata_log';

/** A number that whoever writes to the log locks until the end of its transaction. */
const logLock = 7_236_211;

const lock = { name: 'log_lock', text: 'SELECT pg_advisory_xact_lock($1)' };
const readEnd = { name: 'log_end', text: 'SELECT seq FROM log_end' };
const advance = {
  name: 'log_advance',
  text: `WITH moved AS (UPDATE log_end SET seq = $1 RETURNING seq) SELECT pg_notify('${channel}', seq::text) FROM moved`,
};

/** A transaction that holds the log: whoever comes later gives later positions, and commits later. */
export interface LogTransaction {
  readonly session: PostgresSession;
  /** The last position that was given before; it comes with the answers to the first statements of the work. */
  readonly end: Promise<Seq>;
  /** Moves the end of the log and tells it at commit; called at most once, with the last position given. */
  advance(end: Seq): Promise<unknown>;
}

/**
 * Runs the work in a transaction that is alone in giving positions, across processes. Tried again when the server
 * broke a deadlock or a serialization conflict.
 */
export async function withLog<T>(
  database: PostgresDatabase,
  work: (transaction: LogTransaction) => Promise<T>,
): Promise<T> {
  return await retry(() =>
    database.transaction(async (session) => {
      // The lock stands in a statement of its own: those behind it see all that was committed before it was given.
      const locked = session.run(lock, [logLock]);
      const end = session.run<{ seq: Seq }>(readEnd).then(([row]) => row?.seq ?? (0 as Seq));
      const working = work({ session, end, advance: (to) => session.run(advance, [to]) });
      const [result] = await Promise.all([working, locked, end]);
      return result;
    }),
  );
}

/** Repeats what the server ended with a deadlock or a serialization conflict, by SQLSTATE. */
export async function retry<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const state = sqlStateOf(error);
      if ((state !== '40001' && state !== '40P01') || attempt >= retriesMax) throw error;
    }
  }
}

/** Reads the end of the log as committed. */
export async function readLogEnd(database: PostgresDatabase): Promise<Seq> {
  const [row] = await database.run<{ seq: Seq }>(readEnd);
  return row?.seq ?? (0 as Seq);
}
