import type { Json } from '@nostrata/http';
import { z } from 'zod';
import {
  clientsSchema,
  clientUseSchema,
  coverageSchema,
  engagementSchema,
  histogramBucketSchema,
  hourCellSchema,
  kindCountSchema,
  methodSchema,
  overviewSchema,
  quantilesSchema,
  relayRowSchema,
  relaySummarySchema,
  shareSchema,
  snapshotSchema,
  tiersSchema,
  timelinePointSchema,
  usersSchema,
  zapsSchema,
} from './answer-schemas.ts';
import type { Route } from './route.ts';
import {
  activePointSchema,
  answerSchema,
  cohortSchema,
  latencyPointSchema,
  liveFiguresSchema,
  relayDetailsSchema,
  relayEventsPointSchema,
  throughputPointSchema,
  uptimePointSchema,
} from './series-schemas.ts';

const named = {
  Answer: answerSchema(z.unknown().describe('The figures of the route.')),
  Clients: clientsSchema,
  ClientUse: clientUseSchema,
  Coverage: coverageSchema,
  EngagementFigures: engagementSchema,
  ActivePoint: activePointSchema,
  Cohort: cohortSchema,
  HistogramBucket: histogramBucketSchema,
  HourCell: hourCellSchema,
  LatencyPoint: latencyPointSchema,
  RelayEventsPoint: relayEventsPointSchema,
  ThroughputPoint: throughputPointSchema,
  UptimePoint: uptimePointSchema,
  KindCount: kindCountSchema,
  LiveFigures: liveFiguresSchema,
  Method: methodSchema,
  Overview: overviewSchema,
  Quantiles: quantilesSchema,
  RelayDetails: relayDetailsSchema,
  RelayRow: relayRowSchema,
  RelaySummary: relaySummarySchema,
  Share: shareSchema,
  Snapshot: snapshotSchema,
  TimelinePoint: timelinePointSchema,
  UserTiers: tiersSchema,
  Users: usersSchema,
  Zaps: zapsSchema,
};

/** The schemas of all answers, by the names that operations refer to. */
export function createComponents(routes: readonly Route[]): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  for (const route of routes) registry.add(answerSchema(route.answer), { id: answerName(route) });
  const made = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
    unrepresentable: 'any',
  });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}

/** The name of the schema of a route's answers. */
export function answerName({ operation }: Route): string {
  return `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Answer`;
}
