import type { Database } from '@nostrata/database';
import type { Range, RelaySummary } from '../answers.ts';
import { type StoredSummary, summaryName } from './figures.ts';
import { nameOverlap } from './overlap.ts';
import { stateSql } from './relay-list.ts';
import { peekState } from './state.ts';

const nothing: StoredSummary = {
  replication: null,
  overlap: [],
  openMs: { p50: null, p95: null, samples: 0 },
  readMs: { p50: null, p95: null, samples: 0 },
  eoseMs: { p50: null, p95: null, samples: 0 },
  uptime: null,
};

/** All relays together: how many are in which state is as of now, the rest as it was added up last. */
export async function readSummary(
  database: Database,
  { range, connected }: { readonly range: Range; readonly connected: number },
): Promise<RelaySummary> {
  const states = await database.query<{ state: string; relays: number }>(
    `SELECT state, count(*) AS relays FROM (SELECT ${stateSql} AS state FROM registry_relay r
      LEFT JOIN probe_relay p ON p.relay = r.relay) AS states GROUP BY state`,
  );
  const count = (wanted: string): number => states.find(({ state }) => state === wanted)?.relays ?? 0;
  const stored = await peekState(database, summaryName(range));
  const { overlap, ...figures } = stored === undefined ? nothing : (JSON.parse(stored.value) as StoredSummary);
  const relays = await database.query<{ relay: number; url: string }>('SELECT relay, url FROM registry_relay');
  const urlById = new Map(relays.map(({ relay, url }) => [relay, url]));
  return {
    known: relays.length,
    online: count('online'),
    connected,
    outage: count('outage'),
    dead: count('dead'),
    ...figures,
    overlap: nameOverlap(overlap, urlById),
  };
}
