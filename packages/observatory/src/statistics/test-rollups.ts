import type { Database } from '@nostrata/database';
import { migrateFacts, viewTables } from '../facts/tables.ts';
import { toDay } from './spans.ts';

/** A rolled-up past that never was, for measuring: its figures are plausible, and the same each time. */
export interface RollupOptions {
  readonly days: number;
  readonly eventsPerMinute: number;
  readonly authors: number;
  readonly authorsPerDay: number;
  readonly nowMs: number;
}

/** Fills the tables of the view in an SQLite database with such a past; statements alone, without any event. */
export async function fillRollups(database: Database, options: RollupOptions): Promise<void> {
  const { days, eventsPerMinute, authors, authorsPerDay, nowMs } = options;
  await migrateFacts(database);
  for (const { statements } of viewTables) {
    for (const statement of statements) {
      await database.query(statement.startsWith('CREATE TABLE') ? `${statement} WITHOUT ROWID` : statement);
    }
  }
  const today = toDay(nowMs);
  const first = today - days + 1;
  await database.transaction(async (transaction) => {
    const numbers = (count: number): string =>
      `WITH RECURSIVE number(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i < ${count - 1})`;
    await transaction.query(
      `${numbers(authors)} INSERT INTO statistics_author SELECT i, CAST(printf('%032d', i) AS BLOB) FROM number`,
    );
    await transaction.query(
      `${numbers(authors)} INSERT INTO view_statistics_author
        SELECT i, ${first} + i % ${days}, i % 10 = 0, i % 25 = 0 FROM number`,
    );
    for (let day = first; day <= today; day++) {
      await transaction.query(
        `${numbers(authorsPerDay)} INSERT OR IGNORE INTO view_statistics_author_day
          SELECT ${day}, (i * 7919 + ${day} * 104729 + (i * i) % 1013) % ${authors}, 1 + i % 50 FROM number`,
      );
      await transaction.query(
        `${numbers(20_000)} INSERT OR IGNORE INTO view_statistics_client_author_day
          SELECT ${day}, 1 + i % 200, (i * 7919 + ${day}) % ${authors}, 1 FROM number`,
      );
    }
    // Sixty kinds, the first of them by far the most frequent; clients and zaps beside them.
    const metrics: readonly (readonly [string, number, number])[] = [
      ['events', 60, 1],
      ['bytes', 60, 900],
      ['client', 200, 0.1],
      ['replies', 2, 0.1],
      ['zaps', 17, 0.01],
      ['zap_msat', 17, 21_000],
    ];
    for (const [metric, keys, factor] of metrics) {
      const share = `MAX(1, CAST(${60 * eventsPerMinute * factor} * 0.5 / (key + 1) AS INTEGER))`;
      await transaction.query(
        `WITH RECURSIVE hour(h) AS (SELECT ${first * 24} UNION ALL SELECT h + 1 FROM hour WHERE h < ${today * 24 + 23}),
          key(key) AS (SELECT 0 UNION ALL SELECT key + 1 FROM key WHERE key < ${keys - 1})
        INSERT INTO view_statistics_hour SELECT $1, h, key, ${share} FROM hour, key`,
        [metric],
      );
    }
    await transaction.query(
      `INSERT INTO view_statistics_day SELECT metric, hour / 24, key, SUM(amount) FROM view_statistics_hour GROUP BY 1, 2, 3`,
    );
    await transaction.query(
      'INSERT INTO view_statistics_total SELECT metric, key, SUM(amount) FROM view_statistics_day GROUP BY 1, 2',
    );
  });
}
