import type { PostgresDatabase } from '@nostrata/database';
import type { RemovalReason, RemovedChange, Seq } from '../contract.ts';
import type { Row } from '../rules.ts';
import type { Feed } from './feed.ts';
import { toRemoval } from './overlay.ts';
import { type LogTransaction, withLog } from './transaction.ts';
import { deleteEvents, insertRemovals } from './write.ts';

/** What removing outside of a batch needs. */
export interface RemovalPieces {
  readonly database: PostgresDatabase;
  readonly feed: Feed;
}

/** Chooses rows and removes them in one transaction, with one log entry each; returns those that went. */
export async function removeRows<R extends Row>(
  { database, feed }: RemovalPieces,
  reason: RemovalReason,
  choose: (transaction: LogTransaction) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const { rows, commit } = await withLog(database, async (transaction) => {
    const { session, advance } = transaction;
    const [chosen, end] = await Promise.all([choose(transaction), transaction.end]);
    const changes: RemovedChange[] = chosen.map((row, index) => toRemoval((end + index + 1) as Seq, row, { reason }));
    if (chosen.length > 0) {
      await deleteEvents(
        session,
        chosen.map(({ seq }) => seq),
      );
      await insertRemovals(session, changes);
      await advance((end + chosen.length) as Seq);
    }
    return { rows: chosen, commit: { before: end, end: (end + chosen.length) as Seq, changes } };
  });
  if (rows.length > 0) await feed.committed(commit);
  return rows;
}
