import type { Database } from '@nostrata/database';
import type { Range, RelaySummary } from '../answers.ts';
import type { ProbeSummary } from './figures.ts';
import { summaryName } from './figures.ts';
import { nameOverlap, type Replication, readReplication } from './overlap.ts';
import { stateSql } from './relay-list.ts';
import { findTables } from './rows.ts';
import { firstHourOf } from './spans.ts';
import { peekState } from './state.ts';

const nothing: ProbeSummary = {
  openMs: { p50: null, p95: null, samples: 0 },
  readMs: { p50: null, p95: null, samples: 0 },
  eoseMs: { p50: null, p95: null, samples: 0 },
  uptime: null,
};

/** All relays together. */
export async function readSummary(
  database: Database,
  { range, nowMs, connected }: { readonly range: Range; readonly nowMs: number; readonly connected: number },
): Promise<RelaySummary> {
  const states = await database.query<{ state: string; relays: number }>(
    `SELECT state, count(*) AS relays FROM (SELECT ${stateSql} AS state FROM registry_relay r
      LEFT JOIN probe_relay p ON p.relay = r.relay) AS states GROUP BY state`,
  );
  const count = (wanted: string): number => states.find(({ state }) => state === wanted)?.relays ?? 0;
  const stored = await peekState(database, summaryName(range));
  const probes = stored === undefined ? nothing : (JSON.parse(stored.value) as ProbeSummary);
  const { replication, overlap } = await readSample(database, firstHourOf(range, nowMs) * 3_600_000);
  const relays = await database.query<{ relay: number; url: string }>('SELECT relay, url FROM registry_relay');
  const urlById = new Map(relays.map(({ relay, url }) => [relay, url]));
  return {
    known: relays.length,
    online: count('online'),
    connected,
    outage: count('outage'),
    dead: count('dead'),
    ...probes,
    replication,
    overlap: nameOverlap(overlap, urlById),
  };
}

async function readSample(database: Database, sinceMs: number): Promise<Replication> {
  const tables = await findTables(database, ['collector_sighting']);
  return tables.size === 0 ? { replication: null, overlap: [] } : await readReplication(database, sinceMs);
}
