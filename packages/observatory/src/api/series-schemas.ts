import { z } from 'zod';
import type {
  ActivePoint,
  Answer,
  Cohort,
  LatencyPoint,
  RelayDetails,
  RelayEventsPoint,
  ThroughputPoint,
  UptimePoint,
  UsersEstimate,
} from '../answers.ts';
import type { LiveFigures } from '../contract.ts';
import { ranges } from '../spans.ts';
import { coverageSchema, methodsSchema, quantilesSchema, relayRowSchema, tiersSchema } from './answer-schemas.ts';

const count = z.number();
const at = z.string().describe('Begin of the bucket, in UTC.');

/** Checks an `ActivePoint`. */
export const activePointSchema = z.object({
  at,
  ...tiersSchema.shape,
  newUsers: count,
  open: z.boolean(),
}) satisfies z.ZodType<ActivePoint>;

/** Checks the new users of one bucket. */
export const newUsersPointSchema = z.object({ at, newUsers: count, open: z.boolean() });

/** Checks a `UsersEstimate`. */
export const usersEstimateSchema = z.object({ from: at, to: at, users: count }) satisfies z.ZodType<UsersEstimate>;

/** Checks a `Cohort`. */
export const cohortSchema = z.object({
  from: z.string(),
  users: count,
  active: z.array(count).describe('Share that was active in each period; element 0 is the period itself.'),
  lastOpen: z.boolean().describe('True where the last period has not ended: its share may still rise.'),
}) satisfies z.ZodType<Cohort>;

/** Checks a `ThroughputPoint`. */
export const throughputPointSchema = z.object({
  at,
  received: count,
  unique: count,
  invalid: count,
  bytes: count,
}) satisfies z.ZodType<ThroughputPoint>;

/** Checks the events of one bucket. */
export const eventsPointSchema = z.object({ at, events: count });

/** Checks the zaps of one bucket. */
export const zapsPointSchema = z.object({ at, count, msat: count });

/** Checks a `LatencyPoint`. */
export const latencyPointSchema = z.object({
  at,
  dnsMs: quantilesSchema,
  tcpMs: quantilesSchema,
  tlsMs: quantilesSchema,
  openMs: quantilesSchema,
  informationMs: quantilesSchema,
  readMs: quantilesSchema,
  eoseMs: quantilesSchema,
  writeMs: quantilesSchema,
}) satisfies z.ZodType<LatencyPoint>;

/** Checks an `UptimePoint`. */
export const uptimePointSchema = z.object({
  at,
  probes: count,
  failures: count,
  outage: z.boolean(),
}) satisfies z.ZodType<UptimePoint>;

/** Checks a `RelayEventsPoint`. */
export const relayEventsPointSchema = z.object({
  at,
  events: count,
  novel: count,
  repeats: count,
  invalid: count,
}) satisfies z.ZodType<RelayEventsPoint>;

/** Checks `RelayDetails`. */
export const relayDetailsSchema = z.object({
  ...relayRowSchema.shape,
  description: z.string().nullable(),
  pubkey: z.string().nullable(),
  contact: z.string().nullable(),
  source: z.enum(['seed', 'nip65', 'nip66', 'operator']),
  firstSeen: z.string(),
  lastProbe: z.string().nullable(),
  lastFailure: z.string().nullable(),
  information: z.unknown().describe('The information document (NIP-11) as it is now.'),
  informationHistory: z.array(z.object({ at: z.string(), information: z.unknown() })),
}) satisfies z.ZodType<RelayDetails>;

/** Checks `LiveFigures`. */
export const liveFiguresSchema = z.object({
  atMs: count,
  received: count,
  unique: count,
  invalid: count,
  connected: count,
  kinds: z.record(z.string(), count),
}) satisfies z.ZodType<LiveFigures>;

const wrapper = z.object({
  asOf: z.iso.datetime().describe('When the figures were computed.'),
  range: z.enum(ranges).optional(),
  method: methodsSchema.describe('How the fields are counted, by the path of the field.'),
  coverage: coverageSchema.nullable().describe('What the figures can have missed.'),
  total: z.number().optional().describe('Rows of the whole list, where `data` is a part of it.'),
  partial: z.boolean().describe('True where the range reaches back before anything was collected.'),
  stale: z.boolean().describe('True where this is the last good copy.'),
  ageSeconds: z.number().optional().describe('Seconds since `asOf`, in stale copies alone.'),
}) satisfies z.ZodType<Omit<Answer<unknown>, 'data'>>;

/** Checks what every answer is wrapped in. */
export function answerSchema<Figures extends z.ZodType>(figures: Figures) {
  return z.object({ data: figures, ...wrapper.shape });
}
