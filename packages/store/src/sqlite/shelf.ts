import type { SqliteHandle, SqliteStatement } from '@nostrata/database';
import { getExpiration, isHex64, Kind, serializeEvent } from '@nostrata/protocol';
import { bytes, hex, sha256Utf16 } from '#platform';
import type { RemovalReason, Seq } from '../contract.ts';
import { hexKey, tagKey } from '../keys.ts';
import type { AddressMark, Row, Shelf } from '../rules.ts';
import type { RemovalNote } from './messages.ts';
import { idOf, parseCanonical, pubkeyOf, tagKeys } from './texts.ts';

/** The writer's view of the database within its transactions. */
export interface SqliteShelf extends Omit<Shelf, 'remove'> {
  /** Begins a transaction and learns what other processes have changed since the last one. */
  begin(): void;
  commit(): void;
  rollback(): void;
  remove(row: Row, reason: RemovalReason, cause: string | undefined): void;
  /** Notes that a source has delivered the event; the first time counts. */
  addSighting(seq: number, source: string, seenMs: number): void;
  /** The last position given, in this transaction or before. */
  lastSeq(): number;
  /** The removals since the last call. */
  takeRemovals(): RemovalNote[];
}

/** What the writer knows about the database without asking it, as long as no other process writes. */
interface Knowledge {
  dataVersion: number;
  lastSeq: number;
  searchedSeq: number;
  hasIdDeletions: boolean;
  hasAddressDeletions: boolean;
  hasVanished: boolean;
}

type TagRow = readonly [key: number, kind: number, createdAt: number, id48: number, seq: number];

