import { z } from 'zod';
import type {
  Clients,
  ClientUse,
  Coverage,
  EngagementFigures,
  HistogramBucket,
  HourCell,
  KindCount,
  Method,
  Overview,
  Quantiles,
  RelayRow,
  RelaySummary,
  Share,
  Snapshot,
  TimelinePoint,
  Trend,
  Users,
  UserTiers,
  Zaps,
} from '../answers.ts';
import { ranges } from '../spans.ts';

const count = z.number();
const countOrNull = z.number().nullable();
const at = z.string().describe('Begin of the bucket, in UTC.');

/** Checks a `Method`. */
export const methodSchema = z.object({
  precision: z.enum(['exact', 'approximate']),
  text: z.string(),
}) satisfies z.ZodType<Method>;

/** Checks `Coverage`. */
export const coverageSchema = z.object({
  relaysKnown: count,
  relaysConnected: count.describe('Relays that a collector was connected to for at least a part of the range.'),
  gapSeconds: count.describe(
    'Seconds, over all relays, without a connection to a relay that was to be collected from.',
  ),
  covered: count.describe('Share of relay time that was covered, 0–1.'),
  unseenEvents: countOrNull.describe('Events that no connected relay showed us, estimated from how relays overlap.'),
  sinceMs: countOrNull.describe('Milliseconds since 1970 since when anything was collected.'),
  synthetic: z.boolean().describe('True where the relays are made up: the figures then say nothing about Nostr.'),
}) satisfies z.ZodType<Coverage>;

const trend = z.object({
  now: count,
  before: countOrNull.describe('The same of the span before; null where that is not fully covered.'),
}) satisfies z.ZodType<Trend>;

/** Checks `Quantiles`: milliseconds. */
export const quantilesSchema = z.object({
  p50: countOrNull,
  p95: countOrNull,
  samples: count,
}) satisfies z.ZodType<Quantiles>;

/** Checks `UserTiers`. */
export const tiersSchema = z.object({
  all: count,
  withProfile: count,
  withFollows: count,
  withBoth: count,
  trusted: countOrNull.describe('Within two steps of the anchors of the operator; null where none were chosen.'),
}) satisfies z.ZodType<UserTiers>;

/** Checks an `Overview`. */
export const overviewSchema = z.object({
  relays: z.object({ known: count, online: count, connected: count }),
  events: trend,
  users: tiersSchema,
  usersBefore: tiersSchema.nullable(),
  newUsers: trend,
  notes: trend,
  reactions: trend,
  zaps: trend,
  zapMsat: trend,
  openMs: quantilesSchema,
  readMs: quantilesSchema,
  eventsTotal: count,
  usersTotal: count,
}) satisfies z.ZodType<Overview>;

/** Checks a `KindCount`. */
export const kindCountSchema = z.object({
  kind: count,
  name: z.string(),
  events: count,
  share: count,
  bytes: countOrNull,
}) satisfies z.ZodType<KindCount>;

/** Checks the events of one day. */
export const dayCountSchema = z.object({
  day: z.string(),
  events: count,
}) satisfies z.ZodType<Snapshot['days'][number]>;

/** Checks a `TimelinePoint`. */
export const timelinePointSchema = z.object({
  at,
  events: count,
  notes: count,
  reactions: count,
  reposts: count,
  zaps: count,
  zapMsat: count,
  users: countOrNull,
  newUsers: countOrNull,
  open: z.boolean().describe('True for the bucket that has not ended.'),
}) satisfies z.ZodType<TimelinePoint>;

/** Checks a `ClientUse`. */
export const clientUseSchema = z.object({
  name: z.string(),
  address: z.string().nullable(),
  events: count,
  shareOfTagged: count,
  users: count,
}) satisfies z.ZodType<ClientUse>;

/** Checks `Clients`. */
export const clientsSchema = z.object({
  clients: z.array(clientUseSchema),
  taggedEvents: count,
  untaggedEvents: count,
  untaggedShare: count,
  unnamed: count,
}) satisfies z.ZodType<Clients>;

