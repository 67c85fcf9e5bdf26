import type { NostrEvent, VerifiedEvent } from '@nostrata/protocol';
import { createOwnRelayCheck } from '../own-relay.ts';
import { withdrawEvent } from '../rules.ts';
import { createOverlay } from './overlay.ts';
import { prefetch } from './prefetch.ts';
import type { PutPieces } from './put.ts';
import { withLog } from './transaction.ts';
import { writeBatch } from './write.ts';

/** Takes an event back in one transaction; see `EventStore.withdraw`. */
export async function withdraw(
  { database, feed, options }: Omit<PutPieces, 'sources'>,
  event: NostrEvent,
  previous: VerifiedEvent | undefined,
): Promise<boolean> {
  const receivedAtMs = options.now();
  const rules = { nowSeconds: Math.floor(receivedAtMs / 1_000), isOwnRelay: createOwnRelayCheck(options.relayUrls) };
  const { isWithdrawn, commit } = await withLog(database, async ({ session, advance, ...transaction }) => {
    const events = previous ? [event, previous] : [event];
    const [before, end] = await Promise.all([prefetch(session, events), transaction.end]);
    const overlay = createOverlay(before, end);
    const isDone = withdrawEvent(overlay, { event, previous }, rules);
    const written = overlay.finish();
    await Promise.all([
      writeBatch(session, written, { receivedAtMs, sourceById: new Map() }),
      written.end > end ? advance(written.end) : undefined,
    ]);
    return { isWithdrawn: isDone, commit: { before: end, end: written.end, changes: written.changes } };
  });
  if (commit.changes.length > 0) await feed.committed(commit);
  return isWithdrawn;
}
