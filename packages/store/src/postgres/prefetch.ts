import type { PostgresSession } from '@nostrata/database';
import {
  formatAddress,
  getAddress,
  getTagValues,
  InvalidError,
  isHex64,
  Kind,
  type NostrEvent,
  parseAddress,
} from '@nostrata/protocol';
import { tagKey } from '../keys.ts';
import type { AddressMark, Row } from '../rules.ts';
import { addressHash } from './address-hash.ts';
import { hex, hexArray } from './literal.ts';
import type { Prefetched } from './overlay.ts';

/** What a batch may touch. */
interface Touched {
  readonly ids: ReadonlySet<string>;
  readonly pubkeys: ReadonlySet<string>;
  readonly idDeletions: readonly (readonly [id: string, author: string])[];
  readonly addresses: ReadonlySet<string>;
  readonly vanishing: ReadonlyMap<string, number>;
}

/** Fetches everything that the rules can ask about these events, with statements that go out together. */
export async function prefetch(session: PostgresSession, events: readonly NostrEvent[]): Promise<Prefetched> {
  const touched = findTouched(events);
  const [stored, vanished, idDeletions, addresses, vanishing] = await Promise.all([
    fetchRows(session, [...touched.ids]),
    fetchVanished(session, [...touched.pubkeys]),
    fetchIdDeletions(session, touched.idDeletions),
    fetchAddresses(session, [...touched.addresses]),
    fetchVanishing(session, touched.vanishing),
  ]);
  const rowsById = new Map([...addresses.rows, ...stored.rows].map((row) => [row.id, row]));
  for (const rows of vanishing.rows.values()) for (const row of rows) rowsById.set(row.id, row);
  const jsonById = new Map([...stored.jsonById, ...vanishing.jsonById]);
  const { marks, addressDeletions } = addresses;
  return { rowsById, jsonById, vanished, idDeletions, marks, addressDeletions, vanishing: vanishing.rows };
}

function findTouched(events: readonly NostrEvent[]): Touched {
  const ids = new Set<string>();
  const pubkeys = new Set<string>();
  const idDeletions: (readonly [string, string])[] = [];
  const addresses = new Set<string>();
  const vanishing = new Map<string, number>();
  for (const event of events) {
    ids.add(event.id);
    pubkeys.add(event.pubkey);
    idDeletions.push([event.id, event.pubkey]);
    const address = getAddress(event);
    if (address !== undefined) addresses.add(address);
    if (event.kind === Kind.giftWrap) {
      for (const pubkey of getTagValues(event, 'p').filter(isHex64)) {
        pubkeys.add(pubkey);
        idDeletions.push([event.id, pubkey]);
      }
    }
    if (event.kind === Kind.deletionRequest) {
      for (const id of getTagValues(event, 'e').filter(isHex64)) {
        ids.add(id);
        idDeletions.push([id, event.pubkey]);
      }
      for (const text of getTagValues(event, 'a')) {
        const named = readAddress(text);
        if (named !== null) addresses.add(named);
      }
    }
    if (event.kind === Kind.vanishRequest) {
      vanishing.set(event.pubkey, Math.max(event.created_at, vanishing.get(event.pubkey) ?? 0));
    }
  }
  return { ids, pubkeys, idDeletions, addresses, vanishing };
}

function readAddress(text: string): string | null {
  try {
    return formatAddress(parseAddress(text));
  } catch (error) {
    if (error instanceof InvalidError) return null;
    throw error;
  }
}

const rowColumns = 'e.seq, e.id, e.pubkey, e.kind, e.created_at';

const rowsById = {
  name: 'prefetch_rows',
  text: `SELECT ${rowColumns}, CASE WHEN e.kind = ${Kind.giftWrap} THEN e.json END AS json
    FROM unnest($1::bytea[]) AS i (id) JOIN event e ON e.id = i.id`,
};

type TextRow = Row & { readonly json: string | null };

async function fetchRows(session: PostgresSession, ids: readonly string[]) {
  const rows = await session.run<TextRow>(rowsById, [hexArray(ids)]);
  const jsonById = new Map<string, string>();
  for (const { id, json } of rows) if (json !== null) jsonById.set(id, json);
  return { rows, jsonById };
}

