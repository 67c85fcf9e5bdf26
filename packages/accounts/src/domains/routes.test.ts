import assert from 'node:assert/strict';
import type { Caller } from '@nostrata/http';
import { onEachEngine } from '../test-engines.ts';
import { createTestHttp } from '../test-http.ts';
import { limits } from './limits.ts';
import { createDomainRoutes } from './routes.ts';
import { createTestHouse } from './test-house.ts';

const law = await onEachEngine();

const callerOf = (userId: string): Caller => ({
  userId,
  pubkey: undefined,
  role: 'user',
  by: 'session',
  credential: 'ses_1',
  scopes: undefined,
  rate: { name: 'free', requestsMax: 0, windowMs: 1000 },
});

law('a domain goes over HTTP from the claim to its end, with its live status', async (database) => {
  await using house = await createTestHouse(database);
  const send = createTestHttp(createDomainRoutes({ domains: house.domains }));
  const caller = callerOf('ann');
  const made = await send({ target: '/api/v1/domains', body: { host: 'Bücher.de' }, caller });
  assert.equal(made.status, 201);
  const domain = made.json<{ id: string; proof: { txtName: string; txtValue: string } }>();
  assert.deepEqual(made.json(), {
    id: domain.id,
    host: 'xn--bcher-kva.de',
    unicode: 'bücher.de',
    state: 'pending',
    method: null,
    proof: {
      txtName: '_nostrata.xn--bcher-kva.de',
      txtValue: domain.proof.txtValue,
      fileUrl: 'https://xn--bcher-kva.de/.well-known/nostrata.txt',
      fileBody: `${domain.proof.txtValue}\n`,
    },
    verifiedAt: null,
    checkedAt: null,
    nextCheckAt: null,
    lastFailure: null,
  });
  assert.equal((await send({ target: '/api/v1/domains', body: { host: 'bücher.de' }, caller })).status, 200);
  house.dns.set(domain.proof.txtName, [
    { type: 'TXT', texts: ['a'] },
    { type: 'TXT', texts: ['b'] },
  ]);
  const check = { target: `/api/v1/domains/${domain.id}/check`, method: 'POST', caller };
  const first = (await send(check)).json<{ state: string; check: { state: string; dns: { message: string } } }>();
  assert.equal(first.check.dns.message, `found 2 TXT records at ${domain.proof.txtName}, none of them is this one`);
  assert.equal(first.state, 'pending');
  const early = await send(check);
  assert.equal(early.status, 429);
  house.clock.advance(limits.checkIntervalMs);
  house.dns.set(domain.proof.txtName, [{ type: 'TXT', texts: [domain.proof.txtValue] }]);
  const proven = (await send(check)).json<{ state: string; verifiedAt: string; check: { state: string } }>();
  assert.deepEqual([proven.state, proven.check.state], ['verified', 'found']);
  assert.equal(proven.verifiedAt, new Date(house.clock.now()).toISOString());
  const list = (await send({ target: '/api/v1/domains', caller })).json<{ items: { id: string }[] }>();
  assert.deepEqual(
    list.items.map(({ id }) => id),
    [domain.id],
  );
  assert.equal((await send({ target: `/api/v1/domains/${domain.id}`, method: 'DELETE', caller })).status, 204);
  assert.equal((await send({ target: `/api/v1/domains/${domain.id}`, caller })).status, 404);
});

law("what is somebody else's is 404 on every route, and nothing of it changes", async (database) => {
  await using house = await createTestHouse(database);
  const send = createTestHttp(createDomainRoutes({ domains: house.domains }));
  const mine = await house.prove('ann', 'example.com');
  const before = JSON.stringify(await database.query('SELECT * FROM domain'));
  const target = `/api/v1/domains/${mine.id}`;
  for (const request of [{ target }, { target: `${target}/check`, method: 'POST' }, { target, method: 'DELETE' }]) {
    const reply = await send({ ...request, caller: callerOf('eve') });
    const missing = await send({
      ...request,
      target: request.target.replace(mine.id, 'dom_none'),
      caller: callerOf('eve'),
    });
    assert.equal(reply.status, 404);
    assert.equal(reply.text, missing.text);
    assert.equal((await send(request)).status, 401);
  }
  assert.deepEqual((await send({ target: '/api/v1/domains', caller: callerOf('eve') })).json(), { items: [] });
  assert.equal(JSON.stringify(await database.query('SELECT * FROM domain')), before);
});

law('bodies are just what they should be, and API keys need their scope', async (database) => {
  await using house = await createTestHouse(database);
  const send = createTestHttp(createDomainRoutes({ domains: house.domains }));
  const caller = callerOf('ann');
  const bodies = [
    {},
    { host: 1 },
    { host: '' },
    { host: 'example.com', user: 'bob' },
    { host: 'a\0.com' },
    { host: 'x'.repeat(300) },
    [],
    'null',
    '{',
    { host: ['example.com'] },
    { host: '10.0.0.1' },
    { host: 'example.com:80' },
  ];
  for (const body of bodies) {
    const headers = { 'content-type': 'application/json' };
    const { status } = await send({ target: '/api/v1/domains', method: 'POST', body, headers, caller });
    assert.equal(status, 400, JSON.stringify(body));
  }
  for (const host of ['co.uk', 'nostrata.example.org', 'nas.local']) {
    assert.equal((await send({ target: '/api/v1/domains', body: { host }, caller })).status, 422, host);
  }
  const key = { ...caller, by: 'api-key' as const, credential: 'key_1', scopes: new Set(['domains:read']) };
  assert.equal((await send({ target: '/api/v1/domains', caller: key })).status, 200);
  assert.equal((await send({ target: '/api/v1/domains', body: { host: 'example.com' }, caller: key })).status, 403);
  const writing = { ...key, scopes: new Set(['domains:write']) };
  assert.equal((await send({ target: '/api/v1/domains', body: { host: 'example.com' }, caller: writing })).status, 201);
  const [entry] = await database.query<{ actor: string }>('SELECT actor FROM audit_log');
  assert.equal(entry?.actor, 'key:key_1');
});

law('a proxy learns of proven domains alone that they are served', async (database) => {
  await using house = await createTestHouse(database);
  const send = createTestHttp(createDomainRoutes({ domains: house.domains }));
  const mine = await house.prove('ann', 'example.com');
  await house.domains.claim({ userId: 'eve', actor: 'user:eve' }, 'other.example.com');
  const statusOf = async (domain: string) =>
    (await send({ target: `/api/v1/hosts/served?domain=${encodeURIComponent(domain)}` })).status;
  assert.equal(await statusOf('Example.com'), 200);
  assert.equal(await statusOf('other.example.com'), 404);
  assert.equal(await statusOf('www.example.com'), 404);
  assert.equal(await statusOf('10.0.0.1'), 400);
  await house.domains.remove({ userId: 'ann', actor: 'user:ann' }, mine.id);
  assert.equal(await statusOf('example.com'), 404);
});
