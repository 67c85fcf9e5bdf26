import type { MigrationSet } from '@nostrata/database';

/** The tables of the core: what it knows about the network and owes to it. Nothing in them could be an event. */
export const coreMigrations: MigrationSet = {
  room: 'core',
  migrations: [
    {
      version: 1,
      name: 'checks, coverage, publications',
      statements: [
        `CREATE TABLE core_check (
          key TEXT PRIMARY KEY, checked_at_ms BIGINT NOT NULL, relays TEXT NOT NULL, found INTEGER NOT NULL,
          failed_at_ms BIGINT, failures INTEGER NOT NULL)`,
        `CREATE TABLE core_coverage (
          atom TEXT NOT NULL, relay TEXT NOT NULL, ranges TEXT NOT NULL, used_at_ms BIGINT NOT NULL,
          PRIMARY KEY (atom, relay))`,
        `CREATE TABLE core_publication (
          id TEXT PRIMARY KEY, event TEXT NOT NULL, previous TEXT, address TEXT, delivery TEXT NOT NULL,
          created_at_ms BIGINT NOT NULL, not_before_ms BIGINT NOT NULL, state TEXT NOT NULL)`,
        'CREATE INDEX core_publication_state ON core_publication (state)',
        'CREATE INDEX core_publication_address ON core_publication (address)',
        `CREATE TABLE core_target (
          id TEXT NOT NULL, relay TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
          may_have_it INTEGER NOT NULL, next_at_ms BIGINT, reason TEXT, PRIMARY KEY (id, relay))`,
        'CREATE TABLE core_relay_score (relay TEXT PRIMARY KEY, score TEXT NOT NULL)',
      ],
    },
    {
      version: 2,
      name: 'publications that wait for a signature',
      statements: [
        'ALTER TABLE core_publication ADD COLUMN sign_by_ms BIGINT',
        'ALTER TABLE core_publication ADD COLUMN asked_until_ms BIGINT',
        'ALTER TABLE core_publication ADD COLUMN reason TEXT',
      ],
    },
    {
      version: 3,
      name: 'the position of the log as of which spans are covered',
      statements: ['ALTER TABLE core_coverage ADD COLUMN as_of_seq BIGINT NOT NULL DEFAULT 0'],
    },
    {
      version: 4,
      name: 'people shown',
      statements: ['CREATE TABLE core_shown (pubkey TEXT PRIMARY KEY, shown_at_ms BIGINT NOT NULL)'],
    },
  ],
};
