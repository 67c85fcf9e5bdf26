import { type Database, insertRows, type MigrationSet, migrate, type Queryable } from '@nostrata/database';
import type { Touched } from '../facts/touched.ts';

/** What has changed since a revision. */
export interface Marks {
  readonly revision: number;
  readonly hours: readonly number[];
  readonly authors: readonly number[];
}

const migrations: MigrationSet = {
  room: 'observatory-marks',
  migrations: [
    {
      version: 1,
      name: 'marks',
      statements: [
        'CREATE TABLE statistics_revision (one BIGINT PRIMARY KEY, revision BIGINT NOT NULL)',
        'INSERT INTO statistics_revision (one, revision) VALUES (1, 0)',
        'CREATE TABLE statistics_hour_mark (hour BIGINT PRIMARY KEY, revision BIGINT NOT NULL)',
        'CREATE INDEX statistics_hour_mark_revision ON statistics_hour_mark (revision)',
        'CREATE TABLE statistics_author_mark (author BIGINT PRIMARY KEY, revision BIGINT NOT NULL)',
        'CREATE INDEX statistics_author_mark_revision ON statistics_author_mark (revision)',
      ],
    },
  ],
};

/** Creates the tables where they are not there. */
export async function migrateMarks(database: Database): Promise<void> {
  await migrate(database, migrations);
}

/**
 * Notes within the transaction that changes rows what it changes, so that whoever keeps sets of authors in memory, in
 * whichever process, reads only that again.
 */
export async function markTouched(transaction: Queryable, { hours, authors }: Touched): Promise<void> {
  const parts = [
    { table: 'statistics_hour_mark', column: 'hour', ids: [...new Set(hours)] },
    { table: 'statistics_author_mark', column: 'author', ids: [...new Set(authors)] },
  ].filter(({ ids }) => ids.length > 0);
  if (parts.length === 0) return;
  const [row] = await transaction.query<{ readonly revision: number }>(
    'UPDATE statistics_revision SET revision = revision + 1 WHERE one = 1 RETURNING revision',
  );
  const revision = row?.revision ?? 0;
  for (const { table, column, ids } of parts) {
    const shape = {
      table,
      columns: [column, 'revision'],
      conflict: `(${column}) DO UPDATE SET revision = excluded.revision`,
    };
    await insertRows(
      transaction,
      shape,
      ids.map((id) => [id, revision]),
    );
  }
}

/** The hours that have changed after a revision, and the revision up to which that is so. */
export async function loadHourMarks(database: Queryable, after: number): Promise<Omit<Marks, 'authors'>> {
  const revision = await loadRevision(database);
  if (revision === after) return { revision, hours: [] };
  const hours = await database.query<{ readonly hour: number }>(
    'SELECT hour FROM statistics_hour_mark WHERE revision > $1 ORDER BY hour',
    [after],
  );
  return { revision, hours: hours.map(({ hour }) => hour) };
}

/** What has changed after a revision, and the revision up to which that is so. */
export async function loadMarks(database: Queryable, after: number): Promise<Marks> {
  const { revision, hours } = await loadHourMarks(database, after);
  if (revision === after) return { revision, hours, authors: [] };
  const authors = await database.query<{ readonly author: number }>(
    'SELECT author FROM statistics_author_mark WHERE revision > $1 ORDER BY author',
    [after],
  );
  return { revision, hours, authors: authors.map(({ author }) => author) };
}

async function loadRevision(database: Queryable): Promise<number> {
  const [row] = await database.query<{ readonly revision: number }>(
    'SELECT revision FROM statistics_revision WHERE one = 1',
  );
  return row?.revision ?? 0;
}
