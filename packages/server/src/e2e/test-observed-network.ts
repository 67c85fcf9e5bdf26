import { join } from 'node:path';
import { type Database, openSqlite } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import { spreadEvents, type TestNetwork, type TestRelay } from '@nostrata/testing';
import { createLogger } from '../cli/logger.ts';
import { composeServer, type Server } from '../compose.ts';
import { environmentName, loadSettings } from '../config/load.ts';
import type { SettingName } from '../config/table.ts';

/** Settings by name, written as a user would write them. */
export type Words = Partial<Record<SettingName, string>>;

/** Collects everything that there ever was, from relays of this machine, and computes figures every second. */
export function collectEverything(network: Pick<TestNetwork, 'urls'>): Words {
  return {
    roles: 'relay,api,collector,jobs',
    port: '0',
    logLevel: 'silent',
    collectRelays: network.urls.join(','),
    collectConnections: String(network.urls.length),
    collectKinds: '*',
    collectPast: '60y',
    collectFlush: '1',
    discoverRelays: 'no',
    probeEvery: '0',
    maxFuture: '0',
    allowLocalRelays: 'yes',
    rateLimit: '0',
    snapshotSchedule: '* * * * * *',
  };
}

/** The same for a process of its own. */
export function toEnvironment(words: Words): Record<string, string> {
  return Object.fromEntries(Object.entries(words).map(([name, value]) => [environmentName(name), value]));
}

/** Starts the whole program within this process. */
export async function startInProcess(words: Words, now: () => number = Date.now): Promise<Server> {
  const { settings, given } = loadSettings({ environment: toEnvironment(words) });
  // Settings are whole seconds; this is faster.
  const quick = { ...settings, collectFlush: 0.2 };
  return await composeServer({ settings: quick, given, now, logger: createLogger(settings.logLevel) });
}

/** Opens the rows of a program that keeps them in SQLite below this folder. */
export function openStatistics(folder: string): Database {
  return openSqlite(join(folder, 'statistics.db'));
}

/** How a network misbehaves in `fillNetwork`. */
export interface Filled {
  /** What each relay answers with, by its place. */
  readonly held: readonly (readonly NostrEvent[])[];
  readonly forgers: ReadonlySet<TestRelay>;
}

/**
 * Puts events on relays that forget no version and no deleted event. Every fifth forges a third of what it sends, as
 * long as everything that it has is also on an honest one; some cut their answers, some do not speak NIP-77, and some
 * send garbage.
 */
export function fillNetwork(network: TestNetwork, events: readonly NostrEvent[]): Filled {
  spreadEvents(events, network.relays);
  for (const relay of network.relays) relay.set({ versions: 'all', ignoresDeletions: true });
  // Of deleted events the list of a relay takes none that comes later; those that came first are all shown.
  const held = network.relays.map((relay) => events.filter(({ id }) => relay.has(id)));
  const honest = new Map<string, number>();
  for (const { id } of held.flat()) honest.set(id, (honest.get(id) ?? 0) + 1);
  const forgers = new Set<TestRelay>();
  for (const [place, relay] of network.relays.entries()) {
    if (place % 7 === 2) relay.set({ limitMax: 50 });
    if (place % 3 === 1) relay.set({ negentropy: 'off' });
    if (place % 11 === 4) relay.set({ garbageFrames: 3 });
    if (place % 5 !== 3 || held[place]?.some(({ id }) => honest.get(id) === 1)) continue;
    for (const { id } of held[place] ?? []) honest.set(id, (honest.get(id) ?? 0) - 1);
    relay.set({ forge: { share: 1 / 3, part: place % 2 === 0 ? 'body' : 'sig' } });
    forgers.add(relay);
  }
  return { held, forgers };
}

/** What one relay delivered, over all hours. */
export interface Delivered {
  readonly received: number;
  readonly events: number;
  readonly novel: number;
  readonly repeats: number;
  readonly invalid: number;
  readonly refused: number;
}

const counts = ['received', 'events', 'novel', 'repeats', 'invalid', 'refused'] as const;

/** What each relay delivered, by its URL. */
export async function readDelivered(database: Database): Promise<Map<string, Delivered>> {
  const sums = counts.map((name) => `CAST(SUM(${name}) AS BIGINT) AS ${name}`).join(', ');
  const rows = await database.query(
    `SELECT url, ${sums} FROM collector_relay_hour JOIN registry_relay USING (relay) GROUP BY url ORDER BY url`,
  );
  return new Map(
    rows.map((row) => {
      const delivered = Object.fromEntries(counts.map((name) => [name, Number(row[name])]));
      return [String(row.url).replace(/\/$/, ''), delivered as unknown as Delivered];
    }),
  );
}

const ledgers = ['view_statistics', 'statistics_kept', 'statistics_observed'];

/** Every number that the statistics are made of, and the events that they know. */
export async function readNumbers(database: Database): Promise<Record<string, readonly string[]>> {
  const tables = [
    ...ledgers.flatMap((ledger) =>
      ['hour', 'day', 'total', 'author_hour', 'author_day'].map((name) => `${ledger}_${name}`),
    ),
    ...['event', 'author', 'client_author_day', 'sketch', 'zap'].map((name) => `view_statistics_${name}`),
    'statistics_observed_event',
    'statistics_observed_author',
  ];
  const numbers: Record<string, readonly string[]> = {};
  for (const table of tables) {
    const rows = await database.query(`SELECT * FROM ${table}`);
    numbers[table] = rows.map((row) => JSON.stringify(Object.entries(row).map(toText))).sort();
  }
  return numbers;
}

function toText([column, value]: [string, unknown]): string {
  return `${column} ${value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value}`;
}

/** The events that count, by the first half of their id: all that were seen and that nobody took back. */
export async function readCounted(database: Database): Promise<Set<string>> {
  const rows = await database.query<{ id: Uint8Array }>(
    'SELECT id FROM view_statistics_event WHERE state <= 3 UNION SELECT id FROM statistics_observed_event',
  );
  return new Set(rows.map(({ id }) => Buffer.from(id).toString('hex')));
}

/** Asks the API for what it wraps. */
export async function ask<T>(server: { readonly url: string }, path: string): Promise<T> {
  const response = await fetch(`${server.url.replace(/^ws/, 'http')}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { readonly data: T }).data;
}
