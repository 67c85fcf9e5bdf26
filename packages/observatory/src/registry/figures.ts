import { type Database, insertRows, type Queryable, type SqlValue } from '@nostrata/database';
import type { Quantiles, Range } from '../answers.ts';
import { getQuantiles, type Histograms, mergeHistograms, mergeText, type Phase } from '../histogram.ts';
import { firstHourOf } from '../spans.ts';
import { findTables } from './find-tables.ts';
import { figuresAtOnce } from './limits.ts';
import { type Replication, readReplication } from './overlap.ts';
import { pause } from './pause.ts';
import { writeState } from './state.ts';
import { createStrip, type Strip } from './strip.ts';

/** All relays of a range together, as far as probes and the sample tell. */
export interface StoredSummary extends Replication {
  readonly openMs: Quantiles;
  readonly readMs: Quantiles;
  readonly eoseMs: Quantiles;
  readonly uptime: number | null;
}

/** What adding up needs. */
export interface FiguresParts {
  readonly database: Database;
  readonly nowMs: number;
  /** Ids of all relays. */
  readonly relays: readonly number[];
}

const hourMs = 3_600_000;

/** An hour and a count in one number that a double holds exactly, so that the newest hour is the greatest. */
const markHour = 2 ** 32;

const noSample: Replication = { replication: null, overlap: [] };

/** The phases that lists and summaries show. */
const summedPhases: readonly Phase[] = ['open', 'read', 'eose'];

/** The name of the summary of a range among what processes work out for each other. */
export function summaryName(range: Range): string {
  return `summary:${range}`;
}

/**
 * Adds up what probes and collectors counted in a range, for each relay and for all. Some relays at a time, so that
 * others can do things between, and in the order of the tables.
 */
export async function addUpFigures({ database, nowMs, relays }: FiguresParts, range: Range): Promise<void> {
  const tables = await findTables(database, ['collector_relay_hour', 'collector_sighting']);
  const all: Histograms = new Map();
  const sum = { probes: 0, failures: 0 };
  for (let next = 0; next < relays.length; next += figuresAtOnce) {
    const part = relays.slice(next, next + figuresAtOnce);
    const span = { range, nowMs, firstHour: firstHourOf(range, nowMs), from: part[0] ?? 0, to: part.at(-1) ?? 0 };
    const probes = await readProbes(database, span);
    const traffic = tables.has('collector_relay_hour') ? await readTraffic(database, span) : [];
    for (const { probes: count, failures, histograms } of probes.values()) {
      sum.probes += count;
      sum.failures += failures;
      mergeHistograms(all, histograms);
    }
    await writeSpans(database, range, { part, probes, traffic, nowMs });
    await pause();
  }
  const sinceMs = firstHourOf(range, nowMs) * hourMs;
  const summary: StoredSummary = {
    ...(tables.has('collector_sighting') ? await readReplication(database, sinceMs) : noSample),
    openMs: getQuantiles(all.get('open')),
    readMs: getQuantiles(all.get('read')),
    eoseMs: getQuantiles(all.get('eose')),
    uptime: sum.probes === 0 ? null : (sum.probes - sum.failures) / sum.probes,
  };
  await database.transaction(async (transaction) => {
    await writeState(transaction, { name: summaryName(range), atMs: nowMs, value: JSON.stringify(summary) });
  });
}

interface RelaySpan {
  readonly range: Range;
  readonly nowMs: number;
  readonly firstHour: number;
  /** Ids, both inclusive. */
  readonly from: number;
  readonly to: number;
}

interface ProbeSum {
  probes: number;
  failures: number;
  readonly histograms: Histograms;
  readonly strip: Strip;
}

async function readProbes(
  database: Database,
  { range, nowMs, firstHour, from, to }: RelaySpan,
): Promise<Map<number, ProbeSum>> {
  const condition = range === '24h' ? `hour >= ${firstHour}` : `day >= ${firstHour / 24}`;
  const [table, bucket] = range === '24h' ? ['probe_hour', 'hour'] : ['probe_day', 'day'];
  type Row = {
    readonly relay: number;
    readonly bucket: number;
    readonly probes: number;
    readonly failures: number;
    readonly histograms: string;
  };
  const rows = await database.query<Row>(
    `SELECT relay, ${bucket} AS bucket, probes, failures, histograms FROM ${table} WHERE relay BETWEEN $1 AND $2 AND ${condition}`,
    [from, to],
  );
  const sums = new Map<number, ProbeSum>();
  for (const { relay, bucket: at, probes, failures, histograms } of rows) {
    const fresh = () => ({ probes: 0, failures: 0, histograms: new Map(), strip: createStrip(range, nowMs) });
    const sum: ProbeSum = sums.get(relay) ?? fresh();
    sums.set(relay, sum);
    sum.probes += probes;
    sum.failures += failures;
    sum.strip.add(at, probes, failures);
    mergeText(sum.histograms, histograms, summedPhases);
  }
  return sums;
}

