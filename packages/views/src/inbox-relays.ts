import type { Queryable } from '@nostrata/database';
import { Kind, parseInboxRelays } from '@nostrata/protocol';
import type { View } from './contract.ts';
import { findByPubkeys, type Sourced } from './reading.ts';
import { createRowView } from './row-view.ts';

/** Where somebody wants to get direct messages (kind 10050, NIP-17). */
export interface InboxRelays extends Sourced {
  /** Normalised, in the order of the list, each once. */
  readonly relays: readonly string[];
}

/** The inbox relays (kind 10050). */
export const inboxRelaysView: View = createRowView({
  name: 'inbox-relays',
  version: 1,
  kinds: new Set([Kind.inboxRelays]),
  table: 'view_inbox_relays',
  columns: { pubkey: 'TEXT NOT NULL', relays: 'TEXT NOT NULL' },
  key: ['pubkey'],
  toValues: (event) => [event.pubkey, JSON.stringify(parseInboxRelays(event))],
});

/** The inbox relays of somebody, or undefined. */
export async function getInboxRelays(queryable: Queryable, pubkey: string): Promise<InboxRelays | undefined> {
  const [row] = await findByPubkeys<{ relays: string; event_id: string; created_at: number }>(
    queryable,
    'SELECT relays, event_id, created_at FROM view_inbox_relays',
    [pubkey],
  );
  return (
    row && {
      pubkey,
      eventId: row.event_id,
      created_at: row.created_at,
      relays: JSON.parse(row.relays) as string[],
    }
  );
}
