import type { Queryable } from '@nostrata/database';
import type {
  Coverage,
  EngagementFigures,
  HourCell,
  KindCount,
  Overview,
  Range,
  RelayRow,
  RelaySummary,
  Share,
  Snapshot,
  TimelinePoint,
  Trend,
  Users,
  UserTiers,
} from '../answers.ts';
import { nameOfKind } from '../facts/kind-names.ts';
import { firstDay, ranges, type Span, spanBefore, spanOf, toDate, toHour, toInstant, weekdayOf } from '../spans.ts';
import type { AuthorIndex } from './author-index.ts';
import type { BucketSumReads } from './bucket-sums.ts';
import { loadClients } from './client-figures.ts';
import { type BucketSums, type KeyAmount, sumByKey } from './ledgers.ts';
import { methods } from './methods.ts';
import { type Bucket, listBuckets, toTimeline, type UsersByBucket } from './series.ts';
import { countTiersOf, type Trusted } from './tier-counts.ts';
import { everybody, sumDays } from './users.ts';
import { countZappers, toZaps } from './zap-figures.ts';

/** What the registry knows of relays in a range. */
export interface RelayFigures {
  readonly summary: RelaySummary;
  /** The ten that delivered most. */
  readonly top: readonly RelayRow[];
  readonly software: readonly Share[];
  readonly nips: readonly Share[];
  readonly countries: readonly Share[];
  readonly coverage: Coverage;
}

/** What snapshots are made from. */
export interface SnapshotParts {
  readonly database: Queryable;
  readonly index: AuthorIndex;
  readonly bucketSums: BucketSumReads;
  readonly trusted: Trusted;
  readonly loadRelays: (range: Range) => Promise<RelayFigures>;
  /** Milliseconds that only go forward, for how long it took. */
  readonly elapsed: () => number;
}

/** Sums of all days, and of the hours of the last two days: what all ranges are cut from. */
interface Sums {
  readonly days: readonly BucketSums[];
  readonly hours: readonly BucketSums[];
  /** Events that count, those without a date among them. */
  readonly total: number;
}

/** Computes the snapshots of every range, of one moment. */
export async function computeSnapshots(parts: SnapshotParts, nowMs: number): Promise<Snapshot[]> {
  const { database, index, bucketSums } = parts;
  const startedMs = parts.elapsed();
  await index.refresh();
  const sums: Sums = {
    days: await bucketSums.load(spanOf('all', nowMs)),
    hours: await bucketSums.load({ unit: 'hour', from: toHour(nowMs) - 47, to: toHour(nowMs) }),
    total: (await sumByKey(database, ['events'], undefined)).reduce((sum, { amount }) => sum + amount, 0),
  };
  const { newByDay } = index;
  const total = countTiersOf(everybody(index), index, parts.trusted);
  const sharedMs = (parts.elapsed() - startedMs) / ranges.length;
  const snapshots: Snapshot[] = [];
  for (const range of ranges) {
    const beganMs = parts.elapsed();
    const snapshot = await computeSnapshot({ ...parts, sums, newByDay, total }, range, nowMs);
    snapshots.push({ ...snapshot, computedInMs: Math.ceil(parts.elapsed() - beganMs + sharedMs) });
  }
  return snapshots;
}

type Pieces = SnapshotParts & {
  readonly sums: Sums;
  readonly newByDay: ReadonlyMap<number, number>;
  readonly total: UserTiers;
};

