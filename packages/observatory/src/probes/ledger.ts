import { type Database, insertRows, type Queryable, type SqlValue, selectIn } from '@nostrata/database';
import { addMeasurement, formatHistograms, type Histograms, mergeText, phases } from '../histogram.ts';
import { type Beat, type OutageChange, type Standing, stand } from './outages.ts';
import type { JudgedOutcome } from './rounds.ts';

const hourMs = 3_600_000;

/** A number that every prober locks while it adds, as what it adds to may be another's row. */
const probeLock = 7_236_214;

/** Our own network's faults: rounds that count nowhere. */
export interface OwnFault {
  readonly fromMs: number;
  readonly toMs: number;
  readonly probes: number;
  readonly failures: number;
}

/** Writes judged outcomes in one transaction: hours, days, how relays stand, outages and faults of our own. */
export async function writeOutcomes(
  database: Database,
  outcomes: readonly JudgedOutcome[],
  faults: readonly OwnFault[],
): Promise<ReadonlyMap<number, Standing>> {
  return await database.transaction(async (transaction) => {
    if (database.dialect === 'postgres') await transaction.query('SELECT pg_advisory_xact_lock($1)', [probeLock]);
    const counted = outcomes.filter(({ isCounted }) => isCounted);
    await addToBuckets(transaction, { table: 'probe_hour', bucket: 'hour', bucketMs: hourMs }, counted);
    await addToBuckets(transaction, { table: 'probe_day', bucket: 'day', bucketMs: 24 * hourMs }, counted);
    const standings = await applyStandings(transaction, outcomes);
    const rows = faults.map(({ fromMs, toMs, probes, failures }) => [fromMs, toMs, probes, failures]);
    const columns = ['from_ms', 'to_ms', 'probes', 'failures'];
    await insertRows(transaction, { table: 'probe_round', columns, conflict: 'DO NOTHING' }, rows);
    return standings;
  });
}

interface BucketTable {
  readonly table: 'probe_hour' | 'probe_day';
  readonly bucket: 'hour' | 'day';
  readonly bucketMs: number;
}

interface BucketSum {
  readonly relay: number;
  readonly bucket: number;
  probes: number;
  failures: number;
  readonly histograms: Histograms;
}

async function addToBuckets(
  transaction: Queryable,
  { table, bucket, bucketMs }: BucketTable,
  outcomes: readonly JudgedOutcome[],
): Promise<void> {
  const sums = sumUp(outcomes, bucketMs);
  const byBucket = Map.groupBy(sums.values(), (sum) => sum.bucket);
  for (const [at, parts] of byBucket) {
    const sql = `SELECT relay, probes, failures, histograms FROM ${table} WHERE ${bucket} = ${at} AND relay IN`;
    type Row = {
      readonly relay: number;
      readonly probes: number;
      readonly failures: number;
      readonly histograms: string;
    };
    for (const row of await selectIn<Row>(
      transaction,
      sql,
      parts.map(({ relay }) => relay),
    )) {
      const sum = sums.get(`${row.relay} ${at}`);
      if (sum === undefined) continue;
      sum.probes += row.probes;
      sum.failures += row.failures;
      mergeText(sum.histograms, row.histograms, phases);
    }
  }
  const set = ['probes', 'failures', 'histograms'].map((column) => `${column} = excluded.${column}`).join(', ');
  await insertRows(
    transaction,
    {
      table,
      columns: ['relay', bucket, 'probes', 'failures', 'histograms'],
      conflict: `(relay, ${bucket}) DO UPDATE SET ${set}`,
    },
    [...sums.values()].map((sum) => [
      sum.relay,
      sum.bucket,
      sum.probes,
      sum.failures,
      formatHistograms(sum.histograms),
    ]),
  );
}

