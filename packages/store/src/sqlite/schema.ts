import type { Migration } from '@nostrata/database';
import { fts5Tokenizer } from '../search-query.ts';

/** The indexes over events; `rebuild` drops and makes them again. The columns are those that a run needs, in order. */
export const eventIndexes: Readonly<Record<string, string>> = {
  by_id: 'event (id48)',
  by_time: 'event (created_at DESC, id48, author48)',
  by_kind: 'event (kind, created_at DESC, id48, author48)',
  by_author: 'event (author48, kind, created_at DESC, id48)',
  by_expiry: 'event (expires_at) WHERE expires_at IS NOT NULL',
};

/** The table of tags. It holds keys alone and is derived from the events. */
export const tagTable =
  'CREATE TABLE tag (key INTEGER NOT NULL, kind INTEGER NOT NULL, created_at INTEGER NOT NULL, id48 INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, kind, created_at DESC, id48, seq)) WITHOUT ROWID';

/** The full-text index: no copy of the texts, rows by position in the log. */
export const searchTable = `CREATE VIRTUAL TABLE search USING fts5 (text, content = '', contentless_delete = 1, tokenize = ${fts5Tokenizer})`;

/** The statements that make the indexes over events. */
export function indexStatements(): string[] {
  return Object.entries(eventIndexes).map(([name, columns]) => `CREATE INDEX ${name} ON ${columns}`);
}

/**
 * The schema. `event` and `removal` are the log: one counter gives both their positions. `json` stands last, so that
 * the columns before it are read without it. Ids, pubkeys and addresses in the small tables are bytes.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'events, log and rules',
    statements: [
      'CREATE TABLE event (seq INTEGER PRIMARY KEY, id48 INTEGER NOT NULL, author48 INTEGER NOT NULL, kind INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, json TEXT NOT NULL)',
      ...indexStatements(),
      tagTable,
      'CREATE TABLE removal (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, pubkey BLOB NOT NULL, kind INTEGER NOT NULL, created_at INTEGER NOT NULL, reason TEXT NOT NULL, cause BLOB)',
      'CREATE TABLE mark (address BLOB PRIMARY KEY, id BLOB NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID',
      'CREATE TABLE id_deletion (id BLOB NOT NULL, author BLOB NOT NULL, PRIMARY KEY (id, author)) WITHOUT ROWID',
      'CREATE TABLE address_deletion (address BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID',
      'CREATE TABLE vanished (pubkey BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID',
      'CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)',
      'CREATE TABLE sighting (seq INTEGER NOT NULL, source INTEGER NOT NULL, first_seen_ms INTEGER NOT NULL, PRIMARY KEY (seq, source)) WITHOUT ROWID',
      'CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID',
      searchTable,
    ],
  },
];