async function computeSnapshot(pieces: Pieces, range: Range, nowMs: number): Promise<Snapshot> {
  const { database, sums } = pieces;
  const span = spanOf(range, nowMs);
  const relays = await pieces.loadRelays(range);
  const sinceMs = relays.coverage.sinceMs ?? firstMsOf(sums.days);
  const keys = await sumByKey(database, keyMetrics, range === 'all' ? undefined : span);
  const { users, before: usersBefore } = await loadUsers(pieces, range, nowMs);
  const timeline = await loadTimeline(pieces, range, nowMs);
  const isPartial = range !== 'all' && sinceMs !== null && sinceMs > Date.parse(toInstant(span.unit, span.from));
  const trends = toTrends(sums, range, nowMs);
  const zaps = toZaps({
    sums: keys,
    before: trends.zaps.before === null ? undefined : { count: trends.zaps.before, msat: trends.zapMsat.before ?? 0 },
    people: await countZappers(database, range === 'all' ? undefined : span),
  });
  const { clients } = pieces.index;
  const usersByClient = range === 'all' ? clients.totals : await clients.countUsers(toDays(span));
  return {
    range,
    from: timeline[0]?.at ?? null,
    to: toInstant(span.unit, span.to),
    asOf: new Date(nowMs).toISOString(),
    computedInMs: 0,
    partial: isPartial,
    overview: toOverview({ relays, trends, users, usersBefore, eventsTotal: sums.total }),
    relays: relays.summary,
    kinds: toKinds(keys),
    days: cut(sums.days, toDays(span)).map(({ bucket, events }) => ({ day: toDate(bucket), events })),
    clients: await loadClients(database, keys, usersByClient),
    topRelays: relays.top,
    timeline,
    users,
    hours: countHourCells(pieces.index.eventsByHour, toHours(span)),
    zaps,
    engagement: toEngagement(keys),
    software: relays.software,
    nips: relays.nips,
    countries: relays.countries,
    coverage: { ...relays.coverage, sinceMs },
    method: methods,
  };
}

const keyMetrics: readonly KeyAmount['metric'][] = [
  'events',
  'bytes',
  'client',
  'replies',
  'zaps',
  'zap_msat',
  'zaps_suspect',
  'zap_sat_suspect',
  'zaps_duplicate',
  'zaps_invalid',
];

/** The days that a span lies in. */
function toDays({ unit, from, to }: Span): Span {
  return unit === 'day' ? { unit, from, to } : { unit: 'day', from: Math.floor(from / 24), to: Math.floor(to / 24) };
}

/** The hours that a span is made of. */
function toHours({ unit, from, to }: Span): Span {
  return unit === 'hour' ? { unit, from, to } : { unit: 'hour', from: from * 24, to: to * 24 + 23 };
}

function cut(sums: readonly BucketSums[], { from, to }: Span): readonly BucketSums[] {
  return sums.filter(({ bucket }) => bucket >= from && bucket <= to);
}

function firstMsOf(days: readonly BucketSums[]): number | null {
  const first = days.find(({ events }) => events > 0);
  return first ? first.bucket * 86_400_000 : null;
}

type Trends = Pick<Overview, 'events' | 'notes' | 'reactions' | 'zaps' | 'zapMsat'>;

function toTrends({ days, hours }: Sums, range: Range, nowMs: number): Trends {
  const span = spanOf(range, nowMs);
  const sums = span.unit === 'hour' ? hours : days;
  const now = cut(sums, span);
  const earlier = spanBefore(range, nowMs);
  const first = days.find(({ events }) => events > 0)?.bucket ?? Number.POSITIVE_INFINITY;
  // Before the first event that is known, nothing says how much there was.
  const before = earlier && toDays(earlier).from >= first ? cut(sums, earlier) : undefined;
  const trend = (field: keyof BucketSums): Trend => ({
    now: sumOf(now, field),
    before: before ? sumOf(before, field) : null,
  });
  return {
    events: trend('events'),
    notes: trend('notes'),
    reactions: trend('reactions'),
    zaps: trend('zaps'),
    zapMsat: trend('zapMsat'),
  };
}

function sumOf(sums: readonly BucketSums[], field: keyof BucketSums): number {
  return sums.reduce((sum, row) => sum + row[field], 0);
}

async function loadUsers({ index, trusted, newByDay, total }: Pieces, range: Range, nowMs: number) {
  const span = spanOf(range, nowMs);
  const earlier = spanBefore(range, nowMs);
  const active = range === 'all' ? total : await index.countTiers(span, trusted);
  const days = toDays(span);
  const before = earlier ? await index.countTiers(earlier, trusted) : null;
  const firstKnown = Math.min(...newByDay.keys());
  const isBeforeKnown = earlier !== undefined && toDays(earlier).from >= firstKnown;
  const newUsers: Trend = {
    now: sumDays(newByDay, days.from, days.to),
    before: earlier && isBeforeKnown ? sumDays(newByDay, toDays(earlier).from, toDays(earlier).to) : null,
  };
  const users: Users = { active, newUsers, total };
  return { users, before: isBeforeKnown ? before : null };
}

