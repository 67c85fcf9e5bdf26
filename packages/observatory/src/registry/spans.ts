import type { Range } from '../answers.ts';

/** The ranges from the shortest on. */
export const ranges: readonly Range[] = ['24h', '7d', '30d', '90d', 'all'];

const hoursByRange: Readonly<Record<Range, number>> = {
  '24h': 24,
  '7d': 7 * 24,
  '30d': 30 * 24,
  '90d': 90 * 24,
  all: Number.POSITIVE_INFINITY,
};

const hourMs = 3_600_000;

/**
 * The first hour of a range: for 24h the last 24 hours with the one that runs, for the others whole days in UTC up to
 * now; 0 for everything.
 */
export function firstHourOf(range: Range, nowMs: number): number {
  const hours = hoursByRange[range];
  const hour = Math.floor(nowMs / hourMs);
  if (range === 'all') return 0;
  if (range === '24h') return hour - hours + 1;
  return (Math.floor(hour / 24) - hours / 24 + 1) * 24;
}