type TrafficRow = {
  readonly relay: number;
  readonly events: number;
  readonly novel: number;
  readonly repeats: number;
  readonly invalid: number;
  readonly bytes: number;
  readonly last_mark: number | null;
};

async function readTraffic(database: Database, { firstHour, from, to }: RelaySpan): Promise<readonly TrafficRow[]> {
  const sum = (column: string): string => `CAST(sum(${column}) AS BIGINT) AS ${column}`;
  return await database.query<TrafficRow>(
    `SELECT relay, ${['events', 'novel', 'repeats', 'invalid', 'bytes'].map(sum).join(', ')},
      max(CASE WHEN events > 0 THEN hour * ${markHour} + events END) AS last_mark FROM collector_relay_hour
      WHERE relay BETWEEN $1 AND $2 AND hour >= $3 GROUP BY relay`,
    [from, to, firstHour],
  );
}

const columns = [
  'span',
  'relay',
  'probes',
  'failures',
  'open_samples',
  'open_p50',
  'open_p95',
  'read_samples',
  'read_p50',
  'read_p95',
  'events',
  'novel',
  'repeats',
  'invalid',
  'bytes',
  'last_mark',
  'last_event_ms',
  'strip',
];

interface SpanFigures {
  readonly part: readonly number[];
  readonly probes: ReadonlyMap<number, ProbeSum>;
  readonly traffic: readonly TrafficRow[];
  readonly nowMs: number;
}

async function writeSpans(
  database: Database,
  range: Range,
  { part, probes, traffic, nowMs }: SpanFigures,
): Promise<void> {
  const trafficByRelay = new Map(traffic.map((row) => [row.relay, row]));
  const toRow = (relay: number, lastEventMs: LastEvent): SqlValue[][] => {
    const probed = probes.get(relay);
    const delivered = trafficByRelay.get(relay);
    if (probed === undefined && delivered === undefined) return [];
    const open = getQuantiles(probed?.histograms.get('open'));
    const read = getQuantiles(probed?.histograms.get('read'));
    const { events = 0, novel = 0, repeats = 0, invalid = 0, bytes = 0, last_mark = null } = delivered ?? {};
    const measured = [open.samples, open.p50, open.p95, read.samples, read.p50, read.p95];
    const counted = [
      events,
      novel,
      repeats,
      invalid,
      bytes,
      last_mark,
      lastEventMs(relay, last_mark),
      probed?.strip.write() ?? null,
    ];
    return [[range, relay, probed?.probes ?? 0, probed?.failures ?? 0, ...measured, ...counted]];
  };
  await database.transaction(async (transaction) => {
    const lastEventMs = await createLastEvent(transaction, { range, part, nowMs });
    const rows = part.flatMap((relay) => toRow(relay, lastEventMs));
    // What left the range leaves no row.
    await transaction.query('DELETE FROM registry_span WHERE span = $1 AND relay BETWEEN $2 AND $3', [
      range,
      part[0] ?? 0,
      part.at(-1) ?? 0,
    ]);
    const set = columns.slice(2).map((column) => `${column} = excluded.${column}`);
    const conflict = `(span, relay) DO UPDATE SET ${set.join(', ')}`;
    await insertRows(transaction, { table: 'registry_span', columns, conflict }, rows);
  });
}

/** When the last event came, by what is counted in the last hour that has any. */
type LastEvent = (relay: number, mark: number | null) => number | null;

/** Traffic is counted by the hour: that more was counted than when it was last looked at says more than the hour. */
async function createLastEvent(
  transaction: Queryable,
  { range, part, nowMs }: { readonly range: Range; readonly part: readonly number[]; readonly nowMs: number },
): Promise<LastEvent> {
  type Row = { readonly relay: number; readonly last_mark: number | null; readonly last_event_ms: number | null };
  const rows = await transaction.query<Row>(
    'SELECT relay, last_mark, last_event_ms FROM registry_span WHERE span = $1 AND relay BETWEEN $2 AND $3',
    [range, part[0] ?? 0, part.at(-1) ?? 0],
  );
  const before = new Map(rows.map((row) => [row.relay, row]));
  return (relay, mark) => {
    if (mark === null) return null;
    const known = before.get(relay);
    if (known?.last_mark === mark) return known.last_event_ms;
    const hour = Math.floor(mark / markHour);
    return hour === Math.floor(nowMs / hourMs) ? nowMs : hour * hourMs;
  };
}
