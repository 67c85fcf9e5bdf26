import { callerOf, defineAction, type HttpRoute } from '@nostrata/http';
import { z } from 'zod';
import { changesSchema, nameSchema } from '../names/schemas.ts';
import { actorOf } from '../users.ts';
import { changing, group, looking } from './access.ts';
import type { AdminNames } from './contract.ts';
import { noteCharsMax, searchCharsMax } from './limits.ts';

const id = z.object({ id: z.string().max(40) });
const cursor = z.string().max(120).optional();
const nameAnswer = z.intersection(nameSchema, z.object({ userId: z.string() }));
const rule = z.enum(['standard', 'premium', 'reserved', 'blocked']);
const host = z.string().min(1).max(255).describe('A host where names are sold, or `*` for all of them');
const local = z.string().min(1).max(64);

/** The routes about names and the rules for them. */
export function createAdminNameRoutes(names: AdminNames): HttpRoute[] {
  return [listAction(names), historyAction(names), releaseAction(names), ...ruleActions(names)];
}

function listAction(names: AdminNames): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/names',
    operation: 'adminListNames',
    group,
    summary: 'Names, the newest first',
    description: '`search` takes a part of the address, a pubkey, or the id of a user.',
    access: looking,
    parameters: z.object({ search: z.string().min(1).max(searchCharsMax).optional(), cursor }),
    answer: z.object({ items: z.array(nameAnswer).readonly(), next: z.string().nullable() }),
    handle: async ({ parameters }) => await names.list(parameters),
  });
}

function historyAction(names: AdminNames): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/names/:id/history',
    operation: 'adminGetNameHistory',
    group,
    summary: 'What happened to a name',
    description: 'With the signed events that ordered it.',
    access: looking,
    parameters: id,
    answer: changesSchema,
    handle: async ({ parameters }) => await names.history(parameters.id),
  });
}

function releaseAction(names: AdminNames): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/admin/names/:id/release',
    operation: 'adminReleaseName',
    group,
    summary: 'Take a name from its holder',
    description: `For keys that fell into other hands, and for misuse. With \`pubkey\` the name goes to that key as long as it
was paid for; without one anybody can have it at once.`,
    access: changing,
    parameters: id,
    body: z.strictObject({
      reason: z
        .string()
        .trim()
        .min(1)
        .max(noteCharsMax)
        .regex(/^\P{Cc}+$/u, 'no control characters'),
      pubkey: z
        .string()
        .regex(/^[0-9a-f]{64}$/, '64 hex digits in lower case')
        .optional(),
    }),
    answer: nameAnswer,
    problems: { 404: 'not-found', 409: 'name-taken' },
    handle: async (asked) => await names.release(actorOf(callerOf(asked)), asked.parameters.id, asked.body),
  });
}

function ruleActions(names: AdminNames): HttpRoute[] {
  const path = '/api/v1/admin/name-rules';
  const listing = defineAction({
    method: 'GET',
    path,
    operation: 'adminListNameRules',
    group,
    summary: 'Rules for names',
    description: 'What was written here; the words that are reserved everywhere are not among them.',
    access: looking,
    parameters: z.object({ cursor }),
    answer: z.object({
      items: z
        .array(
          z.object({
            host: z.string(),
            local: z.string(),
            rule,
            priceMsat: z.int().nullable(),
            createdAt: z.string(),
          }),
        )
        .readonly(),
      next: z.string().nullable(),
    }),
    handle: async ({ parameters }) => await names.rules(parameters),
  });
  const putting = defineAction({
    method: 'PUT',
    path,
    operation: 'adminPutNameRule',
    group,
    summary: 'Reserve, block or price a name',
    description: 'In place of the rule that is there. Who has the name keeps it.',
    access: changing,
    body: z.strictObject({ host, local, rule, priceMsat: z.int().positive().nullable().optional() }),
    answer: z.undefined(),
    problems: { 400: 'bad-name, unknown-host, bad-price' },
    handle: async (asked) => await names.putRule(actorOf(callerOf(asked)), asked.body),
  });
  const deleting = defineAction({
    method: 'DELETE',
    path,
    operation: 'adminDeleteNameRule',
    group,
    summary: 'Remove a rule',
    description: 'The name is then sold like others of its length.',
    access: changing,
    parameters: z.object({ host, local }),
    answer: z.undefined(),
    problems: { 404: 'not-found' },
    handle: async (asked) => await names.deleteRule(actorOf(callerOf(asked)), asked.parameters),
  });
  return [listing, putting, deleting];
}