/** Makes the shelf of a writing connection. */
export function createShelf(handle: SqliteHandle): SqliteShelf {
  const s = prepareStatements(handle);
  const know: Knowledge = {
    dataVersion: -1,
    lastSeq: 0,
    searchedSeq: 0,
    hasIdDeletions: false,
    hasAddressDeletions: false,
    hasVanished: false,
  };
  const tags = createTagWriter(handle, () => know.lastSeq);
  const sources = createSources(handle);
  let removals: RemovalNote[] = [];

  const learn = (): void => {
    const [event, removal, searched, ids, addresses, vanished] = numbers(s.learn.get());
    know.lastSeq = Math.max(event ?? 0, removal ?? 0);
    know.searchedSeq = searched ?? 0;
    know.hasIdDeletions = ids === 1;
    know.hasAddressDeletions = addresses === 1;
    know.hasVanished = vanished === 1;
  };
  const forget = (): void => {
    know.dataVersion = -1;
    removals = [];
    tags.clear();
    sources.clear();
  };

  return {
    begin: () => {
      s.begin.run();
      const [version = -1] = numbers(s.dataVersion.get());
      // The cursor of the search index is moved by this connection too, so it is always read again.
      if (version !== know.dataVersion) {
        sources.clear();
        learn();
      } else know.searchedSeq = numbers(s.searched.get())[0] ?? 0;
      know.dataVersion = version;
      tags.begin();
    },
    commit: () => {
      tags.flush();
      s.commit.run();
    },
    rollback: () => {
      forget();
      if (handle.isTransaction) s.rollback.run();
    },
    findById: (id) => {
      for (const fields of s.findById.all(hexKey(id)) as unknown as RowFields[]) {
        if (idOf(fields[3]) === id) return toRow(fields);
      }
      return undefined;
    },
    readEvent: (row) => parseCanonical(readJson(s.readJson, row.seq)),
    findMark: (address) => {
      const row = s.findMark.get(addressKey(address)) as unknown as [Uint8Array, number] | undefined;
      return row && { id: hex(row[0]), created_at: row[1] };
    },
    setMark: (address, mark: AddressMark) => {
      s.setMark.run(addressKey(address), bytes(mark.id), mark.created_at);
    },
    isIdDeleted: (id, author) =>
      know.hasIdDeletions && isHex64(author) && s.isIdDeleted.get(bytes(id), bytes(author)) !== undefined,
    addIdDeletion: (id, author) => {
      s.addIdDeletion.run(bytes(id), bytes(author));
      know.hasIdDeletions = true;
    },
    addressDeletedUntil: (address) =>
      know.hasAddressDeletions ? numbers(s.addressDeleted.get(addressKey(address)))[0] : undefined,
    addAddressDeletion: (address, until) => {
      s.addAddressDeletion.run(addressKey(address), until);
      know.hasAddressDeletions = true;
    },
    vanishedUntil: (pubkey) =>
      know.hasVanished && isHex64(pubkey) ? numbers(s.vanishedUntil.get(bytes(pubkey)))[0] : undefined,
    setVanished: (pubkey, until) => {
      s.setVanished.run(bytes(pubkey), until);
      know.hasVanished = true;
    },
    listVanishing: (pubkey, until) => {
      tags.flush();
      const own = (s.listByAuthor.all(hexKey(pubkey), until) as unknown as RowFields[])
        .map(toRow)
        .filter((row) => row.pubkey === pubkey);
      const wraps = (s.listByTag.all(tagKey('p', pubkey), Kind.giftWrap, until) as unknown as RowFields[])
        .filter((fields) => fields[3].includes(`["p","${pubkey}"`))
        .map(toRow);
      const ownSeqs = new Set(own.map((row) => row.seq));
      return [...own, ...wraps.filter((row) => !ownSeqs.has(row.seq))];
    },
    insert: (event, json = serializeEvent(event)) => {
      know.lastSeq += 1;
      const seq = know.lastSeq as Seq;
      const id48 = hexKey(event.id);
      const expires = getExpiration(event) ?? null;
      s.insert.run(seq, id48, hexKey(event.pubkey), event.kind, event.created_at, expires, json);
      for (const key of tagKeys(event)) tags.add([key, event.kind, event.created_at, id48, seq]);
      return seq;
    },
    remove: (row, reason, cause) => {
      tags.settle(row.seq);
      const event = parseCanonical(readJson(s.readJson, row.seq));
      for (const key of tagKeys(event)) tags.remove([key, row.kind, row.created_at, hexKey(row.id), row.seq]);
      if (row.seq <= know.searchedSeq) s.removeSearch.run(row.seq);
      s.removeSightings.run(row.seq);
      s.remove.run(row.seq);
      know.lastSeq += 1;
      const { id, pubkey, kind, created_at } = row;
      const by = cause === undefined ? null : bytes(cause);
      s.addRemoval.run(know.lastSeq, bytes(id), bytes(pubkey), kind, created_at, reason, by);
      removals.push({ seq: know.lastSeq, id, pubkey, kind, created_at, reason, cause });
    },
    addSighting: (seq, source, seenMs) => {
      s.addSighting.run(seq, sources.idOf(source), seenMs);
    },
    lastSeq: () => know.lastSeq,
    takeRemovals: () => {
      const taken = removals;
      removals = [];
      return taken;
    },
  };
}

/** The columns of a row as the statements below give them. */
type RowFields = readonly [seq: Seq, kind: number, createdAt: number, json: string];

function toRow([seq, kind, created_at, json]: RowFields): Row {
  return { seq, id: idOf(json), pubkey: pubkeyOf(json), kind, created_at };
}

