import assert from 'node:assert/strict';
import type { Caller } from '@nostrata/http';
import { onEachEngine } from '../test-engines.ts';
import type { ShownHook } from './hooks.ts';
import { createWorld, owner } from './test-world.ts';

const law = await onEachEngine();

const nobody = async (): Promise<never> => {
  throw new Error('nothing is sent here');
};
const sessionOf = (userId: string): Caller => ({
  userId,
  pubkey: undefined,
  role: 'user',
  by: 'session',
  credential: 'ses_1',
  scopes: undefined,
  rate: { name: 'pro', requestsMax: 0, windowMs: 1 },
});
const alice = sessionOf('usr_alice');
const bob = sessionOf('usr_bob');
const body = { url: 'https://shop.example/hook#part', topics: ['payment.settled', 'key.revoked'] };
const target = '/api/v1/hooks';

law('hooks are set up, listed, changed, rotated, tried and removed over HTTP', async (database) => {
  const { send } = await createWorld(database, nobody);
  const made = await send({ target, body, caller: alice });
  assert.equal(made.status, 201);
  const { secret, ...answer } = made.json<ShownHook>();
  assert.match(secret, /^whsec_/);
  assert.deepEqual([answer.url, answer.topics], ['https://shop.example/hook', ['key.revoked', 'payment.settled']]);
  assert.deepEqual((await send({ target, caller: alice })).json(), { items: [answer] });
  const place = `${target}/${answer.id}`;
  const rotated = await send({ target: `${place}/rotate`, body: {}, caller: alice });
  assert.notEqual(rotated.json<ShownHook>().secret, secret);
  assert.equal((await send({ target: `${place}/test`, body: {}, caller: alice })).status, 202);
  const [delivery] = (await send({ target: `${place}/deliveries`, caller: alice })).json<{ items: unknown[] }>().items;
  assert.equal((delivery as { topic: string }).topic, 'hook.test');
  const off = await send({ method: 'PATCH', target: place, body: { state: 'disabled' }, caller: alice });
  assert.deepEqual(off.json(), { ...answer, state: 'disabled' });
  assert.equal((await send({ target: `${place}/test`, body: {}, caller: alice })).status, 409);
  assert.equal((await send({ method: 'DELETE', target: place, caller: alice })).status, 204);
  assert.equal((await send({ method: 'DELETE', target: place, caller: alice })).status, 404);
  assert.equal((await database.query('SELECT id FROM hook_delivery')).length, 0);
  const rows = await database.query<{ action: string }>('SELECT action FROM audit_log ORDER BY seq');
  const actions = ['hook.created', 'hook.rotated', 'hook.changed', 'hook.removed'];
  assert.deepEqual(
    rows.map(({ action }) => action),
    actions,
  );
});

const plain = { ...body, url: 'http://127.0.0.1:8080/hook' };

law('a hook needs TLS', async (database) => {
  const { send, hooks } = await createWorld(database, nobody);
  assert.equal((await send({ target, body: plain, caller: alice })).status, 400);
  const { id } = await hooks.create(owner, body);
  const change = { method: 'PATCH', target: `${target}/${id}`, body: { url: plain.url }, caller: alice };
  assert.equal((await send(change)).status, 400);
});

law('an installation on trial takes hooks without TLS', async (database) => {
  const { send } = await createWorld(database, nobody, { allowLocalHosts: true });
  assert.equal((await send({ target, body: plain, caller: alice })).status, 201);
  assert.equal((await send({ target, body: { ...plain, url: 'ftp://127.0.0.1/' }, caller: alice })).status, 400);
});

law('the secret of a hook is nowhere in the database', async (database) => {
  const { hooks } = await createWorld(database, nobody);
  const { secret } = await hooks.create(owner, body);
  const forms = [secret.slice(6, 40), Buffer.from(secret.slice(6), 'base64').toString('hex')];
  for (const table of ['hook', 'audit_log']) {
    const text = JSON.stringify(await database.query(`SELECT * FROM ${table}`));
    for (const form of forms) assert.equal(text.includes(form), false, table);
  }
});

law('a key manages hooks with its scope alone, and the log names the key', async (database) => {
  const { send } = await createWorld(database, nobody);
  const key = { ...alice, by: 'api-key', credential: 'key_1' } as const;
  assert.equal((await send({ target, body, caller: { ...key, scopes: new Set(['names:write']) } })).status, 403);
  assert.equal((await send({ target, body, caller: { ...key, scopes: new Set(['hooks:write']) } })).status, 201);
  const rows = await database.query('SELECT actor FROM audit_log');
  assert.deepEqual(rows.map(Object.values), [['key:key_1']]);
});

law('twenty hooks set up at once are never more than the plan has room for', async (database) => {
  const { hooks } = await createWorld(database, nobody);
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => hooks.create(owner, body)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 3);
  assert.equal((await hooks.list(owner.userId)).length, 3);
});

law('the hooks of others are not there', async (database) => {
  const { send, hooks } = await createWorld(database, nobody);
  const { id } = await hooks.create(owner, body);
  for (const place of [`${target}/${id}`, `${target}/hok_nobody`]) {
    const asked = [
      { method: 'PATCH', target: place, body: { url: 'https://bob.example/' } },
      { method: 'DELETE', target: place },
      { target: `${place}/rotate`, body: {} },
      { target: `${place}/test`, body: {} },
      { target: `${place}/deliveries` },
    ];
    for (const request of asked) {
      const { status, text } = await send({ ...request, caller: bob });
      assert.deepEqual(
        [status, text],
        [404, '{"error":"not-found","message":"you have no such webhook"}'],
        request.target,
      );
      assert.equal((await send(request)).status, 401);
    }
  }
  assert.equal((await hooks.list(owner.userId))[0]?.url, 'https://shop.example/hook');
});

law('what is not as it should be is refused with 400', async (database) => {
  const { send } = await createWorld(database, nobody);
  const urls = [
    'http://shop.example/',
    'ftp://a.example',
    'shop.example',
    '',
    'https://u:p@a.example/',
    'javascript:1',
  ];
  const wrong = [
    ...urls.map((url) => ({ ...body, url })),
    { ...body, url: `https://a.example/${'a'.repeat(500)}` },
    { ...body, topics: [] },
    { ...body, topics: ['everything'] },
    { ...body, topics: ['hook.test'] },
    { ...body, secret: 'mine' },
    {},
  ];
  for (const bad of wrong) {
    assert.equal((await send({ target, body: bad, caller: alice })).status, 400, JSON.stringify(bad));
  }
  assert.equal((await database.query('SELECT id FROM hook')).length, 0);
});
