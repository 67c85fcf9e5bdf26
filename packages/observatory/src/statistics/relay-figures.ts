import type { Queryable } from '@nostrata/database';
import type { Coverage, Range } from '../answers.ts';
import type { RelayReads } from '../contract.ts';
import { sampleOneIn, topRelaysMax } from './limits.ts';
import type { RelayFigures } from './snapshot.ts';
import { spanOf, toHour } from './spans.ts';

/** What relay figures are made from. */
export interface RelayFiguresOptions {
  readonly database: Queryable;
  readonly relays: RelayReads;
  readonly now: () => number;
  /** True where the relays are made up. */
  readonly synthetic: boolean;
}

/** Puts together what a snapshot says of relays. */
export function createLoadRelayFigures({
  database,
  relays,
  now,
  synthetic,
}: RelayFiguresOptions): (range: Range) => Promise<RelayFigures> {
  return async (range) => {
    const summary = await relays.summary(range);
    const top = await relays.relays({ range, sort: 'events', descending: true, limit: topRelaysMax });
    return {
      summary,
      top: top.relays.filter(({ events }) => events > 0),
      software: await relays.software(),
      nips: await relays.nips(),
      countries: await relays.countries(),
      coverage: await loadCoverage(database, { range, nowMs: now(), relaysKnown: summary.known, synthetic }),
    };
  };
}

/** What is asked for. */
interface CoverageQuery {
  readonly range: Range;
  readonly nowMs: number;
  readonly relaysKnown: number;
  readonly synthetic: boolean;
}

interface ConnectionRow {
  readonly [column: string]: number | null;
  readonly relays: number;
  readonly connected: number | null;
  readonly gap: number | null;
}

/** What the figures of a range can have missed. */
export async function loadCoverage(
  queryable: Queryable,
  { range, nowMs, relaysKnown, synthetic }: CoverageQuery,
): Promise<Coverage> {
  const span = spanOf(range, nowMs);
  const fromHour = range === 'all' ? 0 : span.unit === 'hour' ? span.from : span.from * 24;
  const [row] = await queryable.query<ConnectionRow>(
    `SELECT COUNT(DISTINCT CASE WHEN connected_seconds > 0 THEN relay END) AS relays,
      CAST(SUM(connected_seconds) AS BIGINT) AS connected, CAST(SUM(gap_seconds) AS BIGINT) AS gap
    FROM collector_connection_hour WHERE hour BETWEEN $1 AND $2`,
    [fromHour, toHour(nowMs)],
  );
  const [first] = await queryable.query<{ readonly hour: number | null }>(
    'SELECT MIN(hour) AS hour FROM collector_connection_hour WHERE connected_seconds > 0',
  );
  const [connected, gap] = [row?.connected ?? 0, row?.gap ?? 0];
  return {
    relaysKnown,
    relaysConnected: row?.relays ?? 0,
    gapSeconds: gap,
    covered: connected + gap === 0 ? 1 : connected / (connected + gap),
    unseenEvents: await estimateUnseen(queryable, fromHour * 3_600_000),
    sinceMs: typeof first?.hour === 'number' ? first.hour * 3_600_000 : null,
    synthetic,
  };
}

/**
 * Chao's lower bound for what was on none of the relays, from how many events of the sample were seen on exactly one and
 * on exactly two of them (A. Chao 1984, in the form without a bias that needs no event on two).
 */
async function estimateUnseen(queryable: Queryable, fromMs: number): Promise<number | null> {
  const [row] = await queryable.query<{
    readonly [column: string]: number;
    readonly once: number;
    readonly twice: number;
  }>(
    `SELECT COUNT(CASE WHEN relays = 1 THEN 1 END) AS once, COUNT(CASE WHEN relays = 2 THEN 1 END) AS twice FROM (
      SELECT id, COUNT(*) AS relays FROM collector_sighting GROUP BY id HAVING MIN(first_seen_ms) >= $1
    ) AS sample`,
    [fromMs],
  );
  const [once, twice] = [row?.once ?? 0, row?.twice ?? 0];
  if (once + twice === 0) return null;
  return Math.round(((once * Math.max(0, once - 1)) / (2 * (twice + 1))) * sampleOneIn);
}
