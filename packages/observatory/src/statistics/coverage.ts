import type { Queryable } from '@nostrata/database';
import type { Coverage, Range } from '../answers.ts';
import { spanOf, toHour } from '../spans.ts';
import { coverageFreshMs, coverageHours, coverageWholeMs, sampleOneIn, sightingRowsMax } from './limits.ts';

/** What is asked for. */
export interface CoverageQuery {
  readonly range: Range;
  readonly nowMs: number;
  readonly relaysKnown: number;
  readonly synthetic: boolean;
}

/** What the figures of a range can have missed. */
export interface CoverageReads {
  load(query: CoverageQuery): Promise<Coverage>;
}

interface HourSum {
  readonly [column: string]: number;
  readonly hour: number;
  readonly connected: number;
  readonly gap: number;
}

interface RelayLast {
  readonly [column: string]: number;
  readonly relay: number;
  readonly hour: number;
}

/** An event of the sample: when it was first seen, and on how many relays it was. */
interface Sighted {
  readonly [column: string]: number | string;
  readonly id: string;
  readonly first_ms: number;
  readonly relays: number;
}

/** Events of the sample, and which share of all of the sample they are. */
interface Sample {
  readonly events: readonly Sighted[];
  readonly share: number;
}

/** The table is in the order of relays: one by one is found, and only its last hours are read. */
const relaysThenHours = `WITH RECURSIVE known(relay) AS (
    SELECT MIN(relay) FROM collector_connection_hour
    UNION ALL SELECT (SELECT MIN(relay) FROM collector_connection_hour WHERE relay > known.relay)
      FROM known WHERE known.relay IS NOT NULL
  )`;
const lastHours = `FROM known CROSS JOIN collector_connection_hour AS row
    WHERE row.relay = known.relay AND row.hour >= $1`;

/**
 * Creates reads that remember the sums of each hour. The last two days are read again each time, as long as that is more
 * than some seconds ago; everything before them every hour, as a collector that comes back accounts for its absence.
 */
export function createCoverage(database: Queryable): CoverageReads {
  const sumByHour = new Map<number, HourSum>();
  const lastByRelay = new Map<number, number>();
  let sample: Sample = { events: [], share: 1 };
  let readMs = Number.NEGATIVE_INFINITY;
  let wholeMs = Number.NEGATIVE_INFINITY;

  const read = async (nowMs: number): Promise<void> => {
    const isWhole = nowMs - wholeMs >= coverageWholeMs || nowMs < wholeMs;
    if (!isWhole && nowMs - readMs < coverageFreshMs && nowMs >= readMs) return;
    const from = isWhole ? 0 : toHour(nowMs) - coverageHours;
    const sums = await database.query<HourSum>(
      `${relaysThenHours} SELECT row.hour, CAST(SUM(row.connected_seconds) AS BIGINT) AS connected,
        CAST(SUM(row.gap_seconds) AS BIGINT) AS gap ${lastHours} GROUP BY row.hour`,
      [from],
    );
    const lasts = await database.query<RelayLast>(
      `${relaysThenHours} SELECT row.relay, MAX(row.hour) AS hour ${lastHours} AND row.connected_seconds > 0
        GROUP BY row.relay`,
      [from],
    );
    if (isWhole) {
      sumByHour.clear();
      lastByRelay.clear();
    }
    for (const sum of sums) sumByHour.set(sum.hour, sum);
    for (const { relay, hour } of lasts) lastByRelay.set(relay, hour);
    if (isWhole || sample.share === 1) sample = await loadSample(database);
    readMs = nowMs;
    if (isWhole) wholeMs = nowMs;
  };

  return {
    async load({ range, nowMs, relaysKnown, synthetic }) {
      await read(nowMs);
      const span = spanOf(range, nowMs);
      const from = range === 'all' ? 0 : span.unit === 'hour' ? span.from : span.from * 24;
      const to = toHour(nowMs);
      const inRange = [...sumByHour.values()].filter(({ hour }) => hour >= from && hour <= to);
      const connected = inRange.reduce((sum, row) => sum + row.connected, 0);
      const gap = inRange.reduce((sum, row) => sum + row.gap, 0);
      return {
        relaysKnown,
        relaysConnected: [...lastByRelay.values()].filter((hour) => hour >= from).length,
        gapSeconds: gap,
        covered: connected + gap === 0 ? 1 : connected / (connected + gap),
        unseenEvents: estimateUnseen(sample, from * 3_600_000),
        sinceMs: findFirstMs(sumByHour),
        synthetic,
      };
    },
  };
}

function findFirstMs(sumByHour: ReadonlyMap<number, HourSum>): number | null {
  let first = Number.POSITIVE_INFINITY;
  for (const { hour, connected } of sumByHour.values()) if (connected > 0 && hour < first) first = hour;
  return first === Number.POSITIVE_INFINITY ? null : first * 3_600_000;
}

/** Ids are evenly spread: where there are very many, those that come first stand for all. */
async function loadSample(database: Queryable): Promise<Sample> {
  const events = await database.query<Sighted>(
    `SELECT id, MIN(first_seen_ms) AS first_ms, COUNT(*) AS relays FROM (
      SELECT id, first_seen_ms FROM collector_sighting ORDER BY id, relay LIMIT ${sightingRowsMax}
    ) AS first_rows GROUP BY id ORDER BY id`,
  );
  const rows = events.reduce((sum, { relays }) => sum + relays, 0);
  const last = events.at(-1);
  if (rows < sightingRowsMax || last === undefined) return { events, share: 1 };
  // The last one may be on relays that were not read.
  return { events: events.slice(0, -1), share: Number.parseInt(last.id.slice(2, 10), 16) / 2 ** 32 };
}

/**
 * Chao's lower bound for what was on none of the relays, from how many events of the sample were seen on exactly one and
 * on exactly two of them (A. Chao 1984, in the form without a bias that needs no event on two).
 */
function estimateUnseen({ events, share }: Sample, fromMs: number): number | null {
  let once = 0;
  let twice = 0;
  for (const { first_ms, relays } of events) {
    if (first_ms < fromMs) continue;
    if (relays === 1) once++;
    else if (relays === 2) twice++;
  }
  if (once + twice === 0) return null;
  return Math.round((((once * Math.max(0, once - 1)) / (2 * (twice + 1))) * sampleOneIn) / share);
}
