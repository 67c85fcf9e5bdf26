import type { Queryable } from '@nostrata/database';
import { getIdentifier, Kind, parseFavorite, parseRelaySet, parseSetTitle, type SetTitle } from '@nostrata/protocol';
import type { View } from './contract.ts';
import { fromKeyText, toKeyText } from './keys.ts';
import { fromPrivatePart, type PrivatePart, toPrivatePart } from './private-part.ts';
import { findByPubkeys, type Sourced } from './reading.ts';
import { createRowView } from './row-view.ts';

/** Relays that belong together by somebody's word (kind 30002, NIP-51). */
export interface RelaySet extends SetTitle, Sourced {
  /** Normalised, in the order of the set, each once. */
  readonly relays: readonly string[];
  /** More of it, for its author only. */
  readonly private?: PrivatePart | undefined;
}

/** The relay sets (kind 30002). An album among somebody's old favourites is of this kind too, and no relay set. */
export const relaySetsView: View = createRowView({
  name: 'relay-sets',
  version: 1,
  kinds: new Set([Kind.relaySet]),
  table: 'view_relay_set',
  columns: {
    pubkey: 'TEXT NOT NULL',
    identifier: 'TEXT NOT NULL',
    title: 'TEXT NOT NULL',
    relays: 'TEXT NOT NULL',
    content: 'TEXT NOT NULL',
  },
  key: ['pubkey', 'identifier'],
  toValues(event) {
    const identifier = toKeyText(getIdentifier(event));
    if (identifier === undefined || parseFavorite(event)) return undefined;
    const { identifier: _, ...title } = parseSetTitle(event);
    const relays = JSON.stringify(parseRelaySet(event.tags));
    return [event.pubkey, identifier, JSON.stringify(title), relays, toPrivatePart(event.content)];
  },
});

/** The relay sets of somebody, in the order of their identifiers. */
export async function getRelaySets(queryable: Queryable, pubkey: string): Promise<readonly RelaySet[]> {
  interface Row {
    readonly identifier: string;
    readonly title: string;
    readonly relays: string;
    readonly content: string;
    readonly event_id: string;
    readonly created_at: number;
  }
  const rows = await findByPubkeys<Row>(queryable, 'SELECT * FROM view_relay_set', [pubkey]);
  const sets = rows.map(
    (row): RelaySet => ({
      pubkey,
      eventId: row.event_id,
      created_at: row.created_at,
      identifier: fromKeyText(row.identifier),
      ...(JSON.parse(row.title) as Omit<SetTitle, 'identifier'>),
      relays: JSON.parse(row.relays) as string[],
      ...fromPrivatePart(row.content),
    }),
  );
  return sets.sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
}
