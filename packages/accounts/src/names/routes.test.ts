import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import type { Caller } from '@nostrata/http';
import { createKeys } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { createTestHttp, type TestRequest } from '../test-http.ts';
import type { NameUser } from './contract.ts';
import { createNameRoutes } from './routes.ts';
import { createTown } from './test-town.ts';

const law = await onEachEngine();

/** Whatever a JSON body holds; tests look into it. */
interface Json {
  readonly [name: string]: Json;
}

function callerFor({ userId, pubkey, role }: NameUser, scopes?: readonly string[]): Caller {
  const rate = { name: 'free', requestsMax: 0, windowMs: 1000 };
  const by = scopes ? 'api-key' : 'session';
  return { userId, pubkey, role, by, credential: 'ses_1', scopes: scopes && new Set(scopes), rate };
}

async function open(database: Database) {
  const town = await createTown(database);
  const routes = createNameRoutes({ names: town.names });
  const http = createTestHttp(routes);
  const ask = async (user: NameUser, asked: TestRequest) => await http({ ...asked, caller: callerFor(user) });
  const lookUp = async (query: string, more: Omit<TestRequest, 'target'> = {}) =>
    await http({ target: `/.well-known/nostr.json${query}`, ...more });
  return { town, routes, http, ask, lookUp };
}

law('the log says by which key a name was registered and given up', async (database) => {
  const { town, http } = await open(database);
  const ann = await town.user('ann');
  town.plans.set(ann.userId, { names: 1, until: null });
  const caller = { ...callerFor(ann, ['names:write']), credential: 'key_1' };
  const made = await http({ target: '/api/v1/names', body: { name: 'alice' }, caller });
  assert.equal(made.status, 201);
  const target = `/api/v1/names/${String(made.json<Json>().name?.id)}`;
  assert.equal((await http({ method: 'DELETE', target, caller })).status, 204);
  const rows = await database.query('SELECT DISTINCT actor FROM audit_log');
  assert.deepEqual(
    rows.map(({ actor }) => actor),
    ['key:key_1'],
  );
});

law('a name is bought, served and given up through the API', async (database) => {
  const { town, ask, lookUp } = await open(database);
  const ann = await town.user('ann');
  const checked = await ask(ann, { target: '/api/v1/names/check?name=Alice&host=example.com' });
  assert.deepEqual(checked.json<Json>(), {
    address: 'alice@example.com',
    available: true,
    reason: null,
    rule: 'standard',
    price: { msat: 21_000_000 },
    coveredByPlan: false,
  });
  const relays = ['wss://relay.example.com'];
  const made = await ask(ann, { target: '/api/v1/names', body: { name: 'Alice', relays, years: 1 } });
  assert.equal(made.status, 201);
  assert.equal(made.json<Json>().name?.phase, 'held');
  assert.equal(made.json<Json>().payment?.state, 'pending');
  const id = String(made.json<Json>().name?.id);
  await town.pay(id, ann.userId);
  const served = await lookUp('?name=alice');
  assert.deepEqual(served.json<Json>(), { names: { alice: ann.pubkey }, relays: { [ann.pubkey]: relays } });
  const changed = await ask(ann, { target: `/api/v1/names/${id}`, method: 'PATCH', body: { relays: [] } });
  assert.deepEqual(changed.json<Json>().relays, []);
  assert.deepEqual((await lookUp('?name=alice')).json<Json>(), { names: { alice: ann.pubkey } });
  const renewed = await ask(ann, { target: `/api/v1/names/${id}/renew`, body: { years: 2 } });
  assert.equal(renewed.json<Json>().payment?.state, 'pending');
  const to = createKeys('ann later').pubkey;
  const event = town.order('ann', { action: 'rekey', id, address: 'alice@example.com', to });
  const rekeyed = await ask(ann, { target: `/api/v1/names/${id}/rekey`, body: { event } });
  assert.equal(rekeyed.json<Json>().pubkey, to);
  const whats = (await ask(ann, { target: `/api/v1/names/${id}/history` })).json<Json>().items as unknown as {
    what: string;
  }[];
  assert.deepEqual(whats.map(({ what }) => what).toSorted(), ['held', 'paid', 'rekeyed']);
  assert.equal((await ask(ann, { target: '/api/v1/names' })).json<Json>().items?.length, 1);
  const gone = await ask(ann, { target: `/api/v1/names/${id}`, method: 'DELETE' });
  assert.equal(gone.status, 204);
  assert.equal((await ask(ann, { target: `/api/v1/names/${id}` })).json<Json>().phase, 'quarantine');
  assert.deepEqual((await lookUp('?name=alice')).json<Json>(), { names: {} });
});