function sumUp(outcomes: readonly JudgedOutcome[], bucketMs: number): Map<string, BucketSum> {
  const sums = new Map<string, BucketSum>();
  const at = (relay: number, atMs: number): BucketSum => {
    const bucket = Math.floor(atMs / bucketMs);
    const key = `${relay} ${bucket}`;
    const known = sums.get(key);
    if (known !== undefined) return known;
    const sum: BucketSum = { relay, bucket, probes: 0, failures: 0, histograms: new Map() };
    sums.set(key, sum);
    return sum;
  };
  for (const { relay, atMs, ok, ms, skipped, skippedEveryMs } of outcomes) {
    const sum = at(relay, atMs);
    sum.probes++;
    if (!ok) sum.failures++;
    // How long it takes to fail is told by no phase; what a failed probe did measure was measured.
    for (const [phase, milliseconds] of ms) addMeasurement(sum.histograms, phase, milliseconds);
    // A relay that is down is probed less often, and is not more often up for that.
    for (let left = ok ? 0 : skipped; left > 0; left--) {
      const missed = at(relay, atMs - left * skippedEveryMs);
      missed.probes++;
      missed.failures++;
    }
  }
  return sums;
}

type StandingRecord = {
  readonly relay: number;
  readonly recent: string;
  readonly failures: number;
  readonly last_probe_ms: number;
  readonly last_ok_ms: number | null;
  readonly last_failure: string | null;
  readonly outage_from_ms: number | null;
};

const standingColumns = [
  'relay',
  'recent',
  'failures',
  'last_probe_ms',
  'last_ok_ms',
  'last_failure',
  'outage_from_ms',
];

/** How these relays stand, by id; those that were never probed are not in it. */
export async function loadStandings(queryable: Queryable, relays: readonly number[]): Promise<Map<number, Standing>> {
  const sql = `SELECT ${standingColumns.join(', ')} FROM probe_relay WHERE relay IN`;
  const rows = await selectIn<StandingRecord>(queryable, sql, relays);
  return new Map(rows.map((row) => [row.relay, toStanding(row)]));
}

function toStanding(row: StandingRecord): Standing {
  const beats = JSON.parse(row.recent) as readonly (readonly [number, number])[];
  return {
    recent: beats.map(([atMs, ok]): Beat => ({ atMs, ok: ok === 1 })),
    failures: row.failures,
    lastProbeMs: row.last_probe_ms,
    lastOkMs: row.last_ok_ms,
    lastFailure: row.last_failure,
    outageFromMs: row.outage_from_ms,
  };
}

function toRow(relay: number, standing: Standing): SqlValue[] {
  const recent = JSON.stringify(standing.recent.map(({ atMs, ok }) => [atMs, ok ? 1 : 0]));
  const { failures, lastProbeMs, lastOkMs, lastFailure, outageFromMs } = standing;
  return [relay, recent, failures, lastProbeMs, lastOkMs, lastFailure, outageFromMs];
}

async function applyStandings(
  transaction: Queryable,
  outcomes: readonly JudgedOutcome[],
): Promise<ReadonlyMap<number, Standing>> {
  const relays = [...new Set(outcomes.map(({ relay }) => relay))];
  const standings = await loadStandings(transaction, relays);
  const changes: (OutageChange & { readonly relay: number })[] = [];
  for (const outcome of [...outcomes].sort((a, b) => a.atMs - b.atMs)) {
    const before = standings.get(outcome.relay);
    if (!outcome.isCounted) {
      standings.set(outcome.relay, { ...(before ?? nothingKnown), lastProbeMs: outcome.atMs });
      continue;
    }
    const { standing, change } = stand(before, outcome);
    standings.set(outcome.relay, standing);
    if (change !== undefined) changes.push({ relay: outcome.relay, ...change });
  }
  const set = standingColumns.slice(1).map((column) => `${column} = excluded.${column}`);
  await insertRows(
    transaction,
    { table: 'probe_relay', columns: standingColumns, conflict: `(relay) DO UPDATE SET ${set.join(', ')}` },
    [...standings].map(([relay, standing]) => toRow(relay, standing)),
  );
  for (const { relay, fromMs, toMs } of changes) {
    await transaction.query(
      `INSERT INTO probe_outage (relay, from_ms, to_ms) VALUES ($1, $2, $3)
        ON CONFLICT (relay, from_ms) DO UPDATE SET to_ms = excluded.to_ms`,
      [relay, fromMs, toMs],
    );
  }
  return standings;
}

const nothingKnown: Standing = {
  recent: [],
  failures: 0,
  lastProbeMs: 0,
  lastOkMs: null,
  lastFailure: null,
  outageFromMs: null,
};
