import type { MigrationSet } from '@nostrata/database';

/**
 * Tables of direct messages: the opened text of gift wraps, by wrap and by who may read it, so that each is opened once;
 * and wraps that are signed but not yet in the outbox.
 */
export const messageMigrations: MigrationSet = {
  room: 'core-messages',
  migrations: [
    {
      version: 1,
      name: 'opened messages, unsent wraps, inboxes',
      statements: [
        `CREATE TABLE core_message (
          wrap_id TEXT NOT NULL, viewer TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
          rumor_id TEXT, kind INTEGER, author TEXT, room TEXT, sort_at BIGINT, subject TEXT, target TEXT, rumor TEXT,
          expires_at BIGINT, PRIMARY KEY (wrap_id, viewer))`,
        'CREATE INDEX core_message_room ON core_message (viewer, room, sort_at)',
        'CREATE INDEX core_message_rumor ON core_message (viewer, rumor_id)',
        'CREATE INDEX core_message_target ON core_message (viewer, target)',
        'CREATE INDEX core_message_expiry ON core_message (expires_at)',
        `CREATE TABLE core_message_deletion (
          viewer TEXT NOT NULL, author TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (viewer, author, target))`,
        `CREATE TABLE core_message_unsent (
          wrap_id TEXT PRIMARY KEY, viewer TEXT NOT NULL, event TEXT NOT NULL, relays TEXT NOT NULL)`,
        `CREATE TABLE core_message_inbox (
          viewer TEXT NOT NULL, relay TEXT NOT NULL, complete_to BIGINT NOT NULL, PRIMARY KEY (viewer, relay))`,
      ],
    },
  ],
};
