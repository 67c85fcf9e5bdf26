import type { Queryable } from '@nostrata/database';
import { Kind, type ListedRelay, parseRelayList } from '@nostrata/protocol';
import type { View } from './contract.ts';
import { findByPubkeys, type Sourced } from './reading.ts';
import { createRowView } from './row-view.ts';

/** Where somebody reads and writes (kind 10002, NIP-65). */
export interface RelayList extends Sourced {
  /** In the order of the list, each normalised URL once. */
  readonly relays: readonly ListedRelay[];
}

/** The relay lists (kind 10002). */
export const relayListView: View = createRowView({
  name: 'relay-list',
  version: 1,
  kinds: new Set([Kind.relayList]),
  table: 'view_relay_list',
  columns: { pubkey: 'TEXT NOT NULL', relays: 'TEXT NOT NULL' },
  key: ['pubkey'],
  toValues: (event) => [event.pubkey, JSON.stringify(parseRelayList(event))],
});

/** The relay list of somebody, or undefined. */
export async function getRelayList(queryable: Queryable, pubkey: string): Promise<RelayList | undefined> {
  return (await getRelayLists(queryable, [pubkey])).get(pubkey);
}

/** The relay lists of many, by pubkey; those who have none are not in it. */
export async function getRelayLists(
  queryable: Queryable,
  pubkeys: readonly string[],
): Promise<ReadonlyMap<string, RelayList>> {
  const rows = await findByPubkeys<{ pubkey: string; relays: string; event_id: string; created_at: number }>(
    queryable,
    'SELECT pubkey, relays, event_id, created_at FROM view_relay_list',
    pubkeys,
  );
  return new Map(
    rows.map(({ pubkey, relays, event_id, created_at }) => [
      pubkey,
      { pubkey, eventId: event_id, created_at, relays: JSON.parse(relays) as ListedRelay[] },
    ]),
  );
}
