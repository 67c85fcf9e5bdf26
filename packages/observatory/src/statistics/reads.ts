import type { Queryable } from '@nostrata/database';
import type { ThroughputPoint, UsersEstimate } from '../answers.ts';
import type { Clock, SeriesQuery, StatisticsReads } from '../contract.ts';
import { createSketch } from '../facts/sketch.ts';
import { firstDay, type Span, toDay, toHour, toInstant } from '../spans.ts';
import type { AuthorIndex } from './author-index.ts';
import type { BucketSumReads } from './bucket-sums.ts';
import { sumByKey, sumOfKey } from './ledgers.ts';
import { periodsMax, sketchHoursMax } from './limits.ts';
import { methods } from './methods.ts';
import { type Bucket, listBuckets, spanOfBuckets, toTimeline } from './series.ts';
import { countHourCells, toKinds } from './snapshot.ts';
import { loadSnapshot } from './snapshots.ts';
import type { Trusted } from './tier-counts.ts';
import { loadActivePoints, loadCohorts } from './users.ts';

/** What reads work with. */
export interface ReadsOptions {
  readonly database: Queryable;
  readonly index: AuthorIndex;
  readonly sums: BucketSumReads;
  readonly clock: Clock;
  readonly loadTrusted: () => Promise<Trusted>;
}

/** Creates the reads of the statistics. */
export function createStatisticsReads({ database, index, sums, clock, loadTrusted }: ReadsOptions): StatisticsReads {
  const buckets = (query: SeriesQuery): Bucket[] => listBuckets(query, clock.now());
  return {
    snapshot: (range) => loadSnapshot(database, range),
    async timeline(query) {
      const list = buckets(query);
      const whole = spanOfBuckets(list);
      return whole ? toTimeline(list, await sums.load(whole)) : [];
    },
    async throughput(query) {
      const list = buckets(query);
      return list.length > 0 ? await loadThroughput(database, list) : [];
    },
    async activeUsers(query) {
      await index.refresh();
      return await loadActivePoints(index, buckets(query), await loadTrusted());
    },
    async estimateUsers(query) {
      const { from, to } = toHourSpan(query, clock.now());
      return await estimateUsers(database, { unit: 'hour', from: Math.max(from, to - sketchHoursMax + 1), to });
    },
    async retention(period, periods) {
      await index.refresh();
      return await loadCohorts(index, {
        period,
        periods: Math.max(1, Math.min(periods, periodsMax)),
        today: toDay(clock.now()),
      });
    },
    async hours(query) {
      await index.refresh();
      return countHourCells(index.eventsByHour, toHourSpan(query, clock.now()));
    },
    async kinds(query) {
      const isAll = query.sinceMs === undefined && query.untilMs === undefined;
      return toKinds(await sumByKey(database, ['events', 'bytes'], isAll ? undefined : toSpan(query, clock.now())));
    },
    async kind(kind, query) {
      const list = buckets(query);
      const whole = spanOfBuckets(list);
      const amounts = whole ? await sumOfKey(database, { metric: 'events', key: kind, span: whole }) : [];
      return addUp(list, amounts).map(({ at, amount }) => ({ at, events: amount }));
    },
    async zaps(query) {
      const list = buckets(query);
      const whole = spanOfBuckets(list);
      const points = whole ? toTimeline(list, await sums.load(whole)) : [];
      return points.map(({ at, zaps, zapMsat }) => ({ at, count: zaps, msat: zapMsat }));
    },
    methods: () => methods,
  };
}

/** The hours from one instant to another. */
function toHourSpan({ sinceMs, untilMs }: Pick<SeriesQuery, 'sinceMs' | 'untilMs'>, nowMs: number): Span {
  const from = Math.max(firstDay * 24, toHour(sinceMs ?? 0));
  return { unit: 'hour', from, to: Math.min(toHour(nowMs), toHour((untilMs ?? nowMs + 1) - 1)) };
}

/** The same in days, where both ends are midnight: a day is one row where its hours are 24. */
function toSpan(query: Pick<SeriesQuery, 'sinceMs' | 'untilMs'>, nowMs: number): Span {
  const { unit, from, to } = toHourSpan(query, nowMs);
  const isWhole = from % 24 === 0 && ((to + 1) % 24 === 0 || (query.untilMs ?? nowMs + 1) > nowMs);
  return isWhole ? { unit: 'day', from: from / 24, to: Math.floor(to / 24) } : { unit, from, to };
}

function addUp(buckets: readonly Bucket[], sums: readonly { readonly bucket: number; readonly amount: number }[]) {
  const points = buckets.map(({ at, from, to }) => ({ at, from, to, amount: 0 }));
  let place = 0;
  for (const { bucket, amount } of sums) {
    while (place < points.length && bucket > (points[place]?.to ?? 0)) place++;
    const point = points[place];
    if (point && bucket >= point.from) point.amount += amount;
  }
  return points;
}

/** Unites the sketches of hours: who published in several of them counts once, to within a hundredth. */
async function estimateUsers(queryable: Queryable, { unit, from, to }: Span): Promise<UsersEstimate> {
  const rows = await queryable.query<{ readonly registers: Uint8Array }>(
    'SELECT registers FROM view_statistics_sketch WHERE hour BETWEEN $1 AND $2',
    [from, to],
  );
  const united = createSketch();
  for (const { registers } of rows) united.merge(registers);
  return { from: toInstant(unit, from), to: toInstant(unit, to + 1), users: Math.round(united.estimate()) };
}

interface ThroughputRow {
  readonly [column: string]: number;
  readonly hour: number;
  readonly received: number;
  readonly novel: number;
  readonly invalid: number;
  readonly bytes: number;
}

/** What relays delivered, by the time of receipt. */
async function loadThroughput(queryable: Queryable, buckets: readonly Bucket[]): Promise<ThroughputPoint[]> {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (!first || !last) return [];
  const isHour = first.unit === 'hour';
  const rows = await queryable.query<ThroughputRow>(
    `SELECT hour, CAST(SUM(received) AS BIGINT) AS received, CAST(SUM(novel) AS BIGINT) AS novel,
      CAST(SUM(invalid) AS BIGINT) AS invalid, CAST(SUM(bytes) AS BIGINT) AS bytes
    FROM collector_relay_hour WHERE hour BETWEEN $1 AND $2 GROUP BY hour ORDER BY hour`,
    [isHour ? first.from : first.from * 24, isHour ? last.to : last.to * 24 + 23],
  );
  const points = buckets.map(({ at, from, to }) => ({ at, from, to, received: 0, unique: 0, invalid: 0, bytes: 0 }));
  let place = 0;
  for (const { hour, received, novel, invalid, bytes } of rows) {
    const bucket = isHour ? hour : Math.floor(hour / 24);
    while (place < points.length && bucket > (points[place]?.to ?? 0)) place++;
    const point = points[place];
    if (!point) break;
    point.received += received;
    point.unique += novel;
    point.invalid += invalid;
    point.bytes += bytes;
  }
  return points.map(({ from: _from, to: _to, ...point }) => point);
}
