import type { Queryable } from '@nostrata/database';
import { type Blocks, Kind, type Mutes, parseBlocks, parseMutes } from '@nostrata/protocol';
import type { View } from './contract.ts';
import { fromPrivatePart, type PrivatePart, toPrivatePart } from './private-part.ts';
import { findByPubkeys, type Sourced } from './reading.ts';
import { createRowView } from './row-view.ts';

/**
 * What somebody does not want to see (kind 10000) or talk to (kind 10006). People are those of both kinds: as
 * applications have published blocked people in either, both are to be enforced.
 */
export interface MuteLists extends Mutes {
  readonly pubkey: string;
  /** Relays never to connect to, normalised. */
  readonly blockedRelays: readonly string[];
  /** The events, in rising order of kind, each with what only its author can read. */
  readonly sources: readonly MuteSource[];
}

/** One of the events that the lists come from. */
export interface MuteSource extends Sourced {
  readonly kind: number;
  readonly private?: PrivatePart | undefined;
}

/** Mutes (kind 10000) and blocks (kind 10006). */
export const mutesView: View = createRowView({
  name: 'mutes',
  version: 1,
  kinds: new Set([Kind.mutes, Kind.blocks]),
  table: 'view_mutes',
  columns: {
    pubkey: 'TEXT NOT NULL',
    kind: 'INTEGER NOT NULL',
    entries: 'TEXT NOT NULL',
    content: 'TEXT NOT NULL',
  },
  key: ['pubkey', 'kind'],
  toValues({ pubkey, kind, tags, content }) {
    const entries = kind === Kind.mutes ? parseMutes(tags) : parseBlocks(tags);
    return [pubkey, kind, JSON.stringify(entries), toPrivatePart(content)];
  },
});

/** The public mutes and blocks of somebody, or undefined where there is neither list. */
export async function getMutes(queryable: Queryable, pubkey: string): Promise<MuteLists | undefined> {
  interface Row {
    readonly kind: number;
    readonly entries: string;
    readonly content: string;
    readonly event_id: string;
    readonly created_at: number;
  }
  const rows = await findByPubkeys<Row>(queryable, 'SELECT * FROM view_mutes', [pubkey]);
  if (rows.length === 0) return undefined;
  const read = (kind: number): Partial<Mutes & Blocks> =>
    JSON.parse(rows.find((row) => row.kind === kind)?.entries ?? '{}') as Partial<Mutes & Blocks>;
  const [mutes, blocks] = [read(Kind.mutes), read(Kind.blocks)];
  return {
    pubkey,
    pubkeys: [...new Set([...(mutes.pubkeys ?? []), ...(blocks.pubkeys ?? [])])],
    hashtags: mutes.hashtags ?? [],
    words: mutes.words ?? [],
    threads: mutes.threads ?? [],
    blockedRelays: blocks.relays ?? [],
    sources: [...rows]
      .sort((a, b) => a.kind - b.kind)
      .map(({ kind, event_id, created_at, content }) => ({
        pubkey,
        kind,
        eventId: event_id,
        created_at,
        ...fromPrivatePart(content),
      })),
  };
}
