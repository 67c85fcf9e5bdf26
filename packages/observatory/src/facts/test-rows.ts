import type { Database } from '@nostrata/database';
import { toHex } from './ids.ts';
import { ledgerPrefixes, type Metric } from './tables.ts';

/** Sums of a metric over the three ledgers, by key. */
export async function sumByKey(database: Database, metric: Metric): Promise<Map<number, number>> {
  const tables = ledgerPrefixes.map((prefix) => `SELECT metric, key, amount FROM ${prefix}_total`).join(' UNION ALL ');
  const rows = await database.query<{ key: number; amount: number }>(
    `SELECT key, CAST(sum(amount) AS BIGINT) AS amount FROM (${tables}) AS rows WHERE metric = $1 GROUP BY key ORDER BY key`,
    [metric],
  );
  return new Map(rows.map(({ key, amount }) => [key, amount]));
}

/** Sums of a metric over the three ledgers, by day or hour. */
export async function sumByBucket(
  database: Database,
  metric: Metric,
  bucket: 'day' | 'hour',
): Promise<Map<number, number>> {
  const tables = ledgerPrefixes.map((prefix) => `SELECT metric, ${bucket} AS bucket, amount FROM ${prefix}_${bucket}`);
  const rows = await database.query<{ bucket: number; amount: number }>(
    `SELECT bucket, CAST(sum(amount) AS BIGINT) AS amount FROM (${tables.join(' UNION ALL ')}) AS rows
     WHERE metric = $1 GROUP BY bucket ORDER BY bucket`,
    [metric],
  );
  return new Map(rows.map(({ bucket: at, amount }) => [at, amount]));
}

/** All tables of the facts, with names in the place of ids, so that two databases compare. */
export async function readFacts(database: Database): Promise<Record<string, unknown[]>> {
  const names = new Map<string, Map<unknown, string>>();
  const authors = await database.query<{ author: number; pubkey: Uint8Array }>('SELECT * FROM statistics_author');
  names.set('author', new Map(authors.map(({ author, pubkey }) => [author, toHex(pubkey)])));
  const clients = await database.query<{ client: number; key: string }>('SELECT * FROM statistics_client');
  names.set('client', new Map(clients.map(({ client, key }) => [client, key])));
  const facts: Record<string, unknown[]> = {};
  for (const table of tables) {
    const rows = await database.query(`SELECT * FROM ${table}`);
    const texts = rows.map((row) => JSON.stringify(Object.entries(row).map((entry) => write(names, row, entry))));
    facts[table] = texts.sort();
  }
  return facts;
}

function write(
  names: ReadonlyMap<string, ReadonlyMap<unknown, string>>,
  row: Readonly<Record<string, unknown>>,
  [column, value]: [string, unknown],
): unknown {
  if (value instanceof Uint8Array) return [column, toHex(value)];
  const dictionary = ['author', 'sender', 'recipient'].includes(column) ? 'author' : column;
  const isClientKey = column === 'key' && row.metric === 'client';
  return [column, names.get(isClientKey ? 'client' : dictionary)?.get(value) ?? value];
}

const ledgerTables = ['hour', 'day', 'total', 'author_hour', 'author_day'];

const tables = [
  ...ledgerPrefixes.flatMap((prefix) => ledgerTables.map((name) => `${prefix}_${name}`)),
  ...['event', 'client_author_day', 'author', 'sketch', 'zap'].map((name) => `view_statistics_${name}`),
  ...['event', 'client_author_day', 'zap'].map((name) => `statistics_kept_${name}`),
  'statistics_observed_event',
  'statistics_observed_author',
];
