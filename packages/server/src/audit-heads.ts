import { headKind } from '@nostrata/accounts';
import { type NostrEvent, parseEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';

/** Signed heads of the audit log, as this relay has them. */
export async function loadAuditHeads(store: Pick<EventStore, 'query'>, pubkey: string): Promise<readonly NostrEvent[]> {
  const heads: NostrEvent[] = [];
  for await (const page of store.query([{ kinds: [headKind], authors: [pubkey], limit: headsMax }])) {
    for (const { json } of page) heads.push(parseEvent(JSON.parse(json)));
  }
  return heads;
}

/** Twenty years of days. */
const headsMax = 7_300;
