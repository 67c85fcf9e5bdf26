import { type Database, type Migration, migrate } from '@nostrata/database';

/** The tables of the collector, in the words of the engine. */
export function collectorMigrations(dialect: Database['dialect']): readonly Migration[] {
  const text = dialect === 'sqlite' ? 'TEXT' : 'TEXT COLLATE "C"';
  const bytes = dialect === 'sqlite' ? 'BLOB' : 'BYTEA';
  const ordered = dialect === 'sqlite' ? ' WITHOUT ROWID' : '';
  return [
    {
      version: 1,
      name: 'what relays delivered',
      statements: [
        // What one relay delivered in one hour of receipt. `events`: each once; `novel`: it was the first with them.
        `CREATE TABLE collector_relay_hour (
          relay BIGINT NOT NULL, hour BIGINT NOT NULL, received BIGINT NOT NULL, events BIGINT NOT NULL,
          novel BIGINT NOT NULL, repeats BIGINT NOT NULL, invalid BIGINT NOT NULL, refused BIGINT NOT NULL,
          bytes BIGINT NOT NULL, PRIMARY KEY (relay, hour))${ordered}`,
        'CREATE INDEX collector_relay_hour_by_hour ON collector_relay_hour (hour)',
        // Which relays have an event, for the sample of ids that begin with 00.
        `CREATE TABLE collector_sighting (
          id ${text} NOT NULL, relay BIGINT NOT NULL, first_seen_ms BIGINT NOT NULL, PRIMARY KEY (id, relay))${ordered}`,
        // How far each relay was read, by whom, and up to when its connected time is accounted for.
        `CREATE TABLE collector_watermark (
          relay BIGINT PRIMARY KEY, since BIGINT NOT NULL, owner ${text} NOT NULL, accounted_ms BIGINT)`,
        `CREATE TABLE collector_connection_hour (
          relay BIGINT NOT NULL, hour BIGINT NOT NULL, connected_seconds BIGINT NOT NULL, gap_seconds BIGINT NOT NULL,
          PRIMARY KEY (relay, hour))${ordered}`,
        // Fingerprints of what each relay delivered, down to where it would be asked again; one row a batch.
        `CREATE TABLE collector_pair (relay BIGINT NOT NULL, newest BIGINT NOT NULL, fingerprints ${bytes} NOT NULL)`,
        'CREATE INDEX collector_pair_by_relay ON collector_pair (relay)',
        `CREATE TABLE collector_quarantine (
          id ${text} NOT NULL, sig ${text} NOT NULL, relay BIGINT NOT NULL, kind BIGINT NOT NULL,
          reason ${text} NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (id, sig))`,
        `CREATE TABLE collector_secret (name ${text} PRIMARY KEY, word BIGINT NOT NULL)`,
      ],
    },
  ];
}

/** Makes the tables of the collector, for processes that read them and do not collect. Idempotent. */
export async function migrateCollector(database: Database): Promise<void> {
  await migrate(database, { room: 'observatory-collector', migrations: collectorMigrations(database.dialect) });
}
