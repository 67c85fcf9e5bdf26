import { Problem } from '@nostrata/http';
import type { Range } from '../answers.ts';
import type { SeriesQuery } from '../contract.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const daysByRange: Readonly<Record<Exclude<Range, '24h' | 'all'>, number>> = { '7d': 7, '30d': 30, '90d': 90 };

/** Both ends of a span as asked for; undefined where it is open. */
export interface Span {
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** The span of a range: the last 24 hours with the one that runs, or days in UTC with today. */
export function spanOfRange(range: Range, nowMs: number): Span {
  if (range === 'all') return { sinceMs: undefined, untilMs: undefined };
  if (range === '24h') return { sinceMs: (Math.floor(nowMs / hourMs) - 23) * hourMs, untilMs: undefined };
  return { sinceMs: (Math.floor(nowMs / dayMs) - daysByRange[range] + 1) * dayMs, untilMs: undefined };
}

/** What a series is asked for by, as parsed. */
export interface AskedSeries {
  readonly range?: Range | undefined;
  readonly group_by?: SeriesQuery['groupBy'] | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly limit?: number | undefined;
}

/**
 * Says whether a span is asked for by its ends.
 * @throws Problem where the ends contradict each other or the range
 */
export function hasEnds({ range, since, until }: AskedSeries): boolean {
  if (since === undefined && until === undefined) return false;
  if (range !== undefined) {
    throw new Problem(400, 'bad-range', 'range stands alone: leave it out where since or until is given');
  }
  if (since !== undefined && until !== undefined && since >= until) {
    throw new Problem(400, 'bad-date', 'since must be before until: the begin is inclusive, the end exclusive');
  }
  return true;
}

/** The query of a series and the range it belongs to, if it was asked for by range. */
export interface SeriesSpan {
  readonly query: SeriesQuery;
  readonly range: Range | undefined;
}

/** How a route groups where nothing is said. */
export interface SeriesRule {
  readonly nowMs: number;
  readonly usualRange: Range;
  readonly allowed: readonly SeriesQuery['groupBy'][];
}

/**
 * Works out the buckets and the span of a series. Buckets alone mean the newest of them, as many as the limit says.
 * @throws Problem where the ends contradict each other
 */
export function toSeries(asked: AskedSeries, rule: SeriesRule): SeriesSpan {
  const isFree = hasEnds(asked) || (asked.range === undefined && asked.group_by !== undefined);
  const range = isFree ? undefined : (asked.range ?? rule.usualRange);
  const span = range === undefined ? { sinceMs: asked.since, untilMs: asked.until } : spanOfRange(range, rule.nowMs);
  const groupBy = asked.group_by ?? usualBucket(span, rule);
  return { query: { groupBy, ...span, limit: asked.limit }, range };
}

function usualBucket({ sinceMs, untilMs }: Span, { nowMs, allowed }: SeriesRule): SeriesQuery['groupBy'] {
  const days = sinceMs === undefined ? Number.POSITIVE_INFINITY : ((untilMs ?? nowMs) - sinceMs) / dayMs;
  const wanted = days <= 3 ? 'hour' : days <= 366 ? 'day' : 'month';
  return allowed.includes(wanted) ? wanted : (allowed[0] ?? 'day');
}
