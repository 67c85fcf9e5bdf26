import type { Database } from '@nostrata/database';
import type { Clock } from '../contract.ts';
import { deadSessionMs, sweepRowsMax } from './limits.ts';

/** Where rows lie that are good for nothing any longer, and how far back. */
const places = [
  { table: 'auth_challenge', key: 'challenge', where: 'expires_ms <= $1', keptMs: 0 },
  { table: 'lnurl_session', key: 'k1', where: 'expires_ms <= $1', keptMs: 0 },
  { table: 'used_event', key: 'id', where: 'expires_ms <= $1', keptMs: 0 },
  { table: 'session', key: 'id', where: '(expires_ms <= $1 OR revoked_ms <= $1)', keptMs: deadSessionMs },
] as const;

/** Removes what has expired, in statements of bounded size; says how many rows. */
export async function sweepSignIn(database: Database, clock: Pick<Clock, 'now'>): Promise<number> {
  let removed = 0;
  for (const { table, key, where, keptMs } of places) {
    for (let rows = sweepRowsMax; rows === sweepRowsMax; removed += rows) {
      const gone = await database.transaction((transaction) =>
        transaction.query(
          `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${sweepRowsMax}) RETURNING ${key}`,
          [clock.now() - keptMs],
        ),
      );
      rows = gone.length;
    }
  }
  return removed;
}
