import { Problem } from '@nostrata/http';
import { z } from 'zod';
import type { Range } from '../answers.ts';
import type { SeriesQuery } from '../contract.ts';
import { hourCellSchema, kindCountSchema, timelinePointSchema, zapsSchema } from './answer-schemas.ts';
import {
  buckets,
  format,
  kind,
  limit,
  offset,
  period,
  periods,
  rangeOrEnds,
  seriesParameters,
  spanParameters,
} from './parameters.ts';
import { defineRoute, type Fixed, loadSeries, pageOf, partOf, type Route, type Sources } from './route.ts';
import {
  activePointSchema,
  cohortSchema,
  eventsPointSchema,
  newUsersPointSchema,
  throughputPointSchema,
  usersEstimateSchema,
  zapsPointSchema,
} from './series-schemas.ts';
import { type AskedSeries, hasEnds } from './spans.ts';

const withoutHours = ['day', 'week', 'month'] as const;

/** What sets series apart from each other. */
interface PlainSeries<Point extends object> {
  readonly path: string;
  readonly operation: string;
  readonly group: string;
  readonly summary: string;
  readonly description: string;
  readonly field: string;
  readonly usualRange: Range;
  readonly allowed?: readonly ['day', 'week', 'month'] | undefined;
  readonly freshness?: 'latest' | undefined;
  readonly point: z.ZodObject & z.ZodType<Point>;
  read(sources: Sources, query: SeriesQuery): Promise<readonly Fixed<NoInfer<Point>>[]>;
}

function plainSeries<Point extends object>(parts: PlainSeries<Point>): Route {
  const { path, operation, group, summary, description, field, usualRange, allowed = buckets, point, read } = parts;
  return defineRoute({
    path,
    operation,
    group,
    summary,
    description: `${description} The last ${usualRange === '24h' ? '24 hours' : usualRange} unless told.`,
    freshness: parts.freshness ?? 'series',
    isOfSnapshot: () => false,
    parameters: z.object(seriesParameters(allowed)),
    answer: z.array(point) as z.ZodType<readonly object[]>,
    table: { row: point, rows: (points) => points },
    load: (asked, sources) =>
      loadSeries({ asked, usualRange, allowed, field }, sources, (query) => read(sources, query)),
  });
}

const activity = defineRoute({
  path: '/api/v1/stats/activity',
  operation: 'getActivity',
  group: 'Events',
  summary: 'What happened when',
  description: 'Events, notes, reactions, reposts, zaps and users by bucket. The last 24 hours unless told.',
  freshness: 'series',
  isOfSnapshot: (asked) => !hasEnds(asked) && asked.group_by === undefined,
  parameters: z.object(seriesParameters()),
  answer: z.array(timelinePointSchema),
  table: { row: timelinePointSchema, rows: (points) => points },
  load: async (asked, sources) => {
    if (!hasEnds(asked) && asked.group_by === undefined) {
      const snapshot = await sources.snapshot(asked.range ?? '24h');
      return partOf(snapshot, 'timeline', snapshot.timeline.slice(-asked.limit));
    }
    const request = { asked, usualRange: '24h', allowed: buckets, field: 'timeline' } as const;
    return loadSeries(request, sources, (query) => sources.statistics.timeline(query));
  },
});

const throughput = plainSeries({
  path: '/api/v1/stats/throughput',
  operation: 'getThroughput',
  group: 'Network',
  summary: 'What relays sent us',
  description: 'By the time of receipt: everything received, unique events, invalid ones, bytes.',
  field: 'throughput',
  usualRange: '24h',
  freshness: 'latest',
  point: throughputPointSchema,
  read: (sources, query) => sources.statistics.throughput(query),
});

const activeUsers = plainSeries({
  path: '/api/v1/stats/users/active',
  operation: 'getActiveUsers',
  group: 'Users',
  summary: 'Active users by tier and day, week or month',
  description: 'Who published something in the bucket. Keys that are used once by design make nobody a user.',
  field: 'users',
  usualRange: '30d',
  allowed: withoutHours,
  point: activePointSchema,
  read: (sources, query) => sources.statistics.activeUsers(query),
});

const newUsers = plainSeries({
  path: '/api/v1/stats/users/new',
  operation: 'getNewUsers',
  group: 'Users',
  summary: 'New users by day, week or month',
  description: 'Users whose first known event is in the bucket.',
  field: 'users',
  usualRange: '30d',
  allowed: withoutHours,
  point: newUsersPointSchema,
  read: async (sources, query) => {
    const points = await sources.statistics.activeUsers(query);
    return points.map(({ at, newUsers, open }) => ({ at, newUsers, open }));
  },
});

const estimate = defineRoute({
  path: '/api/v1/stats/users/estimate',
  operation: 'estimateUsers',
  group: 'Users',
  summary: 'Users of any span of whole hours',
  description:
    'An estimate, for spans that no bucket fits. The last 24 hours unless told; 92 days at most, the newest.',
  freshness: 'series',
  isOfSnapshot: () => false,
  parameters: z.object({ range: rangeOrEnds, ...spanParameters }),
  answer: usersEstimateSchema,
  load: (asked, sources) =>
    loadSeries({ asked, usualRange: '24h', allowed: buckets, field: 'usersEstimate' }, sources, (query) =>
      sources.statistics.estimateUsers(query),
    ),
});

