import { z } from 'zod';
import type { Snapshot } from '../answers.ts';
import {
  clientsSchema,
  clientUseSchema,
  coverageSchema,
  dayCountSchema,
  engagementSchema,
  histogramBucketSchema,
  kindCountSchema,
  overviewSchema,
  relayRowSchema,
  relaySummarySchema,
  snapshotSchema,
  usersSchema,
} from './answer-schemas.ts';
import { format, limit, offset, rangeOr } from './parameters.ts';
import { defineRoute, type Fixed, pageOf, partOf, type Route } from './route.ts';

const range = rangeOr('24h');

/** Names, parameters and figures of a route whose figures are a field of the snapshot. */
interface FieldRoute<Figures> {
  readonly path: string;
  readonly operation: string;
  readonly group: string;
  readonly summary: string;
  readonly description: string;
  readonly field: string;
  readonly answer: z.ZodType<Figures>;
  read(snapshot: Snapshot): Fixed<NoInfer<Figures>>;
}

function fieldRoute<Figures>({ field, read, ...parts }: FieldRoute<Figures>): Route {
  return defineRoute({
    ...parts,
    freshness: 'totals',
    isOfSnapshot: () => true,
    parameters: z.object({ range }),
    load: async (asked, sources) => {
      const snapshot = await sources.snapshot(asked.range);
      return partOf(snapshot, field, read(snapshot));
    },
  });
}

const overview = fieldRoute({
  path: '/api/v1/stats/overview',
  operation: 'getOverview',
  group: 'Network',
  summary: 'The network at a glance',
  description: 'Relays, events, users by tier, zaps and times of relays, each with the span before it.',
  field: 'overview',
  answer: overviewSchema,
  read: (snapshot) => snapshot.overview,
});

const full = defineRoute({
  path: '/api/v1/stats/full/:range',
  operation: 'getSnapshot',
  group: 'Network',
  summary: 'Everything of one range',
  description: 'The whole snapshot: all parts computed at one time, so that they agree with each other.',
  freshness: 'totals',
  isOfSnapshot: () => true,
  parameters: z.object({ range }),
  answer: snapshotSchema,
  load: async (asked, sources) => {
    const snapshot = await sources.snapshot(asked.range);
    return { ...partOf(snapshot, '', snapshot), method: snapshot.method };
  },
});

const events = defineRoute({
  path: '/api/v1/stats/events/:range',
  operation: 'getEvents',
  group: 'Events',
  summary: 'Events of a range by kind and by day',
  description: 'What was published and not deleted. As CSV: the days.',
  freshness: 'totals',
  isOfSnapshot: () => true,
  parameters: z.object({ range, limit, offset, format }),
  answer: z.object({ events: z.number(), kinds: z.array(kindCountSchema), days: z.array(dayCountSchema) }),
  table: { row: dayCountSchema, rows: (figures) => figures.days },
  load: async (asked, sources) => {
    const snapshot = await sources.snapshot(asked.range);
    const { page: kinds, total } = pageOf(snapshot.kinds, asked);
    return {
      ...partOf(snapshot, 'kinds', { events: snapshot.overview.events.now, kinds, days: snapshot.days }),
      total,
      method: pick(snapshot, ['kinds', 'days']),
    };
  },
});

const clients = defineRoute({
  path: '/api/v1/stats/clients',
  operation: 'getClients',
  group: 'Events',
  summary: 'Clients that events say they were written with',
  description: 'By the `client` tag (NIP-89): it is opt-in and can be forged, so the untagged share is given too.',
  freshness: 'totals',
  isOfSnapshot: () => true,
  parameters: z.object({ range, limit, offset, format }),
  answer: clientsSchema,
  table: { row: clientUseSchema, rows: (figures) => figures.clients },
  load: async (asked, sources) => {
    const snapshot = await sources.snapshot(asked.range);
    const { page, total } = pageOf(snapshot.clients.clients, asked);
    return { ...partOf(snapshot, 'clients', { ...snapshot.clients, clients: page }), total };
  },
});

const topRelays = defineRoute({
  path: '/api/v1/stats/top-relays',
  operation: 'getTopRelays',
  group: 'Relays',
  summary: 'The ten relays that delivered most events',
  description: 'Each event counts once for each relay that delivered it, whoever was first.',
  freshness: 'totals',
  isOfSnapshot: () => true,
  parameters: z.object({ range, limit, offset, format }),
  answer: z.array(relayRowSchema),
  table: { row: relayRowSchema, rows: (figures) => figures },
  load: async (asked, sources) => {
    const snapshot = await sources.snapshot(asked.range);
    const { page, total } = pageOf(snapshot.topRelays, asked);
    return { ...partOf(snapshot, 'topRelays', page), total };
  },
});

const relaySummary = fieldRoute({
  path: '/api/v1/stats/relays/summary',
  operation: 'getRelaySummary',
  group: 'Relays',
  summary: 'All relays together, and how they relate',
  description: 'Counts by state, times, uptime, how many relays an event is on, and which relays overlap.',
  field: 'relays',
  answer: relaySummarySchema,
  read: (snapshot) => snapshot.relays,
});

const users = fieldRoute({
  path: '/api/v1/stats/users',
  operation: 'getUsers',
  group: 'Users',
  summary: 'Users of a range by tier',
  description: 'Who published something, by how much stands behind the key: a profile, a follow list, trust.',
  field: 'users',
  answer: usersSchema,
  read: (snapshot) => snapshot.users,
});

const histogram = defineRoute({
  path: '/api/v1/stats/zaps/histogram',
  operation: 'getZapHistogram',
  group: 'Zaps',
  summary: 'Zaps by size',
  description: 'Buckets by satoshi: `from` belongs to the bucket, `to` does not.',
  freshness: 'totals',
  isOfSnapshot: () => true,
  parameters: z.object({ range, format }),
  answer: z.array(histogramBucketSchema),
  table: { row: histogramBucketSchema, rows: (figures) => figures },
  load: async (asked, sources) => {
    const snapshot = await sources.snapshot(asked.range);
    return partOf(snapshot, 'zaps.histogram', snapshot.zaps.histogram);
  },
});

const engagement = fieldRoute({
  path: '/api/v1/stats/engagement',
  operation: 'getEngagement',
  group: 'Events',
  summary: 'How people answer each other',
  description: 'Replies, reactions, reposts and zaps, and how many of them come to a note.',
  field: 'engagement',
  answer: engagementSchema,
  read: (snapshot) => snapshot.engagement,
});

const coverage = fieldRoute({
  path: '/api/v1/stats/coverage',
  operation: 'getCoverage',
  group: 'Network',
  summary: 'What the figures can have missed',
  description: 'Relays known and connected, gaps in seconds, and an estimate of the events that nobody showed us.',
  field: 'coverage',
  answer: coverageSchema,
  read: (snapshot) => snapshot.coverage,
});

function pick(snapshot: Snapshot, fields: readonly string[]) {
  const isWanted = (path: string) => fields.some((field) => path === field || path.startsWith(`${field}.`));
  return Object.fromEntries(Object.entries(snapshot.method).filter(([path]) => isWanted(path)));
}

/** Routes whose figures are a part of a snapshot. */
export const snapshotRoutes: readonly Route[] = [
  overview,
  full,
  events,
  clients,
  topRelays,
  relaySummary,
  users,
  histogram,
  engagement,
  coverage,
];
