import { type Database, type MigrationSet, migrate } from '@nostrata/database';
import type { ViewTable } from '@nostrata/views';

/**
 * The three ledgers, which readers always add up: `view_statistics_` is derived from the log, `statistics_kept_` has
 * what the log can give no more (of events that retention or expiry took), `statistics_observed_` what never came into
 * the log (ephemeral events, and versions that were superseded when they arrived).
 */
export type LedgerPrefix = 'view_statistics' | 'statistics_kept' | 'statistics_observed';

/** All ledgers, for readers. */
export const ledgerPrefixes: readonly LedgerPrefix[] = ['view_statistics', 'statistics_kept', 'statistics_observed'];

/**
 * What a ledger counts, and what its `key` is. `events` and `bytes`: by kind. `client`: by client id, 0 for events
 * without a client tag. `replies`: by kind. `zaps` and `zap_msat`: by the place in `zapBuckets`. `zaps_suspect`,
 * `zap_sat_suspect` and `zaps_duplicate`: 0. `zaps_invalid`: by the place in `zapFaults`.
 */
export type Metric =
  | 'events'
  | 'bytes'
  | 'client'
  | 'replies'
  | 'zaps'
  | 'zap_msat'
  | 'zaps_suspect'
  | 'zap_sat_suspect'
  | 'zaps_duplicate'
  | 'zaps_invalid';

/** What became of an event, as rows write it. */
export const EventState = {
  present: 0,
  replaced: 1,
  expired: 2,
  retained: 3,
  deleted: 4,
  vanished: 5,
  withdrawn: 6,
} as const;

/** What became of a valid zap receipt, as rows write it: only `counted` ones are in sums. */
export const ZapState = { counted: 0, duplicate: 1, suspect: 2 } as const;

const eventColumns = `hour BIGINT NOT NULL, id BLOB NOT NULL, kind BIGINT NOT NULL, author BIGINT NOT NULL,
  bytes BIGINT NOT NULL, client BIGINT NOT NULL, role BIGINT NOT NULL`;

const zapColumns = `hour BIGINT NOT NULL, id BLOB NOT NULL, day BIGINT NOT NULL, invoice BLOB NOT NULL,
  msat BIGINT NOT NULL, state BIGINT NOT NULL, sender BIGINT NOT NULL, recipient BIGINT NOT NULL`;

/** A table that is in the order of its key. */
function createTable(name: string, columns: string, key: readonly string[]): ViewTable {
  return { name, key, statements: [`CREATE TABLE ${name} (${columns}, PRIMARY KEY (${key.join(', ')}))`] };
}

function createZapTable(name: string): ViewTable {
  const { key, statements } = createTable(name, zapColumns, ['hour', 'id']);
  return { name, key, statements: [...statements, `CREATE INDEX ${name}_invoice ON ${name} (invoice)`] };
}

function createLedgerTables(prefix: LedgerPrefix): ViewTable[] {
  const amount = 'key BIGINT NOT NULL, amount BIGINT NOT NULL';
  return [
    createTable(`${prefix}_hour`, `metric TEXT NOT NULL, hour BIGINT NOT NULL, ${amount}`, ['metric', 'hour', 'key']),
    createTable(`${prefix}_day`, `metric TEXT NOT NULL, day BIGINT NOT NULL, ${amount}`, ['metric', 'day', 'key']),
    createTable(`${prefix}_total`, `metric TEXT NOT NULL, ${amount}`, ['metric', 'key']),
    createTable(`${prefix}_author_day`, 'day BIGINT NOT NULL, author BIGINT NOT NULL, events BIGINT NOT NULL', [
      'day',
      'author',
    ]),
  ];
}

/** Who published how much in which hour: what is active within a day that has not ended is read from here. */
function createAuthorHourTable(prefix: LedgerPrefix): ViewTable {
  return createTable(`${prefix}_author_hour`, 'hour BIGINT NOT NULL, author BIGINT NOT NULL, events BIGINT NOT NULL', [
    'hour',
    'author',
  ]);
}