const vanishedByPubkey = {
  name: 'prefetch_vanished',
  text: 'SELECT v.pubkey, v.until FROM unnest($1::bytea[]) AS p (pubkey) JOIN vanished v ON v.pubkey = p.pubkey',
};

async function fetchVanished(session: PostgresSession, pubkeys: readonly string[]): Promise<Map<string, number>> {
  const rows = await session.run<{ pubkey: string; until: number }>(vanishedByPubkey, [hexArray(pubkeys)]);
  return new Map(rows.map(({ pubkey, until }) => [pubkey, until]));
}

const idDeletionsByPair = {
  name: 'prefetch_id_deletions',
  text: `SELECT d.id, d.author FROM unnest($1::bytea[], $2::bytea[]) AS p (id, author)
    JOIN id_deletion d ON d.id = p.id AND d.author = p.author`,
};

async function fetchIdDeletions(session: PostgresSession, pairs: Touched['idDeletions']): Promise<Set<string>> {
  const rows = await session.run<{ id: string; author: string }>(idDeletionsByPair, [
    hexArray(pairs.map(([id]) => id)),
    hexArray(pairs.map(([, author]) => author)),
  ]);
  return new Set(rows.map(({ id, author }) => id + author));
}

const addressesByHash = {
  name: 'prefetch_addresses',
  text: `SELECT a.place, m.id AS mark_id, m.created_at AS mark_created_at, d.until, ${rowColumns}
    FROM unnest($1::bytea[]) WITH ORDINALITY AS a (address, place)
    LEFT JOIN mark m ON m.address = a.address
    LEFT JOIN event e ON e.id = m.id
    LEFT JOIN address_deletion d ON d.address = a.address`,
};

interface AddressRow extends Row {
  readonly place: number;
  readonly mark_id: string | null;
  readonly mark_created_at: number;
  readonly until: number | null;
}

async function fetchAddresses(session: PostgresSession, addresses: readonly string[]) {
  const marks = new Map<string, AddressMark>();
  const addressDeletions = new Map<string, number>();
  const rows: Row[] = [];
  if (addresses.length === 0) return { marks, addressDeletions, rows };
  const found = await session.run<AddressRow>(addressesByHash, [hexArray(addresses.map(addressHash))]);
  for (const { place, mark_id, mark_created_at, until, ...row } of found) {
    const address = addresses[place - 1] ?? '';
    if (mark_id !== null) marks.set(address, { id: mark_id, created_at: mark_created_at });
    if (until !== null) addressDeletions.set(address, until);
    if (row.id !== null) rows.push(row);
  }
  return { marks, addressDeletions, rows };
}

const vanishingRows = {
  name: 'prefetch_vanishing',
  text: `SELECT ${rowColumns}, CASE WHEN e.kind = ${Kind.vanishRequest} THEN e.json END AS json
    FROM event e WHERE e.pubkey = $1 AND e.created_at <= $2
    UNION ALL
    SELECT ${rowColumns}, e.json FROM tag t JOIN event e ON e.id = t.id
    WHERE t.key = $3 AND t.kind = ${Kind.giftWrap} AND t.created_at <= $2 AND e.pubkey <> $1`,
};

/** Rows that go with a request to vanish; the text of wraps and of earlier requests comes with them. */
async function fetchVanishing(session: PostgresSession, vanishing: ReadonlyMap<string, number>) {
  const byPubkey = new Map<string, readonly Row[]>();
  const jsonById = new Map<string, string>();
  for (const [pubkey, until] of vanishing) {
    const found = await session.run<TextRow>(vanishingRows, [hex(pubkey), until, tagKey('p', pubkey)]);
    const rows: Row[] = [];
    for (const { json, ...row } of found) {
      if (json !== null) jsonById.set(row.id, json);
      if (row.pubkey === pubkey || isAddressedTo(json, pubkey)) rows.push(row);
    }
    byPubkey.set(pubkey, rows);
  }
  return { rows: byPubkey, jsonById };
}

/** Keys are shared by chance at times: the wrap itself decides. */
function isAddressedTo(json: string | null, pubkey: string): boolean {
  return json !== null && getTagValues(JSON.parse(json) as NostrEvent, 'p').includes(pubkey);
}
