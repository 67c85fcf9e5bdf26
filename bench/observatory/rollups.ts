import type { Database, Queryable } from '@nostrata/database';
import { migrateFacts, statisticsTables } from '@nostrata/observatory';

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
  await migrateFacts(database);
  for (const { statements } of statisticsTables) {
    for (const statement of statements) {
      await database.query(statement.startsWith('CREATE TABLE') ? `${statement} WITHOUT ROWID` : statement);
    }
  }
  await database.transaction(async (transaction) => {
    await fillAuthors(transaction, options);
    await fillAuthorHours(transaction, options);
    await fillSums(transaction, options);
  });
}

function numbers(count: number): string {
  return `WITH RECURSIVE number(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i < ${count - 1})`;
}

/** Who there is, who published on which day, and with which client. */
async function fillAuthors(transaction: Queryable, options: RollupOptions): Promise<void> {
  const { days, authors, authorsPerDay, nowMs } = options;
  const today = Math.floor(nowMs / 86_400_000);
  const first = today - days + 1;
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
}

/** Who published in each hour of the last two days: the hour that runs is the one that is read again and again. */
async function fillAuthorHours(transaction: Queryable, { authors, nowMs }: RollupOptions): Promise<void> {
  const hour = Math.floor(nowMs / 3_600_000);
  const active = Math.floor(authors / 40);
  for (let back = 0; back < 48; back++) {
    await transaction.query(
      `${numbers(active)} INSERT INTO view_statistics_author_hour
        SELECT ${hour - back}, 1 + (i * 7919 + ${back} * 104729) % ${active}, 1 + i % 20 FROM number GROUP BY 2`,
    );
  }
}

/** Sixty kinds, the first of them by far the most frequent; clients and zaps beside them. */
const shares: readonly (readonly [metric: string, keys: number, factor: number])[] = [
  ['events', 60, 1],
  ['bytes', 60, 900],
  ['client', 200, 0.1],
  ['replies', 2, 0.1],
  ['zaps', 17, 0.01],
  ['zap_msat', 17, 21_000],
];

async function fillSums(transaction: Queryable, { days, eventsPerMinute, nowMs }: RollupOptions): Promise<void> {
  const today = Math.floor(nowMs / 86_400_000);
  const [from, to] = [(today - days + 1) * 24, today * 24 + 23];
  for (const [metric, keys, factor] of shares) {
    const share = `MAX(1, CAST(${60 * eventsPerMinute * factor} * 0.5 / (key + 1) AS INTEGER))`;
    await transaction.query(
      `WITH RECURSIVE hour(h) AS (SELECT ${from} UNION ALL SELECT h + 1 FROM hour WHERE h < ${to}),
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
}

/** What each relay that is known delivered in each hour of that time, and that a connection to it was open. */
export async function fillRelays(database: Database, { days, nowMs }: RollupOptions): Promise<void> {
  const to = Math.floor(nowMs / 3_600_000);
  const hours = `WITH RECURSIVE hour(h) AS (SELECT ${to - days * 24 + 1} UNION ALL SELECT h + 1 FROM hour WHERE h < ${to})`;
  await database.transaction(async (transaction) => {
    await transaction.query(
      `${hours} INSERT INTO collector_relay_hour (relay, hour, received, events, novel, repeats, invalid, refused, bytes)
        SELECT relay, h, 24000, 20000, 2000, 4000, 0, 0, 18000000 FROM registry_relay, hour`,
    );
    await transaction.query(
      `${hours} INSERT INTO collector_connection_hour (relay, hour, connected_seconds, gap_seconds)
        SELECT relay, h, 3590, 10 FROM registry_relay, hour`,
    );
  });
}
