import { removalBatchEvents } from '../limits.ts';
import type { Row } from '../rules.ts';
import { type RemovalPieces, removeRows } from './removal.ts';

const expired = {
  name: 'expired',
  text: `SELECT e.seq, e.id, e.pubkey, e.kind, e.created_at FROM event e
    WHERE e.expires_at IS NOT NULL AND e.expires_at <= $1 ORDER BY e.expires_at LIMIT ${removalBatchEvents}`,
};

/** Removes what has expired at that second, in batches; returns how many went. */
export async function expireEvents(pieces: RemovalPieces, nowSeconds: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const rows = await removeRows(pieces, 'expired', ({ session }) => session.run<Row>(expired, [nowSeconds]));
    if (rows.length === 0) return removed;
    removed += rows.length;
  }
}