function prepareStatements(handle: SqliteHandle) {
  const prepare = (sql: string): SqliteStatement => prepareArrays(handle, sql);
  const fields = 'e.seq, e.kind, e.created_at, e.json';
  return {
    begin: prepare('BEGIN IMMEDIATE'),
    commit: prepare('COMMIT'),
    rollback: prepare('ROLLBACK'),
    dataVersion: prepare('PRAGMA data_version'),
    learn: prepare(
      "SELECT (SELECT max(seq) FROM event), (SELECT max(seq) FROM removal), (SELECT value FROM meta WHERE name = 'searched'), EXISTS (SELECT 1 FROM id_deletion), EXISTS (SELECT 1 FROM address_deletion), EXISTS (SELECT 1 FROM vanished)",
    ),
    searched: prepare("SELECT value FROM meta WHERE name = 'searched'"),
    findById: prepare(`SELECT ${fields} FROM event e WHERE id48 = ?`),
    readJson: prepare('SELECT json FROM event WHERE seq = ?'),
    findMark: prepare('SELECT id, created_at FROM mark WHERE address = ?'),
    setMark: prepare('INSERT OR REPLACE INTO mark (address, id, created_at) VALUES (?, ?, ?)'),
    isIdDeleted: prepare('SELECT 1 FROM id_deletion WHERE id = ? AND author = ?'),
    addIdDeletion: prepare('INSERT OR IGNORE INTO id_deletion (id, author) VALUES (?, ?)'),
    addressDeleted: prepare('SELECT until FROM address_deletion WHERE address = ?'),
    addAddressDeletion: prepare(
      'INSERT INTO address_deletion (address, until) VALUES (?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)',
    ),
    vanishedUntil: prepare('SELECT until FROM vanished WHERE pubkey = ?'),
    setVanished: prepare('INSERT OR REPLACE INTO vanished (pubkey, until) VALUES (?, ?)'),
    listByAuthor: prepare(`SELECT ${fields} FROM event e WHERE author48 = ? AND created_at <= ?`),
    listByTag: prepare(
      `SELECT ${fields} FROM tag t CROSS JOIN event e ON e.seq = t.seq WHERE t.key = ? AND t.kind = ? AND t.created_at <= ?`,
    ),
    insert: prepare(
      'INSERT INTO event (seq, id48, author48, kind, created_at, expires_at, json) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    remove: prepare('DELETE FROM event WHERE seq = ?'),
    removeSearch: prepare('DELETE FROM search WHERE rowid = ?'),
    removeSightings: prepare('DELETE FROM sighting WHERE seq = ?'),
    addRemoval: prepare(
      'INSERT INTO removal (seq, id, pubkey, kind, created_at, reason, cause) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    addSighting: prepare('INSERT OR IGNORE INTO sighting (seq, source, first_seen_ms) VALUES (?, ?, ?)'),
  };
}

/** Collects the tag rows of a transaction and writes them in the order of their keys: fewer pages are touched. */
function createTagWriter(handle: SqliteHandle, lastSeq: () => number) {
  const insert = handle.prepare('INSERT OR IGNORE INTO tag (key, kind, created_at, id48, seq) VALUES (?, ?, ?, ?, ?)');
  const remove = handle.prepare(
    'DELETE FROM tag WHERE key = ? AND kind = ? AND created_at = ? AND id48 = ? AND seq = ?',
  );
  let pending: TagRow[] = [];
  let pendingFrom = 1;
  const flush = (): void => {
    pending.sort((a, b) => a[0] - b[0]);
    for (const row of pending) insert.run(...row);
    pending = [];
    pendingFrom = lastSeq() + 1;
  };
  return {
    begin: () => {
      pendingFrom = lastSeq() + 1;
    },
    clear: () => {
      pending = [];
    },
    add: (row: TagRow) => pending.push(row),
    remove: (row: TagRow) => remove.run(...row),
    flush,
    /** Makes sure that the rows of that event are in the table. */
    settle: (seq: number) => {
      if (seq >= pendingFrom) flush();
    },
  };
}

/** Numbers the sources; there are few, so the numbers are kept. */
function createSources(handle: SqliteHandle) {
  const find = prepareArrays(handle, 'SELECT id FROM source WHERE name = ?');
  const add = prepareArrays(handle, 'INSERT INTO source (name) VALUES (?) RETURNING id');
  const known = new Map<string, number>();
  return {
    clear: () => known.clear(),
    idOf: (name: string): number => {
      const id = known.get(name) ?? numbers(find.get(name))[0] ?? numbers(add.get(name))[0];
      if (id === undefined) throw new Error(`source ${name} was not added`);
      if (known.size >= 10_000) known.clear();
      known.set(name, id);
      return id;
    },
  };
}

/** Prepares a statement whose rows come as arrays. */
export function prepareArrays(handle: SqliteHandle, sql: string): SqliteStatement {
  const statement = handle.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

/** The row of a statement that selects numbers; empty where there is none. */
export function numbers(row: unknown): readonly (number | undefined)[] {
  return (row ?? []) as readonly (number | undefined)[];
}

function readJson(statement: SqliteStatement, seq: number): string {
  const row = statement.get(seq) as unknown as [string] | undefined;
  if (!row) throw new Error(`event ${seq} is not there`);
  return row[0];
}

/** Sixteen bytes of SHA-256 stand for an address of any length; over UTF-16, which tells lone surrogates apart. */
function addressKey(address: string): Uint8Array {
  return sha256Utf16(address).subarray(0, 16);
}