async function loadTimeline({ sums, index, newByDay }: Pieces, range: Range, nowMs: number): Promise<TimelinePoint[]> {
  if (range === '24h') {
    return toTimeline(listBuckets({ groupBy: 'hour', limit: 24 }, nowMs), sums.hours);
  }
  const groupBy = range === 'all' ? 'month' : 'day';
  const firstKnown = sums.days.find(({ events }) => events > 0)?.bucket ?? firstDay;
  const limit = range === 'all' ? undefined : spanOf(range, nowMs).to - spanOf(range, nowMs).from + 1;
  const buckets = listBuckets({ groupBy, sinceMs: firstKnown * 86_400_000, limit }, nowMs);
  return toTimeline(buckets, sums.days, await countUsersByBucket(index, newByDay, buckets));
}

async function countUsersByBucket(
  index: AuthorIndex,
  newByDay: ReadonlyMap<number, number>,
  buckets: readonly Bucket[],
): Promise<Map<number, UsersByBucket>> {
  const users = new Map<number, UsersByBucket>();
  for (const { from, to } of buckets) {
    const count = await index.countActive({ unit: 'day', from, to });
    users.set(from, { users: count, newUsers: sumDays(newByDay, from, to) });
  }
  return users;
}

interface OverviewParts {
  readonly relays: RelayFigures;
  readonly trends: Trends;
  readonly users: Users;
  readonly usersBefore: Overview['usersBefore'];
  readonly eventsTotal: number;
}

function toOverview({ relays, trends, users, usersBefore, eventsTotal }: OverviewParts): Overview {
  const { known, online, connected, openMs, readMs } = relays.summary;
  return {
    relays: { known, online, connected },
    ...trends,
    users: users.active,
    usersBefore,
    newUsers: users.newUsers,
    openMs,
    readMs,
    eventsTotal,
    usersTotal: users.total.all,
  };
}

/** Kinds by number of events. */
export function toKinds(sums: readonly KeyAmount[]): KindCount[] {
  const bytes = new Map(sums.filter(({ metric }) => metric === 'bytes').map(({ key, amount }) => [key, amount]));
  const counted = sums.filter(({ metric, amount }) => metric === 'events' && amount > 0);
  const all = counted.reduce((sum, { amount }) => sum + amount, 0);
  return counted
    .map(({ key, amount }) => ({
      kind: key,
      name: nameOfKind(key),
      events: amount,
      share: amount / all,
      bytes: bytes.get(key) ?? null,
    }))
    .sort((a, b) => b.events - a.events || a.kind - b.kind);
}

/** Events by the hour of the day and the day of the week, every cell of the week. */
export function countHourCells(eventsByHour: ReadonlyMap<number, number>, { from, to }: Span): HourCell[] {
  const cells = Array.from({ length: 7 * 24 }, () => 0);
  for (const [hour, events] of eventsByHour) {
    if (hour < from || hour > to) continue;
    const cell = weekdayOf(Math.floor(hour / 24)) * 24 + (hour % 24);
    cells[cell] = (cells[cell] ?? 0) + events;
  }
  return cells.map((events, cell) => ({ weekday: Math.floor(cell / 24), hour: cell % 24, events }));
}

function toEngagement(sums: readonly KeyAmount[]): EngagementFigures {
  const total = (metric: KeyAmount['metric'], kinds?: readonly number[]): number =>
    sums.reduce(
      (sum, row) => (row.metric === metric && (!kinds || kinds.includes(row.key)) ? sum + row.amount : sum),
      0,
    );
  const figures = {
    replies: total('replies'),
    reactions: total('events', [7, 17]),
    reposts: total('events', [6, 16]),
    zaps: total('zaps'),
  };
  const notes = total('events', [1]) - total('replies', [1]);
  const all = figures.replies + figures.reactions + figures.reposts + figures.zaps;
  return { ...figures, perNote: notes > 0 ? all / notes : null };
}
