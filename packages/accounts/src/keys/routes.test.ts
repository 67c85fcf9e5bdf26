import assert from 'node:assert/strict';
import type { Caller } from '@nostrata/http';
import { onEachEngine } from '../test-engines.ts';
import type { ShownKey } from './keys.ts';
import { createWorld } from './test-world.ts';

const law = await onEachEngine();

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
const body = { name: 'k', scopes: ['names:read'] };

law('keys are made, listed, changed, rotated, counted and ended over HTTP', async (database) => {
  const { send, usage } = await createWorld(database);
  const made = await send({ target: '/api/v1/keys', body, caller: alice });
  assert.equal(made.status, 201);
  assert.equal(made.headers.get('cache-control'), 'no-store');
  const { key, ...answer } = made.json<ShownKey>();
  assert.deepEqual((await send({ target: '/api/v1/keys', caller: alice })).json(), { items: [answer] });
  const target = `/api/v1/keys/${answer.id}`;
  const changed = await send({ method: 'PATCH', target, body: { name: 'new' }, caller: alice });
  assert.deepEqual(changed.json(), { ...answer, name: 'new' });
  usage.count({ ...alice, by: 'api-key', credential: answer.id }, 'GET /things', 429);
  await usage.flush();
  assert.deepEqual((await send({ target: `${target}/usage`, caller: alice })).json(), {
    items: [{ hour: '2026-03-01T10:00:00.000Z', requests: 1, refused: 1, routes: { 'GET /things': 1 } }],
    total: 1,
  });
  assert.equal((await send({ target: `${target}/rotate`, body: {}, caller: alice })).status, 201);
  assert.equal((await send({ method: 'DELETE', target, caller: alice })).status, 204);
  assert.equal((await send({ method: 'DELETE', target, caller: alice })).status, 204);
  assert.match(key, /^nst_live_/);
});

law('a key manages no keys, whatever its scopes: who found one cannot make another', async (database) => {
  const { send, keys, setUser } = await createWorld(database);
  await setUser('usr_alice', 'role', 'admin');
  const { key, id } = await keys.create('usr_alice', {
    name: 'k',
    scopes: ['names:read', 'admin:read', 'admin:write'],
  });
  const headers = { Authorization: `Bearer ${key}` };
  const asked = [
    { target: '/api/v1/keys' },
    { target: '/api/v1/keys', body },
    { target: `/api/v1/keys/${id}/rotate`, body: {} },
    { method: 'PATCH', target: `/api/v1/keys/${id}`, body: { scopes: ['names:read'] } },
    { method: 'DELETE', target: `/api/v1/keys/${id}` },
    { target: `/api/v1/keys/${id}/usage` },
  ];
  for (const request of asked) {
    assert.equal((await send({ ...request, headers })).status, 403, request.target);
    assert.equal((await send(request)).status, 401, request.target);
  }
});

law('the keys of others are not there', async (database) => {
  const { send, keys } = await createWorld(database);
  const made = await keys.create('usr_alice', { name: 'k', scopes: ['names:read'] });
  for (const id of [made.id, 'key_nobody']) {
    const target = `/api/v1/keys/${id}`;
    const asked = [
      { target: `${target}/rotate`, body: {} },
      { method: 'PATCH', target, body: { name: 'mine' } },
      { method: 'DELETE', target },
      { target: `${target}/usage` },
    ];
    for (const request of asked) {
      const { status, text } = await send({ ...request, caller: bob });
      assert.deepEqual([status, text], [404, '{"error":"not-found","message":"you have no such key"}'], request.target);
    }
  }
  assert.deepEqual((await send({ target: '/api/v1/keys', caller: bob })).json(), { items: [] });
  const [untouched] = await keys.list('usr_alice');
  assert.deepEqual([untouched?.name, untouched?.revokedAt, untouched?.replacedBy], ['k', null, null]);
});

law('what is not as it should be is refused with 400, and nothing is made', async (database) => {
  const { send } = await createWorld(database);
  const wrong = [
    {},
    { ...body, name: '' },
    { ...body, name: '   ' },
    { ...body, name: 'a\u0000b' },
    { ...body, name: 'a'.repeat(61) },
    { ...body, scopes: [] },
    { ...body, scopes: ['root'] },
    { ...body, scopes: 'names:read' },
    { ...body, addresses: ['example.com'] },
    { ...body, addresses: Array(21).fill('10.0.0.1') },
    { ...body, expiresAt: '2026-03-01T10:29:59Z' },
    { ...body, expiresAt: '2032-01-01T00:00:00Z' },
    { ...body, expiresAt: 'tomorrow' },
    { ...body, userId: 'usr_bob' },
    { ...body, role: 'admin' },
  ];
  for (const bad of wrong) {
    const { status } = await send({ target: '/api/v1/keys', body: bad, caller: alice });
    assert.equal(status, 400, JSON.stringify(bad));
  }
  const { id } = (await send({ target: '/api/v1/keys', body, caller: alice })).json<ShownKey>();
  for (const query of [
    'since=never',
    'since=2026-01-01T00:00:00Z',
    'until=2026-03-01T00:00:00Z&since=2026-03-02T00:00:00Z',
  ]) {
    const { status } = await send({ target: `/api/v1/keys/${id}/usage?${query}`, caller: alice });
    assert.equal(status, 400, query);
  }
  assert.deepEqual((await database.query('SELECT COUNT(*) AS keys FROM api_key'))[0]?.keys, 1);
});
