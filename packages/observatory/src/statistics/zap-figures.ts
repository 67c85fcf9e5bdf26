import type { Queryable } from '@nostrata/database';
import type { HistogramBucket, Trend, Zaps } from '../answers.ts';
import { ZapState } from '../facts/tables.ts';
import { zapBuckets, zapFaults } from '../facts/zap-receipts.ts';
import type { Span } from '../spans.ts';
import type { KeyAmount } from './ledgers.ts';

/** What zap figures are made of. */
export interface ZapSums {
  readonly sums: readonly KeyAmount[];
  readonly before: { readonly count: number; readonly msat: number } | undefined;
  readonly people: { readonly senders: number; readonly recipients: number };
}

/** Makes the zap figures of a range from its sums by bucket of amount. */
export function toZaps({ sums, before, people }: ZapSums): Zaps {
  const amounts = (metric: KeyAmount['metric']) =>
    new Map(sums.filter((sum) => sum.metric === metric).map(({ key, amount }) => [key, amount]));
  const total = (metric: KeyAmount['metric']): number =>
    [...amounts(metric).values()].reduce((sum, amount) => sum + amount, 0);
  const [counts, msats] = [amounts('zaps'), amounts('zap_msat')];
  const histogram = zapBuckets.map((from, place): HistogramBucket => {
    const to = zapBuckets[place + 1] ?? null;
    return { from, to, count: counts.get(place) ?? 0, msat: msats.get(place) ?? 0 };
  });
  const [count, msat] = [total('zaps'), total('zap_msat')];
  const trend = (now: number, then: number | undefined): Trend => ({ now, before: then ?? null });
  return {
    count: trend(count, before?.count),
    msat: trend(msat, before?.msat),
    ...people,
    averageMsat: count === 0 ? null : Math.round(msat / count),
    medianMsat: findMedian(histogram, count),
    histogram,
    suspect: { count: total('zaps_suspect'), msat: total('zap_sat_suspect') * 1_000 },
    invalid: Object.fromEntries([...amounts('zaps_invalid')].map(([place, n]) => [zapFaults[place] ?? 'other', n])),
    duplicates: total('zaps_duplicate'),
  };
}

/** The mean amount of the bucket that the middle zap is in: nearer than the middle of the bucket. */
function findMedian(histogram: readonly HistogramBucket[], count: number): number | null {
  let seen = 0;
  for (const bucket of histogram) {
    seen += bucket.count;
    if (bucket.count > 0 && seen * 2 >= count) return Math.round(bucket.msat / bucket.count);
  }
  return null;
}

/** How many people sent and received zaps that count. */
export async function countZappers(
  queryable: Queryable,
  span: Span | undefined,
): Promise<{ readonly senders: number; readonly recipients: number }> {
  const where = span ? 'AND hour BETWEEN $2 AND $3' : '';
  const zaps = ['view_statistics_zap', 'statistics_kept_zap']
    .map((table) => `SELECT sender, recipient FROM ${table} WHERE state = $1 ${where}`)
    .join(' UNION ALL ');
  const [row] = await queryable.query<{ readonly senders: number; readonly recipients: number }>(
    `SELECT COUNT(DISTINCT sender) AS senders, COUNT(DISTINCT recipient) AS recipients FROM (${zaps}) AS zap`,
    span ? [ZapState.counted, ...toHours(span)] : [ZapState.counted],
  );
  return { senders: row?.senders ?? 0, recipients: row?.recipients ?? 0 };
}

/** Both ends of a span in hours, by which receipts are kept. */
function toHours({ unit, from, to }: Span): readonly [number, number] {
  return unit === 'hour' ? [from, to] : [from * 24, to * 24 + 23];
}
