import type { TimelinePoint } from '../answers.ts';
import type { SeriesQuery } from '../contract.ts';
import { firstDay, nextStart, type Span, startOf, toDay, toHour, toInstant } from '../spans.ts';
import type { BucketSums } from './ledgers.ts';
import { bucketsDefault } from './limits.ts';

/** One bucket of a series: the smaller buckets that it is made of, both ends inclusive. */
export interface Bucket {
  readonly unit: Span['unit'];
  readonly from: number;
  readonly to: number;
  /** The beginning, ISO 8601. */
  readonly at: string;
  /** True where it has not ended. */
  readonly open: boolean;
}

/** The buckets that a query asks for, the earliest first, none after now: the newest, where there are more than its limit. */
export function listBuckets(
  { groupBy, sinceMs, untilMs, limit = bucketsDefault }: SeriesQuery,
  nowMs: number,
): Bucket[] {
  const unit = groupBy === 'hour' ? 'hour' : 'day';
  const width = unit === 'hour' ? 3_600_000 : 86_400_000;
  const lastMs = Math.min(nowMs, (untilMs ?? Number.POSITIVE_INFINITY) - 1);
  const first = Math.max(Math.floor((sinceMs ?? 0) / width), unit === 'hour' ? firstDay * 24 : firstDay);
  const last = unit === 'hour' ? toHour(lastMs) : toDay(lastMs);
  const buckets: Bucket[] = [];
  const now = unit === 'hour' ? toHour(nowMs) : toDay(nowMs);
  const begin = (bucket: number): number => (groupBy === 'hour' ? bucket : startOf(groupBy, bucket));
  const end = (from: number): number => (groupBy === 'hour' ? from : nextStart(groupBy, from) - 1);
  for (let from = begin(last); from >= begin(first) && buckets.length < limit; from = begin(from - 1)) {
    const to = Math.min(end(from), now);
    buckets.unshift({ unit, from, to, at: toInstant(unit, from), open: end(from) >= now });
  }
  return buckets;
}

/** The span over all buckets; undefined where there is none. */
export function spanOfBuckets(buckets: readonly Bucket[]): Span | undefined {
  const [first, last] = [buckets[0], buckets.at(-1)];
  return first && last ? { unit: first.unit, from: first.from, to: last.to } : undefined;
}

/** What a timeline shows beside the sums. */
export interface UsersByBucket {
  readonly users: number;
  readonly newUsers: number;
}

/** Adds sums up into buckets; a bucket without anything is there, with zeros. */
export function toTimeline(
  buckets: readonly Bucket[],
  sums: readonly BucketSums[],
  users?: ReadonlyMap<number, UsersByBucket>,
): TimelinePoint[] {
  const points = buckets.map(({ from, at, open }) => ({
    at,
    events: 0,
    notes: 0,
    reactions: 0,
    reposts: 0,
    zaps: 0,
    zapMsat: 0,
    users: users?.get(from)?.users ?? null,
    newUsers: users?.get(from)?.newUsers ?? null,
    open,
  }));
  let place = 0;
  for (const { bucket, events, notes, reactions, reposts, zaps, zapMsat } of sums) {
    while (place < buckets.length && bucket > (buckets[place]?.to ?? 0)) place++;
    const point = points[place];
    if (!point || bucket < (buckets[place]?.from ?? 0)) continue;
    point.events += events;
    point.notes += notes;
    point.reactions += reactions;
    point.reposts += reposts;
    point.zaps += zaps;
    point.zapMsat += zapMsat;
  }
  return points;
}
