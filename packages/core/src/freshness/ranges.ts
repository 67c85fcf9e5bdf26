import { rangesMax } from '../limits.ts';

/** Seconds of `created_at`, both inclusive, within which everything a relay has was seen. */
export interface TimeRange {
  readonly since: number;
  readonly until: number;
}

/** Adds a range: sorted newest first, joined where they touch, at most `rangesMax`. */
export function addRange(ranges: readonly TimeRange[], added: TimeRange): readonly TimeRange[] {
  if (added.until < added.since) return ranges;
  let { since, until } = added;
  const apart: TimeRange[] = [];
  for (const range of ranges) {
    if (range.since > until + 1 || range.until < since - 1) apart.push(range);
    else {
      since = Math.min(since, range.since);
      until = Math.max(until, range.until);
    }
  }
  apart.push({ since, until });
  return apart.sort((a, b) => b.until - a.until).slice(0, rangesMax);
}

/** The range that holds the second, or undefined. */
export function rangeAt(ranges: readonly TimeRange[], second: number): TimeRange | undefined {
  return ranges.find(({ since, until }) => since <= second && second <= until);
}