law(
  'nostr.json answers one name by host, for pages of any origin, with what has not changed said in short',
  async (database) => {
    const { town, ask, lookUp, routes } = await open(database);
    const ann = await town.user('ann');
    town.plans.set(ann.userId, { names: 2, until: null });
    await ask(ann, { target: '/api/v1/names', body: { name: 'alice' } });
    const full = await lookUp('?name=alice&_=12345');
    assert.equal(full.status, 200);
    assert.equal(full.headers.get('access-control-allow-origin'), '*');
    assert.equal(full.headers.get('content-type'), 'application/json; charset=utf-8');
    const age = Number(/max-age=(\d+)/.exec(full.headers.get('cache-control') ?? '')?.[1]);
    assert.ok(age >= 60 && age <= 300);
    const etag = full.headers.get('etag') ?? '';
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await lookUp('?name=alice', { headers: { 'If-None-Match': given } });
      assert.equal(same.status, 304);
      assert.equal(same.text, '');
      assert.equal(same.headers.get('access-control-allow-origin'), '*');
    }
    assert.equal((await lookUp('?name=alice', { headers: { 'If-None-Match': '"other"' } })).status, 200);
    assert.deepEqual((await lookUp('?name=ALICE', { host: 'example.com:443' })).json<Json>(), {
      names: { alice: ann.pubkey },
    });
    for (const name of [
      'nobody',
      '__proto__',
      'constructor',
      'a%00b',
      '%E2%84%AAarl',
      'x'.repeat(5000),
      '*',
      '%25',
      "'--",
    ]) {
      const { status, text } = await lookUp(`?name=${name}`);
      assert.equal(status, 200, name);
      assert.equal(text, '{"names":{}}', name);
    }
    for (const host of ['second.example.com', 'elsewhere.example', 'example.com.evil.example', '[::1]:80', '']) {
      assert.equal((await lookUp('?name=alice', { host })).text, '{"names":{}}', host);
    }
    for (const query of ['', '?name=', '?name=alice&name=bob', '?nama=alice']) {
      const refused = await lookUp(query);
      assert.equal(refused.status, 400, query);
      assert.equal(refused.headers.get('access-control-allow-origin'), '*');
      assert.ok(!refused.text.includes(ann.pubkey));
    }
    const [route] = routes;
    assert.equal(route?.isCounted, false);
  },
);

law('names of the prototype are served to those who have them', async (database) => {
  const { town, lookUp, ask } = await open(database);
  const ann = await town.user('ann');
  town.plans.set(ann.userId, { names: 2, until: null });
  assert.equal((await ask(ann, { target: '/api/v1/names', body: { name: 'constructor' } })).status, 201);
  assert.equal((await lookUp('?name=constructor')).text, `{"names":{"constructor":"${ann.pubkey}"}}`);
  const refused = await ask(ann, { target: '/api/v1/names', body: { name: '__proto__' } });
  assert.equal(refused.status, 400);
});

