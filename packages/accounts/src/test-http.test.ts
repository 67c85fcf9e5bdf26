import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Caller, callerOf, defineAction, type HttpRoute } from '@nostrata/http';
import { z } from 'zod';
import { onEachEngine } from './test-engines.ts';
import { createTestHttp } from './test-http.ts';

const law = await onEachEngine();

const common = { group: 'Test', summary: 'Test', description: 'Test', answer: z.unknown() };

const routes: HttpRoute[] = [
  defineAction({
    ...common,
    method: 'POST',
    path: '/things/:id',
    operation: 'touchThing',
    access: { kind: 'user', scope: 'things:write' },
    parameters: z.object({ id: z.string(), q: z.string().optional() }),
    body: z.strictObject({ text: z.string().max(5) }),
    handle: async ({ parameters, body, caller }) => ({ ...parameters, ...body, userId: callerOf({ caller }).userId }),
  }),
];

const caller: Caller = {
  userId: 'usr_1',
  pubkey: undefined,
  role: 'user',
  by: 'session',
  credential: 'ses_1',
  scopes: undefined,
  rate: { name: 'free', requestsMax: 0, windowMs: 1000 },
};

test('the harness serves routes with path, query, body, access and problems as a server does', async () => {
  const send = createTestHttp(routes);
  const good = await send({ target: '/things/a%20b?q=1', body: { text: 'hello' }, caller });
  assert.deepEqual(good.json(), { id: 'a b', q: '1', text: 'hello', userId: 'usr_1' });
  assert.equal((await send({ target: '/things/a', body: { text: 'hello' } })).status, 401);
  assert.equal((await send({ target: '/things/a', body: { text: 'too long' }, caller })).status, 400);
  assert.equal((await send({ target: '/things/a', method: 'GET', caller })).status, 404);
  const key = { ...caller, by: 'api-key' as const, scopes: new Set(['things:read']) };
  assert.equal((await send({ target: '/things/a', body: { text: 'a' }, caller: key })).status, 403);
});

law('the tables of accounts are made', async (database) => {
  assert.deepEqual(await database.query('SELECT id FROM account_user'), []);
});
