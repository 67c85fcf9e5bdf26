import { type Database, type MigrationSet, migrate } from '@nostrata/database';

/**
 * Relays by dense id, never dropped: what counts by relay counts by this id. `name` to `payment_required` are what its
 * newest information document (NIP-11) says; `nips` is `,1,11,`. The `…_source` say where country and place are from.
 */
const relayTable = `CREATE TABLE registry_relay (relay BIGINT PRIMARY KEY, url TEXT NOT NULL, source TEXT NOT NULL,
  first_seen_ms BIGINT NOT NULL, dead_ms BIGINT, blocked_until_ms BIGINT, name TEXT, software TEXT, software_name TEXT,
  version TEXT, nips TEXT NOT NULL, auth_required BIGINT NOT NULL, payment_required BIGINT NOT NULL, country TEXT,
  country_source TEXT, latitude DOUBLE PRECISION, longitude DOUBLE PRECISION, place_source TEXT)`;

/** What probes know of a relay: `recent` are the last three that counted as `[[milliseconds, 1 for a success], …]`. */
const probeRelayTable = `CREATE TABLE probe_relay (relay BIGINT PRIMARY KEY, recent TEXT NOT NULL,
  failures BIGINT NOT NULL, last_probe_ms BIGINT NOT NULL, last_ok_ms BIGINT, last_failure TEXT, outage_from_ms BIGINT)`;

/** The figures of one relay in one of the ranges, added up from time to time so that lists are one short read. */
const spanTable = `CREATE TABLE registry_span (span TEXT NOT NULL, relay BIGINT NOT NULL, probes BIGINT NOT NULL,
  failures BIGINT NOT NULL, open_samples BIGINT NOT NULL, open_p50 DOUBLE PRECISION, open_p95 DOUBLE PRECISION,
  read_samples BIGINT NOT NULL, read_p50 DOUBLE PRECISION, read_p95 DOUBLE PRECISION, events BIGINT NOT NULL,
  novel BIGINT NOT NULL, repeats BIGINT NOT NULL, invalid BIGINT NOT NULL, bytes BIGINT NOT NULL, last_hour BIGINT,
  PRIMARY KEY (span, relay))`;

const statements = [
  relayTable,
  'CREATE UNIQUE INDEX registry_relay_url ON registry_relay (url)',
  `CREATE TABLE registry_candidate (url TEXT PRIMARY KEY, source TEXT NOT NULL, added_ms BIGINT NOT NULL,
    failures BIGINT NOT NULL, next_probe_ms BIGINT NOT NULL, refused_until_ms BIGINT)`,
  'CREATE INDEX registry_candidate_next ON registry_candidate (next_probe_ms)',
  `CREATE TABLE registry_information (relay BIGINT NOT NULL, at_ms BIGINT NOT NULL, information TEXT NOT NULL,
    PRIMARY KEY (relay, at_ms))`,
  spanTable,
  // What is worked out for all processes: the slots, and the figures of all relays together by range.
  'CREATE TABLE registry_state (name TEXT PRIMARY KEY, at_ms BIGINT NOT NULL, value TEXT NOT NULL)',
  probeRelayTable,
  // Histograms by phase are one text: a relay's hour is one row, and rows merge by addition.
  `CREATE TABLE probe_hour (relay BIGINT NOT NULL, hour BIGINT NOT NULL, probes BIGINT NOT NULL,
    failures BIGINT NOT NULL, histograms TEXT NOT NULL, PRIMARY KEY (relay, hour))`,
  `CREATE TABLE probe_day (relay BIGINT NOT NULL, day BIGINT NOT NULL, probes BIGINT NOT NULL,
    failures BIGINT NOT NULL, histograms TEXT NOT NULL, PRIMARY KEY (relay, day))`,
  `CREATE TABLE probe_outage (relay BIGINT NOT NULL, from_ms BIGINT NOT NULL, to_ms BIGINT,
    PRIMARY KEY (relay, from_ms))`,
  // Rounds in which so many relays failed at once that it was our own network: they count nowhere.
  `CREATE TABLE probe_round (from_ms BIGINT PRIMARY KEY, to_ms BIGINT NOT NULL, probes BIGINT NOT NULL,
    failures BIGINT NOT NULL)`,
];

/** `last_mark` is the last hour with events and how many, `last_event_ms` when that was seen to change. */
const lastEvents = [
  'ALTER TABLE registry_span ADD COLUMN last_mark BIGINT',
  'ALTER TABLE registry_span ADD COLUMN last_event_ms BIGINT',
  'ALTER TABLE registry_span DROP COLUMN last_hour',
];

/** Creates the tables of the registry and of the probes. */
export async function migrateRegistry(database: Database): Promise<void> {
  const set: MigrationSet = {
    room: 'observatory-registry',
    migrations: [
      { version: 1, name: 'relays', statements: statements.map((statement) => adapt(statement, database.dialect)) },
      { version: 2, name: 'last events', statements: lastEvents },
      { version: 3, name: 'strips', statements: ['ALTER TABLE registry_span ADD COLUMN strip TEXT'] },
    ],
  };
  await migrate(database, set);
}

/** Texts compare by their bytes in both engines, and small tables of SQLite are in the order of their key. */
function adapt(statement: string, dialect: Database['dialect']): string {
  if (!statement.startsWith('CREATE TABLE')) return statement;
  return dialect === 'sqlite' ? `${statement} WITHOUT ROWID` : statement.replace(/\bTEXT\b/g, 'TEXT COLLATE "C"');
}
