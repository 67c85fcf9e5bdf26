import type { Database } from '@nostrata/database';
import type { LatencyPoint, RelayEventsPoint, UptimePoint } from '../answers.ts';
import type { SeriesQuery } from '../contract.ts';
import { getQuantiles, type Histograms, mergeText, phases } from '../histogram.ts';
import { findTables } from './find-tables.ts';
import { bucketsMax, bucketsUsual } from './limits.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What a series is read by. */
export interface RelaySeries extends SeriesQuery {
  readonly relay: number;
  readonly nowMs: number;
}

/** How fast one relay answered, by bucket; buckets without a probe are not there. */
export async function readLatency(database: Database, series: RelaySeries): Promise<LatencyPoint[]> {
  const sums = await readProbeBuckets(database, series);
  return sums.map(({ at, histograms }) => {
    const of = (phase: Parameters<Histograms['get']>[0]) => getQuantiles(histograms.get(phase));
    return {
      at,
      dnsMs: of('dns'),
      tcpMs: of('tcp'),
      tlsMs: of('tls'),
      openMs: of('open'),
      informationMs: of('information'),
      readMs: of('read'),
      eoseMs: of('eose'),
      writeMs: of('write'),
    };
  });
}

/** How available one relay was, by bucket. */
export async function readUptime(database: Database, series: RelaySeries): Promise<UptimePoint[]> {
  const sums = await readProbeBuckets(database, series);
  const { sinceMs, untilMs } = boundsOf(series);
  const outages = await database.query<{ from_ms: number; to_ms: number | null }>(
    'SELECT from_ms, to_ms FROM probe_outage WHERE relay = $1 AND from_ms < $2 AND (to_ms IS NULL OR to_ms > $3)',
    [series.relay, untilMs, sinceMs],
  );
  return sums.map(({ at, beginMs, endMs, probes, failures }) => ({
    at,
    probes,
    failures,
    outage: outages.some(({ from_ms, to_ms }) => from_ms < endMs && (to_ms === null || to_ms > beginMs)),
  }));
}

/** What one relay delivered, by bucket of the time of receipt. */
export async function readEvents(database: Database, series: RelaySeries): Promise<RelayEventsPoint[]> {
  if ((await findTables(database, ['collector_relay_hour'])).size === 0) return [];
  const { sinceMs, untilMs } = boundsOf(series);
  type Row = { hour: number; events: number; novel: number; repeats: number; invalid: number };
  const rows = await database.query<Row>(
    `SELECT hour, events, novel, repeats, invalid FROM collector_relay_hour
      WHERE relay = $1 AND hour >= $2 AND hour < $3 ORDER BY hour`,
    [series.relay, Math.floor(sinceMs / hourMs), Math.ceil(untilMs / hourMs)],
  );
  const buckets = Map.groupBy(rows, ({ hour }) => startOf(series.groupBy, hour * hourMs));
  const sum = (part: readonly Row[], column: 'events' | 'novel' | 'repeats' | 'invalid'): number =>
    part.reduce((total, row) => total + row[column], 0);
  return newest(series, buckets).map(([beginMs, part]) => ({
    at: new Date(beginMs).toISOString(),
    events: sum(part, 'events'),
    novel: sum(part, 'novel'),
    repeats: sum(part, 'repeats'),
    invalid: sum(part, 'invalid'),
  }));
}

interface ProbeBucket {
  readonly at: string;
  readonly beginMs: number;
  readonly endMs: number;
  readonly probes: number;
  readonly failures: number;
  readonly histograms: Histograms;
}

async function readProbeBuckets(database: Database, series: RelaySeries): Promise<ProbeBucket[]> {
  const { sinceMs, untilMs } = boundsOf(series);
  const [table, bucket, bucketMs] =
    series.groupBy === 'hour' ? ['probe_hour', 'hour', hourMs] : (['probe_day', 'day', dayMs] as const);
  type Row = { bucket: number; probes: number; failures: number; histograms: string };
  const rows = await database.query<Row>(
    `SELECT ${bucket} AS bucket, probes, failures, histograms FROM ${table}
      WHERE relay = $1 AND ${bucket} >= $2 AND ${bucket} < $3 ORDER BY ${bucket}`,
    [series.relay, Math.floor(sinceMs / bucketMs), Math.ceil(untilMs / bucketMs)],
  );
  const buckets = Map.groupBy(rows, (row) => startOf(series.groupBy, row.bucket * bucketMs));
  return newest(series, buckets).map(([beginMs, part]) => {
    const histograms: Histograms = new Map();
    for (const row of part) mergeText(histograms, row.histograms, phases);
    return {
      at: new Date(beginMs).toISOString(),
      beginMs,
      endMs: endOf(series.groupBy, beginMs),
      probes: part.reduce((sum, row) => sum + row.probes, 0),
      failures: part.reduce((sum, row) => sum + row.failures, 0),
      histograms,
    };
  });
}

/** The newest buckets in their order, as many as may be given. */
function newest<Row>({ limit = bucketsUsual }: RelaySeries, buckets: ReadonlyMap<number, Row[]>): [number, Row[]][] {
  const count = Math.min(Math.max(0, limit), bucketsMax);
  return count === 0 ? [] : [...buckets].slice(-count);
}

/** Both ends of a series; nothing after now is told. */
function boundsOf({ groupBy, sinceMs, untilMs, limit = bucketsUsual, nowMs }: RelaySeries) {
  const end = Math.min(untilMs ?? Number.POSITIVE_INFINITY, nowMs + 1);
  const longest = { hour: hourMs, day: dayMs, week: 7 * dayMs, month: 31 * dayMs }[groupBy];
  const reach = end - (Math.min(limit, bucketsMax) + 1) * longest;
  return { sinceMs: Math.max(sinceMs ?? 0, reach, 0), untilMs: end };
}

/** The beginning of the bucket that an instant is in; weeks begin on Monday, all in UTC. */
function startOf(groupBy: SeriesQuery['groupBy'], atMs: number): number {
  if (groupBy === 'hour') return atMs - (atMs % hourMs);
  const day = Math.floor(atMs / dayMs);
  if (groupBy === 'day') return day * dayMs;
  // 1970-01-01 was a Thursday.
  if (groupBy === 'week') return (day - ((day + 3) % 7)) * dayMs;
  const date = new Date(atMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

function endOf(groupBy: SeriesQuery['groupBy'], beginMs: number): number {
  if (groupBy === 'hour') return beginMs + hourMs;
  if (groupBy === 'day') return beginMs + dayMs;
  if (groupBy === 'week') return beginMs + 7 * dayMs;
  const date = new Date(beginMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
