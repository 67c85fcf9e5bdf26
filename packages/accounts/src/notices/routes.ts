import { type Caller, callerOf, defineAction, type HttpRoute, Reply } from '@nostrata/http';
import { z } from 'zod';
import { actorOf } from '../users.ts';
import { type HookOwner, type HookPlace, type Hooks, topics } from './hooks.ts';
import { urlCharsMax } from './limits.ts';

/** What the routes of webhooks serve. */
export interface HookRoutesParts {
  readonly hooks: Hooks;
}

const group = 'Webhooks';
const access = { kind: 'user', scope: 'hooks:write' } as const;

const time = z.string().describe('ISO 8601, UTC');
const hookAnswer = z.object({
  id: z.string(),
  url: z.string(),
  topics: z.array(z.string()),
  state: z.enum(['active', 'disabled']),
  createdAt: time,
  failingSince: time.nullable().describe('Since when no delivery succeeded; after five days it is switched off'),
});
const shownHook = hookAnswer.extend({
  secret: z.string().describe('What deliveries are signed with, `whsec_…` of Standard Webhooks; never shown again'),
});
const deliveryAnswer = z.object({
  id: z.string(),
  topic: z.string(),
  state: z.enum(['waiting', 'delivered', 'failed', 'cancelled']),
  attempts: z.int(),
  createdAt: time,
  nextAt: time.nullable(),
  lastStatus: z.int().nullable(),
  lastFailure: z.string().nullable().describe('`status`, or a word for why no answer came: `timeout`, `redirect` …'),
  doneAt: time.nullable(),
});

const id = z.object({ id: z.string().max(40) });
const url = z.string().max(urlCharsMax).describe('https; redirects are not followed');
const wanted = z.array(z.enum(topics)).min(1).max(topics.length);

/** The routes of webhooks. */
export function createHookRoutes(parts: HookRoutesParts): HttpRoute[] {
  return [
    listAction(parts),
    createAction(parts),
    changeAction(parts),
    rotateAction(parts),
    removeAction(parts),
    testAction(parts),
    deliveriesAction(parts),
  ];
}

function listAction({ hooks }: HookRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/hooks',
    operation: 'listHooks',
    group,
    summary: 'Your webhooks',
    description: 'The oldest first: where a plan has room for fewer than there are, it is these that are told.',
    access,
    answer: z.object({ items: z.array(hookAnswer) }),
    handle: async (asked) => ({ items: await hooks.list(callerOf(asked).userId) }),
  });
}

function createAction({ hooks }: HookRoutesParts): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/hooks',
    operation: 'createHook',
    group,
    summary: 'Set up a webhook',
    description: `Each notice is sent as POST with JSON, signed as Standard Webhooks says: \`webhook-signature\` is \`v1,\` and
the HMAC-SHA256 of \`webhook-id.webhook-timestamp.body\` in base64. It is sent again for a day and a half until it is
answered with a status of 200 to 299, so it may come twice: tell by \`webhook-id\`. 410 switches the webhook off.`,
    access,
    body: z.strictObject({ url, topics: wanted }),
    answer: shownHook,
    problems: { 400: 'bad-url', 403: 'too-many-hooks, suspended' },
    handle: async (asked) => new Reply({ status: 201, answer: await hooks.create(ownerOf(asked), asked.body) }),
  });
}

function changeAction({ hooks }: HookRoutesParts): HttpRoute {
  return defineAction({
    method: 'PATCH',
    path: '/api/v1/hooks/:id',
    operation: 'changeHook',
    group,
    summary: 'Change a webhook, or switch it off or on',
    description: 'What is not named stays as it is. What waits for a webhook that is switched off is not sent later.',
    access,
    parameters: id,
    body: z.strictObject({
      url: url.optional(),
      topics: wanted.optional(),
      state: z.enum(['active', 'disabled']).optional(),
    }),
    answer: hookAnswer,
    problems: { 400: 'bad-url', 404: 'not-found' },
    handle: async (asked) => await hooks.change(placeOf(asked), asked.body),
  });
}

function rotateAction({ hooks }: HookRoutesParts): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/hooks/:id/rotate',
    operation: 'rotateHookSecret',
    group,
    summary: 'Give a webhook another secret',
    description: 'For a day deliveries carry two signatures, of the new secret and of the one before.',
    access,
    parameters: id,
    body: z.strictObject({}),
    answer: shownHook,
    problems: { 404: 'not-found' },
    handle: async (asked) => new Reply({ status: 201, answer: await hooks.rotate(placeOf(asked)) }),
  });
}

function removeAction({ hooks }: HookRoutesParts): HttpRoute {
  return defineAction({
    method: 'DELETE',
    path: '/api/v1/hooks/:id',
    operation: 'removeHook',
    group,
    summary: 'Remove a webhook',
    description: 'With its deliveries; what is on its way may still arrive.',
    access,
    parameters: id,
    answer: z.undefined(),
    problems: { 404: 'not-found' },
    handle: async (asked) => await hooks.remove(placeOf(asked)),
  });
}

function testAction({ hooks }: HookRoutesParts): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/hooks/:id/test',
    operation: 'testHook',
    group,
    summary: 'Send a webhook something',
    description: 'A delivery of the topic `hook.test`, tried once. How it went is in the list of deliveries.',
    access,
    parameters: id,
    body: z.strictObject({}),
    answer: z.object({ delivery: z.string() }),
    problems: { 404: 'not-found', 409: 'hook-disabled', 429: 'rate-limited' },
    handle: async (asked) => new Reply({ status: 202, answer: { delivery: await hooks.test(placeOf(asked)) } }),
  });
}

function deliveriesAction({ hooks }: HookRoutesParts): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/hooks/:id/deliveries',
    operation: 'listHookDeliveries',
    group,
    summary: 'How the deliveries of a webhook went',
    description: 'The newest hundred of the last 30 days.',
    access,
    parameters: id,
    answer: z.object({ items: z.array(deliveryAnswer) }),
    problems: { 404: 'not-found' },
    handle: async (asked) => ({ items: await hooks.deliveries(placeOf(asked)) }),
  });
}

function ownerOf(asked: { readonly caller: Caller | undefined }): HookOwner {
  const caller = callerOf(asked);
  return { userId: caller.userId, actor: actorOf(caller) };
}

function placeOf(asked: {
  readonly caller: Caller | undefined;
  readonly parameters: { readonly id: string };
}): HookPlace {
  return { ...ownerOf(asked), id: asked.parameters.id };
}
