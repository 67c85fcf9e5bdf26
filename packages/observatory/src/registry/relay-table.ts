import { type Database, insertRows, type Queryable, selectIn } from '@nostrata/database';
import type { RelayDetails } from '../answers.ts';

/** Where a relay was learned from. */
export type RelaySource = RelayDetails['source'];

/** What the registry holds of a relay in memory. */
export interface KnownRelay {
  /** Dense, from 1, for ever this relay's. */
  readonly relay: number;
  readonly url: string;
  readonly source: RelaySource;
  /** Milliseconds since 1970 since when it is dead; null while it is not. */
  readonly deadMs: number | null;
  readonly blockedUntilMs: number | null;
}

/** A relay to be added. */
export interface NewRelay {
  readonly url: string;
  readonly source: RelaySource;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly country?: string | undefined;
}

type RelayRecord = {
  readonly relay: number;
  readonly url: string;
  readonly source: string;
  readonly dead_ms: number | null;
  readonly blocked_until_ms: number | null;
};

/** All relays that have an id. */
export async function loadRelays(queryable: Queryable): Promise<KnownRelay[]> {
  const sql = 'SELECT relay, url, source, dead_ms, blocked_until_ms FROM registry_relay ORDER BY relay';
  return (await queryable.query<RelayRecord>(sql)).map((row) => ({
    relay: row.relay,
    url: row.url,
    source: row.source as RelaySource,
    deadMs: row.dead_ms,
    blockedUntilMs: row.blocked_until_ms,
  }));
}

/**
 * Gives ids to relays that have none, in the order of the list; those that have one keep it, and a place that a seed
 * list gives is noted for them too. Several processes may do so at once.
 */
export async function addRelays(database: Database, relays: readonly NewRelay[], nowMs: number): Promise<void> {
  if (relays.length === 0) return;
  await database.transaction(async (transaction) => {
    // The ids are dense, so that they can only be given one after the other.
    if (database.dialect === 'postgres') {
      await transaction.query('LOCK TABLE registry_relay IN SHARE ROW EXCLUSIVE MODE');
    }
    const relayByUrl = new Map(relays.map((relay) => [relay.url, relay]));
    const sql = 'SELECT url FROM registry_relay WHERE url IN';
    const known = new Set((await selectIn<{ url: string }>(transaction, sql, [...relayByUrl.keys()])).map(toUrl));
    const [last] = await transaction.query<{ relay: number | null }>('SELECT max(relay) AS relay FROM registry_relay');
    let next = (last?.relay ?? 0) + 1;
    const fresh = [...relayByUrl.values()].filter(({ url }) => !known.has(url));
    await insertRows(
      transaction,
      { table: 'registry_relay', columns, conflict: 'DO NOTHING' },
      fresh.map((relay) => toRow(relay, next++, nowMs)),
    );
    for (const relay of relayByUrl.values()) if (known.has(relay.url)) await notePlace(transaction, relay);
  });
}

const columns = [
  'relay',
  'url',
  'source',
  'first_seen_ms',
  'nips',
  'auth_required',
  'payment_required',
  'latitude',
  'longitude',
  'place_source',
  'country',
  'country_source',
];

function toRow({ url, source, latitude, longitude, country }: NewRelay, relay: number, nowMs: number) {
  const isPlaced = latitude !== undefined && longitude !== undefined;
  const place = isPlaced ? [latitude, longitude, 'seed'] : [null, null, null];
  return [relay, url, source, nowMs, ',', 0, 0, ...place, country ?? null, country === undefined ? null : 'seed'];
}

/** A seed list is an operator's word: it goes before what monitors say, and makes a seed of a relay that was found. */
async function notePlace(transaction: Queryable, relay: NewRelay): Promise<void> {
  const { url, source, latitude = null, longitude = null, country = null } = relay;
  if (source !== 'seed' && source !== 'operator') return;
  await transaction.query('UPDATE registry_relay SET source = $2 WHERE url = $1 AND source <> $2', [url, source]);
  if (latitude === null || longitude === null) return;
  await transaction.query(
    `UPDATE registry_relay SET latitude = $2, longitude = $3, place_source = 'seed' WHERE url = $1`,
    [url, latitude, longitude],
  );
  if (country === null) return;
  await transaction.query(`UPDATE registry_relay SET country = $2, country_source = 'seed' WHERE url = $1`, [
    url,
    country,
  ]);
}

function toUrl({ url }: { readonly url: string }): string {
  return url;
}
