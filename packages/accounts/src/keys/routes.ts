import { type Caller, callerOf, defineAction, type HttpRoute, Problem, Reply } from '@nostrata/http';
import { z } from 'zod';
import type { Clock } from '../contract.ts';
import type { KeyPlace, Keys } from './keys.ts';
import { addressesMax, nameCharsMax, overlapSecondsMax, overlapSecondsUsual, usageHoursMax } from './limits.ts';
import { keyScopes } from './scopes.ts';
import type { KeyUsage, UsageSpan } from './usage.ts';

/** What the routes of API keys serve. */
export interface KeyRoutesParts {
  readonly keys: Keys;
  readonly usage: Pick<KeyUsage, 'read'>;
  readonly clock: Pick<Clock, 'now'>;
}

const group = 'API keys';

/** No scope: whoever finds a key must not make more of them with it. */
const access = { kind: 'user' } as const;

const time = z.string().describe('ISO 8601, UTC');
const keyAnswer = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('How the key begins'),
  last4: z.string(),
  scopes: z.array(z.string()),
  effectiveScopes: z.array(z.string()).describe('What it may do now, as plan and role of its owner are'),
  addresses: z.array(z.string()),
  createdAt: time,
  expiresAt: time.nullable(),
  usedAt: time.nullable().describe('To the minute'),
  revokedAt: time.nullable(),
  replacedBy: z.string().nullable().describe('The id of the key that was made in its place'),
});
const shownKey = keyAnswer.extend({ key: z.string().describe('The key; it is never shown again') });

const id = z.object({ id: z.string().max(40) });
const name = z
  .string()
  .trim()
  .min(1)
  .max(nameCharsMax)
  .regex(/^\P{Cc}+$/u, 'no control characters');
const scopes = z.array(z.enum(keyScopes)).min(1).max(keyScopes.length);
const addresses = z
  .array(z.string().max(60))
  .max(addressesMax)
  .describe('Addresses and networks that the key works from, such as 192.0.2.7 or 2001:db8::/48; everywhere if empty');

/** The routes of API keys. */
export function createKeyRoutes(parts: KeyRoutesParts): HttpRoute[] {
  return [
    listAction(parts),
    createAction(parts),
    changeAction(parts),
    rotateAction(parts),
    revokeAction(parts),
    usageAction(parts),
  ];
}

function listAction({ keys }: KeyRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/keys',
    operation: 'listApiKeys',
    group,
    summary: 'Your API keys',
    description: 'The newest first, with those that have ended.',
    access,
    answer: z.object({ items: z.array(keyAnswer) }),
    handle: async (asked) => ({ items: await keys.list(callerOf(asked).userId) }),
  });
}

function createAction({ keys }: KeyRoutesParts): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/keys',
    operation: 'createApiKey',
    group,
    summary: 'Make an API key',
    description: 'The answer is the only time that the key is shown. Scopes are those of your plan at most.',
    access,
    body: z.strictObject({
      name,
      scopes,
      addresses: addresses.optional(),
      expiresAt: z.iso.datetime({ offset: true }).optional(),
    }),
    answer: shownKey,
    problems: { 400: 'bad-address', 403: 'no-scope, too-many-keys, suspended', 429: 'too-many-keys' },
    handle: async (asked) => new Reply({ status: 201, answer: await keys.create(callerOf(asked).userId, asked.body) }),
  });
}

function changeAction({ keys }: KeyRoutesParts): HttpRoute {
  return defineAction({
    method: 'PATCH',
    path: '/api/v1/keys/:id',
    operation: 'changeApiKey',
    group,
    summary: 'Change an API key',
    description: 'What is not named stays as it is. Works from the next request on.',
    access,
    parameters: id,
    body: z.strictObject({ name: name.optional(), scopes: scopes.optional(), addresses: addresses.optional() }),
    answer: keyAnswer,
    problems: { 400: 'bad-address', 403: 'no-scope, suspended', 404: 'not-found' },
    handle: async (asked) => await keys.change(placeOf(asked), asked.body),
  });
}

function rotateAction({ keys }: KeyRoutesParts): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/keys/:id/rotate',
    operation: 'rotateApiKey',
    group,
    summary: 'Make a key in place of another',
    description: `The old one goes on working for \`overlapSeconds\` (a day unless told, a week at most), and the one that it
had replaced ends at once.`,
    access,
    parameters: id,
    body: z.strictObject({
      overlapSeconds: z.int().min(0).max(overlapSecondsMax).default(overlapSecondsUsual),
    }),
    answer: shownKey,
    problems: { 403: 'suspended', 404: 'not-found', 409: 'key-ended' },
    handle: async (asked) =>
      new Reply({ status: 201, answer: await keys.rotate(placeOf(asked), asked.body.overlapSeconds) }),
  });
}

function revokeAction({ keys }: KeyRoutesParts): HttpRoute {
  return defineAction({
    method: 'DELETE',
    path: '/api/v1/keys/:id',
    operation: 'revokeApiKey',
    group,
    summary: 'End an API key',
    description: 'At once and for ever. It stays in the list, with its usage.',
    access,
    parameters: id,
    answer: z.undefined(),
    problems: { 404: 'not-found' },
    handle: async (asked) => await keys.revoke(placeOf(asked)),
  });
}

function usageAction({ keys, usage, clock }: KeyRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/keys/:id/usage',
    operation: 'getApiKeyUsage',
    group,
    summary: 'What a key was used for',
    description: `Requests of each hour and route, 31 days at most; the last seven unless told. Counted requests appear
within some seconds.`,
    access,
    parameters: id.extend({
      since: z.iso.datetime({ offset: true }).optional(),
      until: z.iso.datetime({ offset: true }).optional(),
    }),
    answer: z.object({
      items: z.array(
        z.object({
          hour: time,
          requests: z.int(),
          refused: z.int().describe('Of them those that were answered with 403 or 429'),
          routes: z.record(z.string(), z.int()),
        }),
      ),
      total: z.int(),
    }),
    problems: { 400: 'bad-parameter', 404: 'not-found' },
    handle: async (asked) => {
      await keys.checkOwner(placeOf(asked));
      const items = await usage.read(asked.parameters.id, readSpan(asked.parameters, clock.now()));
      return { items, total: items.reduce((sum, { requests }) => sum + requests, 0) };
    },
  });
}

function placeOf(asked: {
  readonly caller: Caller | undefined;
  readonly parameters: { readonly id: string };
}): KeyPlace {
  return { userId: callerOf(asked).userId, id: asked.parameters.id };
}

interface AskedSpan {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

function readSpan({ since, until }: AskedSpan, nowMs: number): UsageSpan {
  const untilMs = until === undefined ? nowMs : Date.parse(until);
  const sinceMs = since === undefined ? untilMs - 7 * 86_400_000 : Date.parse(since);
  if (sinceMs < untilMs && untilMs - sinceMs <= usageHoursMax * 3_600_000) return { sinceMs, untilMs };
  throw new Problem(400, 'bad-parameter', 'since must be before until, by 31 days at most');
}