const retention = defineRoute({
  path: '/api/v1/stats/users/retention',
  operation: 'getRetention',
  group: 'Users',
  summary: 'How many users come back',
  description: 'Cohorts of users that began in one week or month, and the share that was active in each one after it.',
  freshness: 'stable',
  isOfSnapshot: () => false,
  parameters: z.object({
    period,
    periods,
    format,
  }),
  answer: z.array(cohortSchema),
  table: { row: cohortSchema, rows: (cohorts) => cohorts },
  load: (asked, sources) => {
    const request = { asked: {}, usualRange: 'all', allowed: withoutHours, field: 'retention' } as const;
    return loadSeries(request, sources, () => sources.statistics.retention(asked.period, asked.periods));
  },
});

const hourly = defineRoute({
  path: '/api/v1/stats/activity/hourly',
  operation: 'getHours',
  group: 'Events',
  summary: 'Events by hour of the day and day of the week',
  description: 'In UTC. The last 24 hours unless told.',
  freshness: 'series',
  isOfSnapshot: (asked) => !hasEnds(asked),
  parameters: z.object({ range: rangeOrEnds, ...spanParameters, format }),
  answer: z.array(hourCellSchema),
  table: { row: hourCellSchema, rows: (cells) => cells },
  load: async (asked, sources) => {
    if (!hasEnds(asked)) {
      const snapshot = await sources.snapshot(asked.range ?? '24h');
      return partOf(snapshot, 'hours', snapshot.hours);
    }
    const request = { asked, usualRange: 'all', allowed: buckets, field: 'hours' } as const;
    return loadSeries(request, sources, (query) => sources.statistics.hours(query));
  },
});

const zaps = defineRoute({
  path: '/api/v1/stats/zaps',
  operation: 'getZaps',
  group: 'Zaps',
  summary: 'Zaps of a range, or by bucket',
  description:
    'Validated receipts by their invoices, each invoice once; unbelievable amounts stand apart. ' +
    'With `group_by` the zaps of each bucket instead, as JSON or CSV.',
  freshness: 'totals',
  isOfSnapshot: (asked) => asked.group_by === undefined && !hasEnds(asked),
  parameters: z.object(seriesParameters()),
  answer: z.union([zapsSchema, z.array(zapsPointSchema)]),
  table: {
    row: zapsPointSchema,
    rows: (figures) => {
      if (!('histogram' in figures)) return figures;
      throw new Problem(
        400,
        'bad-format',
        'zaps of a whole range have no CSV: give group_by, or take /stats/zaps/histogram',
      );
    },
  },
  load: async (asked, sources) => {
    if (asked.group_by === undefined && !hasEnds(asked)) {
      const snapshot = await sources.snapshot(asked.range ?? '24h');
      return partOf(snapshot, 'zaps', snapshot.zaps);
    }
    const request = { asked, usualRange: '30d', allowed: buckets, field: 'zaps' } as const;
    return loadSeries(request, sources, (query) => sources.statistics.zaps(query));
  },
});

const kinds = defineRoute({
  path: '/api/v1/stats/kinds',
  operation: 'listKinds',
  group: 'Events',
  summary: 'Events by kind',
  description: 'The most frequent first. The last 24 hours unless told.',
  freshness: 'totals',
  isOfSnapshot: (asked) => !hasEnds(asked),
  parameters: z.object({ range: rangeOrEnds, ...spanParameters, limit, offset, format }),
  answer: z.array(kindCountSchema),
  table: { row: kindCountSchema, rows: (counts) => counts },
  load: async (asked, sources) => {
    if (!hasEnds(asked)) {
      const snapshot = await sources.snapshot(asked.range ?? '24h');
      const { page, total } = pageOf(snapshot.kinds, asked);
      return { ...partOf(snapshot, 'kinds', page), total };
    }
    const span: AskedSeries = { since: asked.since, until: asked.until };
    const request = { asked: span, usualRange: 'all', allowed: buckets, field: 'kinds' } as const;
    const loaded = await loadSeries(request, sources, (query) => sources.statistics.kinds(query));
    const { page, total } = pageOf(loaded.figures, asked);
    return { ...loaded, figures: page, total };
  },
});

async function requireKind(sources: Sources, kind: number): Promise<void> {
  const counts = await sources.statistics.kinds({});
  if (counts.some((count) => count.kind === kind)) return;
  throw new Problem(404, 'unknown-kind', `no event of kind ${kind} was ever counted here`);
}

const oneKind = defineRoute({
  path: '/api/v1/stats/kinds/:kind',
  operation: 'getKind',
  group: 'Events',
  summary: 'Events of one kind by bucket',
  description: 'What was published and not deleted. The last 30 days unless told.',
  freshness: 'series',
  isOfSnapshot: () => false,
  parameters: z.object({ kind, ...seriesParameters() }),
  answer: z.array(eventsPointSchema),
  table: { row: eventsPointSchema, rows: (points) => points },
  load: ({ kind, ...asked }, sources) => {
    const request = { asked: asked as AskedSeries, usualRange: '30d', allowed: buckets, field: 'kinds' } as const;
    return loadSeries(request, sources, async (query) => {
      const points = await sources.statistics.kind(kind, query);
      if (points.every(({ events }) => events === 0)) await requireKind(sources, kind);
      return points;
    });
  },
});

/** Routes whose figures come by bucket or for any span; fixed words stand before names. */
export const seriesRoutes: readonly Route[] = [
  activity,
  throughput,
  activeUsers,
  newUsers,
  estimate,
  retention,
  hourly,
  zaps,
  kinds,
  oneKind,
];
