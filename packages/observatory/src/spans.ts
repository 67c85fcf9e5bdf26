import type { Range } from './answers.ts';

/** Every range, the shortest first. */
export const ranges = ['24h', '7d', '30d', '90d', 'all'] as const satisfies readonly Range[];

/** A span of whole buckets, both ends inclusive: hours or days since 1970 in UTC. */
export interface Span {
  readonly unit: 'hour' | 'day';
  readonly from: number;
  readonly to: number;
}

const daysByRange: Readonly<Record<Exclude<Range, '24h' | 'all'>, number>> = { '7d': 7, '30d': 30, '90d': 90 };

/** The earliest day that events are dated by, 2020-11-07: before it there was no Nostr. */
export const firstDay = 18_573;

/** The hour of an instant. */
export function toHour(ms: number): number {
  return Math.floor(ms / 3_600_000);
}

/** The day of an instant. */
export function toDay(ms: number): number {
  return Math.floor(ms / 86_400_000);
}

/**
 * The buckets of a range: `24h` is the hour that runs and the 23 before it, the others are the day that runs and those
 * before it, and `all` begins with the first day there can be.
 */
export function spanOf(range: Range, nowMs: number): Span {
  if (range === '24h') return { unit: 'hour', from: toHour(nowMs) - 23, to: toHour(nowMs) };
  if (range === 'all') return { unit: 'day', from: firstDay, to: toDay(nowMs) };
  return { unit: 'day', from: toDay(nowMs) - daysByRange[range] + 1, to: toDay(nowMs) };
}

/** The span of the same length before; undefined for everything. */
export function spanBefore(range: Range, nowMs: number): Span | undefined {
  if (range === 'all') return undefined;
  const { unit, from, to } = spanOf(range, nowMs);
  return { unit, from: from - (to - from + 1), to: from - 1 };
}

/** The beginning of a bucket as ISO 8601. */
export function toInstant(unit: Span['unit'], bucket: number): string {
  return new Date(bucket * (unit === 'hour' ? 3_600_000 : 86_400_000)).toISOString();
}

/** The day as `2026-11-21`. */
export function toDate(day: number): string {
  return toInstant('day', day).slice(0, 10);
}

/** The first day of the week (Monday), month or day that a day is in. */
export function startOf(unit: 'day' | 'week' | 'month', day: number): number {
  if (unit === 'day') return day;
  // 1970-01-01 was a Thursday.
  if (unit === 'week') return day - ((((day + 3) % 7) + 7) % 7);
  const date = new Date(day * 86_400_000);
  return toDay(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
}

/** The first day of the period after the one that begins on this day. */
export function nextStart(unit: 'day' | 'week' | 'month', start: number): number {
  if (unit === 'day') return start + 1;
  if (unit === 'week') return start + 7;
  const date = new Date(start * 86_400_000);
  return toDay(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
}

/** The day of the week of a day: 0 is Monday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** The first hour of a range; 0 for everything. */
export function firstHourOf(range: Range, nowMs: number): number {
  if (range === 'all') return 0;
  const { unit, from } = spanOf(range, nowMs);
  return unit === 'hour' ? from : from * 24;
}
