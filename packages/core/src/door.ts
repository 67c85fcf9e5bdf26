import type { Ingest } from '@nostrata/ingest';
import type { Deliver } from '@nostrata/network';
import type { NostrEvent } from '@nostrata/protocol';
import { elapsed } from './clock.ts';
import type { FigureBook } from './figures.ts';
import type { OwnVerdict } from './outbox/contract.ts';

/** Checks of the door that only a forger fails; everything else a relay may send in good faith. */
const forgeries: ReadonlySet<string> = new Set(['shape', 'id', 'signature']);
/** Refusals that say nothing about the event. */
const own: ReadonlySet<string> = new Set(['stopping', 'queue', 'verifier']);

/** Hands events of relays to the door, and waits while it is full. */
export function createDeliver(
  ingest: Ingest,
  book: Pick<FigureBook, 'passed'>,
  onFailed: (what: string, error: unknown) => void,
): Deliver {
  return async (event, relay) => {
    const startedMs = elapsed();
    try {
      if (ingest.isFull) await ingest.drained();
      const result = await ingest.submit(event, { via: 'relay', url: relay });
      book.passed(result.outcome === 'duplicate', elapsed() - startedMs);
      if (result.accepted) return 'kept';
      if (forgeries.has(result.rejection.by)) return 'forged';
      return own.has(result.rejection.by) ? 'failed' : 'gone';
    } catch (error) {
      onFailed('door', error);
      return 'failed';
    }
  };
}

/** Hands own events to the door. */
export function createSubmit(ingest: Ingest): (event: NostrEvent) => Promise<OwnVerdict> {
  return async (event) => {
    if (ingest.isFull) await ingest.drained();
    const result = await ingest.submit(event, { via: 'own' });
    return result.accepted ? { isKept: true } : { isKept: false, reason: result.rejection.message };
  };
}
