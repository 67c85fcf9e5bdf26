import { z } from 'zod';
import type { PaymentAnswer } from '../contract.ts';
import type { ChangeAnswer, CheckAnswer, HostAudit, NameAnswer, RegisterAnswer, VerifyAnswer } from './contract.ts';
import { relaysMax, yearsMax } from './limits.ts';
import type { HostsAnswer } from './names.ts';

const time = z.iso.datetime();
const price = z.object({
  msat: z.int(),
  fiat: z.object({ currency: z.string(), minor: z.int() }).optional(),
});

/** A local part as it was typed. */
export const localSchema = z.string().min(1).max(64).describe('The part before the @.');

/** The id of a name. */
export const idSchema = z.string().regex(/^nam_[0-9A-Za-z]{20}$/, 'not the id of a name');

/** Relay URLs of a name. */
export const relaysSchema = z.array(z.string().max(200)).max(relaysMax);

const years = z.int().min(1).max(yearsMax);
const provider = z.string().max(40).optional();

/** What a name is registered with. */
export const registerSchema = z.strictObject({
  name: localSchema,
  host: z.string().max(260).optional(),
  pubkey: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 hex digits in lower case')
    .optional(),
  relays: relaysSchema.optional(),
  years: years.optional(),
  provider,
});

/** What a name is renewed with. */
export const renewSchema = z.strictObject({ years, provider });

/** A signed event; what is in it is looked at by its reader. */
export const eventSchema = z.looseObject({ id: z.string().max(64), sig: z.string().max(128) });

/** A name as its holder sees it. */
export const nameSchema: z.ZodType<NameAnswer> = z.object({
  id: z.string(),
  address: z.string(),
  local: z.string(),
  host: z.string(),
  pubkey: z.string(),
  relays: z.array(z.string()),
  phase: z.enum(['held', 'active', 'grace', 'expired', 'quarantine', 'free']),
  coverage: z.enum(['paid', 'plan', 'granted']),
  paidUntil: time.nullable(),
  heldUntil: time.nullable(),
  graceUntil: time.nullable(),
  freeAt: time.nullable(),
  createdAt: time,
});

/** Names in a list. */
export const nameListSchema = z.object({ items: z.array(nameSchema).readonly() });

/** Whether a name can be had. */
export const checkAnswerSchema: z.ZodType<CheckAnswer> = z.object({
  address: z.string(),
  available: z.boolean(),
  reason: z.string().nullable(),
  rule: z.enum(['standard', 'premium', 'reserved', 'blocked']),
  price: price.nullable(),
  coveredByPlan: z.boolean(),
});

const payment: z.ZodType<PaymentAnswer> = z.any();

/** The payment of a name. */
export const renewedSchema = z.object({ payment });

/** A name that was registered. */
export const registeredSchema: z.ZodType<RegisterAnswer> = z.object({ name: nameSchema, payment: payment.nullable() });

/** What happened to a name. */
export const changesSchema = z.object({
  items: z
    .array(
      z.object({
        id: z.string(),
        at: time,
        what: z.string(),
        fromPubkey: z.string().nullable(),
        toPubkey: z.string().nullable(),
        evidence: z.string().nullable(),
      }) satisfies z.ZodType<ChangeAnswer>,
    )
    .readonly(),
});

/** Hosts and prices. */
export const hostsSchema: z.ZodType<HostsAnswer> = z.object({
  items: z.array(z.object({ host: z.string(), kind: z.enum(['managed', 'own']) })),
  prices: z.array(z.object({ charactersMin: z.int(), price })),
});

/** What an address of anybody stands for. */
export const verifySchema: z.ZodType<VerifyAnswer> = z.object({
  address: z.string(),
  pubkey: z.string().nullable(),
  relays: z.array(z.string()),
  state: z
    .enum(['identified', 'mismatch', 'not-found', 'redirect', 'invalid', 'too-large', 'refused', 'unreachable'])
    .describe('`identified`: the host names this pubkey, and no more than that'),
  checkedAt: time.describe('When its host was asked: at most ten minutes ago.'),
});

const checkIds = [
  'reachable',
  'tls',
  'redirect',
  'status',
  'cors',
  'content-type',
  'size',
  'json',
  'names',
  'name',
] as const;

/** How well a host serves names. */
export const auditSchema: z.ZodType<HostAudit> = z.object({
  host: z.string(),
  checks: z.array(z.object({ id: z.enum(checkIds), ok: z.boolean(), message: z.string() })),
});