/** Checks a `RelayRow`. */
export const relayRowSchema = z.object({
  url: z.string(),
  name: z.string().nullable(),
  state: z.enum(['online', 'outage', 'unknown', 'dead']),
  connected: z.boolean(),
  software: z.string().nullable(),
  version: z.string().nullable(),
  nips: z.array(count),
  country: z.string().nullable(),
  latitude: countOrNull,
  longitude: countOrNull,
  authRequired: z.boolean(),
  paymentRequired: z.boolean(),
  openMs: quantilesSchema,
  readMs: quantilesSchema,
  uptime: countOrNull,
  uptimeStrip: z
    .array(countOrNull)
    .optional()
    .describe('The same in pieces of equal length over the range, the oldest first; of everything the last 48 days.'),
  events: count,
  novel: count,
  repeats: count,
  invalid: count,
  bytes: count,
  lastEventMs: countOrNull,
}) satisfies z.ZodType<RelayRow>;

/** Checks a `RelaySummary`. */
export const relaySummarySchema = z.object({
  known: count,
  online: count,
  connected: count,
  outage: count,
  dead: count,
  openMs: quantilesSchema,
  readMs: quantilesSchema,
  eoseMs: quantilesSchema,
  uptime: countOrNull,
  replication: countOrNull,
  overlap: z.array(z.object({ a: z.string(), b: z.string(), share: count })),
}) satisfies z.ZodType<RelaySummary>;

/** Checks a `HistogramBucket`. */
export const histogramBucketSchema = z.object({
  from: count,
  to: countOrNull,
  count,
  msat: count,
}) satisfies z.ZodType<HistogramBucket>;

/** Checks `Zaps`. */
export const zapsSchema = z.object({
  count: trend,
  msat: trend,
  senders: count,
  recipients: count,
  averageMsat: countOrNull,
  medianMsat: countOrNull,
  histogram: z.array(histogramBucketSchema),
  suspect: z.object({ count, msat: count }),
  invalid: z.record(z.string(), count),
  duplicates: count,
}) satisfies z.ZodType<Zaps>;

/** Checks `EngagementFigures`. */
export const engagementSchema = z.object({
  replies: count,
  reactions: count,
  reposts: count,
  zaps: count,
  perNote: countOrNull,
}) satisfies z.ZodType<EngagementFigures>;

/** Checks an `HourCell`. */
export const hourCellSchema = z.object({
  weekday: count.describe('0 Monday – 6 Sunday'),
  hour: count.describe('0–23, in UTC'),
  events: count,
}) satisfies z.ZodType<HourCell>;

/** Checks `Users`. */
export const usersSchema = z.object({
  active: tiersSchema,
  newUsers: trend,
  total: tiersSchema,
}) satisfies z.ZodType<Users>;

/** Checks a `Share`. */
export const shareSchema = z.object({
  key: z.string(),
  name: z.string(),
  relays: count,
  share: count,
}) satisfies z.ZodType<Share>;

/** Checks the method texts by field. */
export const methodsSchema = z.record(z.string(), methodSchema);

/** Checks a `Snapshot`, also one that another process left in the cache. */
export const snapshotSchema = z.object({
  range: z.enum(ranges),
  from: z.string().nullable(),
  to: z.string(),
  asOf: z.iso.datetime(),
  computedInMs: count,
  partial: z.boolean(),
  overview: overviewSchema,
  relays: relaySummarySchema,
  kinds: z.array(kindCountSchema),
  days: z.array(dayCountSchema),
  clients: clientsSchema,
  topRelays: z.array(relayRowSchema),
  timeline: z.array(timelinePointSchema),
  users: usersSchema,
  hours: z.array(hourCellSchema),
  zaps: zapsSchema,
  engagement: engagementSchema,
  software: z.array(shareSchema),
  nips: z.array(shareSchema),
  countries: z.array(shareSchema),
  coverage: coverageSchema,
  method: methodsSchema,
}) satisfies z.ZodType<Snapshot>;
