import { callerOf, defineAction, type HttpRoute } from '@nostrata/http';
import { z } from 'zod';
import { subscription } from '../billing/routes.ts';
import { actorOf } from '../users.ts';
import { changing, group, looking } from './access.ts';
import type { AdminSubscriptions } from './contract.ts';
import { searchCharsMax } from './limits.ts';
import type { AdminUsers } from './users.ts';

/** What the routes about people serve. */
export interface AdminUserRoutesParts {
  readonly users: AdminUsers;
  readonly subscriptions: AdminSubscriptions;
}

const role = z.enum(['user', 'support', 'admin']);
const state = z.enum(['active', 'suspended']);
const id = z.object({ id: z.string().max(40) });

const userAnswer = z.object({
  id: z.string(),
  pubkey: z.string().nullable(),
  npub: z.string().nullable(),
  role: z.string(),
  state: z.string(),
  createdAt: z.string(),
  plan: z.string(),
});
const userDetails = userAnswer.extend({
  linkingKeys: z.array(z.string()),
  usedAt: z.string().nullable().describe('When a session was last used'),
  has: z.object({
    sessions: z.int(),
    apiKeys: z.int(),
    hooks: z.int(),
    names: z.int(),
    domains: z.int(),
    payments: z.int(),
  }),
  subscription,
});

/** The routes about people. */
export function createAdminUserRoutes(parts: AdminUserRoutesParts): HttpRoute[] {
  return [listAction(parts), showAction(parts), changeAction(parts), grantAction(parts), suspendAction(parts)];
}

function listAction({ users }: AdminUserRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/users',
    operation: 'adminListUsers',
    group,
    summary: 'People, the newest first',
    description:
      '`search` takes an id, a pubkey or its first digits, an npub, a linking key, or the address of a name.',
    access: looking,
    parameters: z.object({
      search: z.string().min(1).max(searchCharsMax).optional(),
      role: role.optional(),
      state: state.optional(),
      cursor: z.string().max(80).optional(),
    }),
    answer: z.object({ items: z.array(userAnswer), next: z.string().nullable() }),
    problems: { 400: 'bad-parameter' },
    handle: async ({ parameters }) => await users.list(parameters),
  });
}

function showAction({ users }: AdminUserRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/users/:id',
    operation: 'adminGetUser',
    group,
    summary: 'Somebody, with what they have',
    description: 'How many sessions, keys, webhooks, names, domains and payments there are, and the subscription.',
    access: looking,
    parameters: id,
    answer: userDetails,
    problems: { 404: 'not-found' },
    handle: async ({ parameters }) => await users.show(parameters.id),
  });
}

function changeAction({ users }: AdminUserRoutesParts): HttpRoute {
  return defineAction({
    method: 'PATCH',
    path: '/api/v1/admin/users/:id',
    operation: 'adminChangeUser',
    group,
    summary: 'Give a role, suspend or let in again',
    description: `Works from the next request of that person on, for sessions and API keys alike. Somebody who administers
is always left. API keys give no roles.`,
    access: changing,
    parameters: id,
    body: z.strictObject({ role: role.optional(), state: state.optional() }),
    answer: userAnswer,
    problems: { 403: 'no-role, no-key', 404: 'not-found', 409: 'last-admin' },
    handle: async (asked) => await users.change(callerOf(asked), asked.parameters.id, asked.body),
  });
}

function grantAction({ users, subscriptions }: AdminUserRoutesParts): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/admin/users/:id/grant',
    operation: 'adminGrantPlan',
    group,
    summary: 'Give somebody a plan without payment',
    description: '`until` null is for ever.',
    access: changing,
    parameters: id,
    body: z.strictObject({ plan: z.string().max(40), until: z.iso.datetime({ offset: true }).nullable() }),
    answer: subscription,
    problems: { 404: 'not-found', 409: 'paid-time', 422: 'unknown-plan, bad-time' },
    async handle(asked) {
      const { plan, until } = asked.body;
      const untilMs = until === null ? null : Date.parse(until);
      await users.show(asked.parameters.id);
      return await subscriptions.grant(asked.parameters.id, { plan, untilMs }, actorOf(callerOf(asked)));
    },
  });
}

function suspendAction({ users, subscriptions }: AdminUserRoutesParts): HttpRoute {
  return defineAction({
    method: 'PATCH',
    path: '/api/v1/admin/users/:id/subscription',
    operation: 'adminChangeSubscription',
    group,
    summary: 'Suspend a subscription or let it go on',
    description: 'Somebody whose subscription is suspended has what everybody has who pays nothing.',
    access: changing,
    parameters: id,
    body: z.strictObject({ isSuspended: z.boolean() }),
    answer: subscription,
    problems: { 404: 'not-found', 409: 'not-changed' },
    async handle(asked) {
      await users.show(asked.parameters.id);
      const actor = actorOf(callerOf(asked));
      return asked.body.isSuspended
        ? await subscriptions.suspend(asked.parameters.id, actor)
        : await subscriptions.restore(asked.parameters.id, actor);
    },
  });
}