/** Who wrote how much with which client, by the day: in the ledgers of what is or was in the log. */
function createClientTable(prefix: LedgerPrefix): ViewTable {
  return createTable(
    `${prefix}_client_author_day`,
    'day BIGINT NOT NULL, client BIGINT NOT NULL, author BIGINT NOT NULL, events BIGINT NOT NULL',
    ['day', 'client', 'author'],
  );
}

/** The tables of the view. Every row follows from the last change that the log has of each event. */
export const viewTables: readonly ViewTable[] = [
  createTable('view_statistics_event', `${eventColumns}, state BIGINT NOT NULL`, ['hour', 'id']),
  ...createLedgerTables('view_statistics'),
  createAuthorHourTable('view_statistics'),
  createClientTable('view_statistics'),
  createTable(
    'view_statistics_author',
    'author BIGINT NOT NULL, first_day BIGINT NOT NULL, profiles BIGINT NOT NULL, follows BIGINT NOT NULL',
    ['author'],
  ),
  createTable('view_statistics_sketch', 'hour BIGINT NOT NULL, registers BLOB NOT NULL', ['hour']),
  createZapTable('view_statistics_zap'),
];

/** Tables that no rebuild touches. */
const lastingTables: readonly ViewTable[] = [
  createTable('statistics_kept_event', eventColumns, ['hour', 'id']),
  ...createLedgerTables('statistics_kept'),
  createClientTable('statistics_kept'),
  createZapTable('statistics_kept_zap'),
  createTable(
    'statistics_observed_event',
    'hour BIGINT NOT NULL, id BLOB NOT NULL, kind BIGINT NOT NULL, author BIGINT NOT NULL',
    ['hour', 'id'],
  ),
  ...createLedgerTables('statistics_observed'),
  createTable('statistics_observed_author', 'author BIGINT NOT NULL, first_day BIGINT NOT NULL', ['author']),
  createTable('statistics_author', 'author BIGINT NOT NULL, pubkey BLOB NOT NULL', ['author']),
  createTable('statistics_client', 'client BIGINT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, address TEXT', [
    'client',
  ]),
  createTable('statistics_secret', 'name TEXT NOT NULL, secret BLOB NOT NULL', ['name']),
];

const authorHours: readonly string[] = [
  ...createAuthorHourTable('statistics_kept').statements,
  ...createAuthorHourTable('statistics_observed').statements,
  `INSERT INTO statistics_observed_author_hour SELECT hour, author, count(*) FROM statistics_observed_event
    WHERE author <> 0 GROUP BY hour, author`,
];

const indexes: readonly string[] = [
  'CREATE UNIQUE INDEX statistics_author_pubkey ON statistics_author (pubkey)',
  'CREATE UNIQUE INDEX statistics_client_key ON statistics_client (key)',
];

/**
 * Creates what the statistics keep beside the tables of their view: dictionaries, the secret of the installation, and
 * the two ledgers that no log can give again.
 */
export async function migrateFacts(database: Database): Promise<void> {
  await migrate(database, createMigrations(database.dialect));
}

function createMigrations(dialect: Database['dialect']): MigrationSet {
  const statements = [...lastingTables.flatMap((table) => table.statements), ...indexes];
  return {
    room: 'observatory-facts',
    migrations: [
      { version: 1, name: 'ledgers', statements: statements.map((statement) => adapt(statement, dialect)) },
      {
        version: 2,
        name: 'authors by the hour',
        statements: authorHours.map((statement) => adapt(statement, dialect)),
      },
    ],
  };
}

/** Texts compare by their bytes in both engines, and tables of SQLite are in the order of their key. */
function adapt(statement: string, dialect: Database['dialect']): string {
  if (!statement.startsWith('CREATE TABLE')) return statement;
  if (dialect === 'sqlite') return `${statement} WITHOUT ROWID`;
  return statement.replace(/\bTEXT\b/g, 'TEXT COLLATE "C"').replace(/\bBLOB\b/g, 'BYTEA');
}
