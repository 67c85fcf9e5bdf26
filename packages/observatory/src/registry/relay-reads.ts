import type { Database } from '@nostrata/database';
import { parseRelayInformation, type RelayInformation } from '@nostrata/protocol';
import type { Range, RelayDetails } from '../answers.ts';
import type { Clock, RelayReads, SeriesQuery } from '../contract.ts';
import { findRelay, type ListRecord, listRelays, toRelayRow } from './relay-list.ts';
import { type RelaySeries, readEvents, readLatency, readUptime } from './series.ts';
import { readCountryShares, readNipShares, readSoftwareShares } from './shares.ts';
import { readSummary } from './summary.ts';
import { readConnected } from './traffic.ts';

/** What the reads need. */
export interface RelayReadsOptions {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  /** The normalised URLs to which a connection is open; unless given, those that had one in the last hour. */
  readonly connected?: (() => ReadonlySet<string>) | undefined;
}

/**
 * Creates the reads of relays; they need the tables that `migrateRegistry` makes. Figures of ranges are those that a
 * registry added up last, a few minutes ago; everything else is as it is now.
 */
export function createRelayReads({ database, clock, connected }: RelayReadsOptions): RelayReads {
  const findConnected = async (): Promise<Connected> => {
    if (connected !== undefined) {
      const urls = connected();
      return { count: urls.size, has: ({ url }) => urls.has(url) };
    }
    const ids = await readConnected(database, clock.now());
    return { count: ids.size, has: ({ relay }) => ids.has(relay) };
  };
  const readSeries = async <Point>(
    url: string,
    query: SeriesQuery,
    read: (database: Database, series: RelaySeries) => Promise<Point[]>,
  ): Promise<Point[]> => {
    const [row] = await database.query<{ relay: number }>('SELECT relay FROM registry_relay WHERE url = $1', [url]);
    return row === undefined ? [] : await read(database, { ...query, relay: row.relay, nowMs: clock.now() });
  };
  return {
    async relays(query) {
      const { has } = await findConnected();
      const { rows, total } = await listRelays(database, query);
      return { relays: rows.map((row) => toRelayRow(row, has)), total };
    },
    relay: async (url, range) => await readDetails(database, { url, range, isConnected: (await findConnected()).has }),
    async summary(range) {
      const { count } = await findConnected();
      return await readSummary(database, { range, connected: count });
    },
    latency: (url, query) => readSeries(url, query, readLatency),
    uptime: (url, query) => readSeries(url, query, readUptime),
    events: (url, query) => readSeries(url, query, readEvents),
    software: () => readSoftwareShares(database),
    nips: () => readNipShares(database),
    countries: () => readCountryShares(database),
  };
}

interface Connected {
  readonly count: number;
  readonly has: (row: ListRecord) => boolean;
}
async function readDetails(
  database: Database,
  asked: { readonly url: string; readonly range: Range; readonly isConnected: (row: ListRecord) => boolean },
): Promise<RelayDetails | undefined> {
  const row = await findRelay(database, asked.url, asked.range);
  if (row === undefined) return undefined;
  const documents = await database.query<{ at_ms: number; information: string }>(
    'SELECT at_ms, information FROM registry_information WHERE relay = $1 ORDER BY at_ms DESC',
    [row.relay],
  );
  const history = documents.map(({ at_ms, information }) => ({
    at: new Date(at_ms).toISOString(),
    information: JSON.parse(information) as unknown,
  }));
  const information = history[0]?.information ?? null;
  const { description, pubkey, contact } = readInformation(information);
  return {
    ...toRelayRow(row, asked.isConnected),
    description: description ?? null,
    pubkey: pubkey ?? null,
    contact: contact ?? null,
    source: row.source as RelayDetails['source'],
    firstSeen: new Date(row.first_seen_ms).toISOString(),
    lastProbe: row.last_probe_ms === null ? null : new Date(row.last_probe_ms).toISOString(),
    lastFailure: row.last_failure,
    information,
    informationHistory: history,
  };
}

function readInformation(information: unknown): RelayInformation {
  return information === null ? {} : parseRelayInformation(information);
}