law('names of others are not found on any route, and nobody comes in without signing in', async (database) => {
  const { town, ask, http, routes } = await open(database);
  const [ann, bob] = [await town.user('ann'), await town.user('bob')];
  town.plans.set(ann.userId, { names: 1, until: null });
  const made = await ask(ann, { target: '/api/v1/names', body: { name: 'alice' } });
  const id = String(made.json<Json>().name?.id);
  const bodies: Record<string, unknown> = {
    PATCH: { relays: [] },
    renew: { years: 1 },
    transfer: { event: town.order('bob', { action: 'transfer', id, address: 'alice@example.com', to: bob.pubkey }) },
    rekey: { event: town.order('bob', { action: 'rekey', id, address: 'alice@example.com', to: bob.pubkey }) },
  };
  const own = routes.filter(({ path }) => path.includes('/:id'));
  assert.equal(own.length, 7);
  for (const { method, path } of own) {
    const body = bodies[method] ?? bodies[path.split('/').at(-1) ?? ''];
    const target = path.replace(':id', id);
    const others = await ask(bob, { target, method, body });
    const nobodys = await ask(bob, { target: path.replace(':id', `nam_${'x'.repeat(20)}`), method, body });
    assert.equal(others.status, 404, `${method} ${path}`);
    assert.deepEqual(others.json<Json>(), nobodys.json<Json>(), `${method} ${path}`);
    assert.equal((await http({ target, method, body })).status, 401, `${method} ${path}`);
  }
  assert.equal((await ask(ann, { target: `/api/v1/names/${id}` })).json<Json>().phase, 'active');
});

law('an API key does what its scopes say, and never what is kept for admins', async (database) => {
  const { town, http } = await open(database);
  const admin = await town.user('root', 'admin');
  const asKey = async (scopes: string[], asked: TestRequest) =>
    await http({ ...asked, caller: callerFor(admin, scopes) });
  assert.equal((await asKey(['names:read'], { target: '/api/v1/names' })).status, 200);
  assert.equal((await asKey([], { target: '/api/v1/names' })).status, 403);
  assert.equal((await asKey(['names:read'], { target: '/api/v1/names', body: { name: 'alice' } })).status, 403);
  const root = await asKey(['names:write'], { target: '/api/v1/names', body: { name: '_' } });
  assert.equal(root.json<Json>().error, 'name-reserved');
});

law('what is not as it should be is refused before anything happens', async (database) => {
  const { town, ask, http } = await open(database);
  const ann = await town.user('ann');
  for (const body of [
    {},
    { name: '' },
    { name: 'alice', years: 0 },
    { name: 'alice', years: 11 },
    { name: 'alice', years: 1.5 },
    { name: 'alice', pubkey: 'npub1' },
    { name: 'alice', relays: Array.from({ length: 11 }, (_, index) => `wss://${index}.example.com`) },
    { name: 'alice', isAdmin: true },
    { name: 'alice', coverage: 'granted' },
    { name: 'al\u0000ice' },
    { name: '\u0430lice' },
    { name: ['alice'] },
    'not json',
  ]) {
    assert.ok([400, 415].includes((await ask(ann, { target: '/api/v1/names', body })).status), JSON.stringify(body));
  }
  assert.equal((await database.query('SELECT id FROM name')).length, 0);
  const unusable = await http({ target: '/api/v1/names/check?name=a--b' });
  assert.equal(unusable.json<Json>().available, false);
  assert.match(String(unusable.json<Json>().reason), /alone/);
  assert.equal((await http({ target: '/api/v1/names/check?name=alice&host=nowhere.example' })).status, 404);
  assert.equal((await http({ target: '/api/v1/names/verify?address=bob' })).status, 400);
  const verified = await http({ target: '/api/v1/names/verify?address=bob@elsewhere.example' });
  assert.equal(verified.json<Json>().state, 'unreachable');
  const audited = await http({ target: '/api/v1/names/audit?host=elsewhere.example' });
  assert.deepEqual(audited.json<Json>().checks?.[0]?.ok, false);
  const json = (await http({ target: '/api/v1/names/hosts' })).json<Json>();
  assert.equal(json.items?.length, 2);
  assert.equal(json.prices?.length, 3);
});
