import type { MigrationSet } from '@nostrata/database';

/**
 * The indexes of events and tags, by name: dropped and made again by `rebuild`. That of time is walked backwards:
 * growing at its end, as new events make it grow, PostgreSQL fills it to nine tenths, at its beginning only to a half.
 */
export const indexes: Readonly<Record<string, string>> = {
  event_id: 'CREATE UNIQUE INDEX event_id ON event (id)',
  event_time: 'CREATE INDEX event_time ON event (created_at, id DESC)',
  event_kind: 'CREATE INDEX event_kind ON event (kind, created_at DESC, id)',
  event_author: 'CREATE INDEX event_author ON event (pubkey, kind, created_at DESC, id)',
  event_expiry: 'CREATE INDEX event_expiry ON event (expires_at) WHERE expires_at IS NOT NULL',
  tag_order: 'CREATE UNIQUE INDEX tag_order ON tag (key, kind, created_at DESC, id)',
  search_words: 'CREATE INDEX search_words ON search USING gin (words)',
};

/** The indexes of the first version. */
const firstIndexes: Readonly<Record<string, string>> = {
  ...indexes,
  event_time: 'CREATE INDEX event_time ON event (created_at DESC, id)',
};

/** Every table of the store, for its size. */
export const tables = [
  'event',
  'tag',
  'search',
  'mark',
  'id_deletion',
  'address_deletion',
  'vanished',
  'removal',
  'source',
  'sighting',
  'log_end',
] as const;

/**
 * The tables of the store. `event.source` and `received_at_ms` hold the first sighting, `sighting` the further ones.
 * Tags carry kind, time and id, so that their index alone gives the order; no value stands in an index. Addresses
 * are kept as SHA-256, as a `d` tag may be longer than an index takes.
 */
export const migrations: MigrationSet = {
  room: 'store',
  migrations: [
    {
      version: 1,
      name: 'events, tags, marks, log',
      statements: [
        `CREATE TABLE event (
          seq bigint PRIMARY KEY,
          id bytea NOT NULL,
          pubkey bytea NOT NULL,
          kind integer NOT NULL,
          created_at bigint NOT NULL,
          expires_at bigint,
          source integer,
          received_at_ms bigint NOT NULL,
          json text COLLATE "C" NOT NULL
        )`,
        'CREATE TABLE tag (key bigint NOT NULL, kind integer NOT NULL, created_at bigint NOT NULL, id bytea NOT NULL)',
        'CREATE TABLE search (seq bigint PRIMARY KEY, words tsvector NOT NULL)',
        'CREATE TABLE mark (address bytea PRIMARY KEY, id bytea NOT NULL, created_at bigint NOT NULL)',
        'CREATE TABLE id_deletion (id bytea NOT NULL, author bytea NOT NULL, PRIMARY KEY (id, author))',
        'CREATE TABLE address_deletion (address bytea PRIMARY KEY, until bigint NOT NULL)',
        'CREATE TABLE vanished (pubkey bytea PRIMARY KEY, until bigint NOT NULL)',
        `CREATE TABLE removal (
          seq bigint PRIMARY KEY,
          id bytea NOT NULL,
          pubkey bytea NOT NULL,
          kind integer NOT NULL,
          created_at bigint NOT NULL,
          reason text NOT NULL,
          cause bytea
        )`,
        'CREATE TABLE source (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE)',
        `CREATE TABLE sighting (
          seq bigint NOT NULL,
          source integer NOT NULL,
          first_seen_ms bigint NOT NULL,
          PRIMARY KEY (seq, source)
        )`,
        'CREATE TABLE log_end (seq bigint NOT NULL)',
        'INSERT INTO log_end VALUES (0)',
        ...Object.values(firstIndexes),
      ],
    },
    {
      version: 2,
      name: 'the index of time grows at its end',
      statements: ['DROP INDEX event_time', 'CREATE INDEX event_time ON event (created_at, id DESC)'],
    },
  ],
};
