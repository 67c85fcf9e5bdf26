import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import type { HttpRoute } from '@nostrata/http';
import { parseInvoice } from '@nostrata/protocol';
import type { PaymentAnswer } from './contract.ts';
import type { RegisterAnswer } from './names/contract.ts';
import { onEachEngine } from './test-engines.ts';
import { type Installation, openInstallation } from './test-installation.ts';

const law = await onEachEngine();

/** What somebody has, by the beginning of the paths that name it. */
type Owned = Readonly<Record<string, string>>;

/** Gives somebody one of everything that has an id. */
async function equip(house: Installation, token: string): Promise<Owned> {
  const open = async (purchase: object): Promise<PaymentAnswer> => {
    const { body } = await house.send<PaymentAnswer>('/api/v1/payments', { token, body: { purchase } });
    const { paymentHash } = parseInvoice(body.bolt11 ?? '') ?? {};
    await house.lnbits.pay(paymentHash ?? '');
    return (await house.send<PaymentAnswer>(`/api/v1/payments/${body.id}/check`, { token, body: {} })).body;
  };
  const payment = await open({ kind: 'plan', plan: 'pro', period: 'year' });
  const made = async <Answer extends { id: string }>(target: string, body: object): Promise<string> => {
    const reply = await house.send<Answer>(target, { token, body });
    assert.equal(reply.status, 201, `${target}: ${JSON.stringify(reply.body)}`);
    return reply.body.id;
  };
  const name = await house.send<RegisterAnswer>('/api/v1/names', { token, body: { name: 'treasure' } });
  const sessions = await house.send<{ items: { id: string }[] }>('/api/v1/auth/sessions', { token });
  return {
    '/api/v1/payments/': payment.id,
    '/api/v1/receipts/': payment.receipt ?? assert.fail(),
    '/api/v1/names/': name.body.name.id,
    '/api/v1/keys/': await made('/api/v1/keys', { name: 'a program', scopes: ['names:read'] }),
    '/api/v1/domains/': await made('/api/v1/domains', { host: 'treasure.example.org' }),
    '/api/v1/hooks/': await made('/api/v1/hooks', { url: 'https://hooks.example.org/', topics: ['name.changed'] }),
    '/api/v1/auth/sessions/': sessions.body.items[0]?.id ?? assert.fail(),
  };
}

/** Routes that name something of one user. A route that nobody thought of here fails the law. */
function routesOfEntities({ accounts }: Installation): HttpRoute[] {
  const isOpen = /^\/(?:api\/v1\/(?:admin|webhooks)\/|\.well-known)/;
  return accounts.routes.filter(({ path }) => path.includes('/:') && !isOpen.test(path));
}

function targetOf({ path }: HttpRoute, owned: Owned): string {
  const prefix = Object.keys(owned).find((known) => path.startsWith(`${known}:`));
  assert.ok(prefix, `nothing is owned that ${path} could name: extend what people are equipped with`);
  return path.replace(/:\w+/, owned[prefix] ?? '');
}

/** Bodies that the schemas of these routes take, so that it is ownership that refuses. */
const bodies: Readonly<Record<string, (house: Installation) => object>> = {
  '/api/v1/names/:id/renew': () => ({ years: 1 }),
  '/api/v1/names/:id/transfer': (house) => ({ event: house.person(2).sign({ kind: 27405, tags: [], content: '' }) }),
  '/api/v1/names/:id/rekey': (house) => ({ event: house.person(2).sign({ kind: 27405, tags: [], content: '' }) }),
  '/api/v1/names/:id': () => ({ relays: ['wss://relay.example.com/'] }),
  '/api/v1/keys/:id': () => ({ name: 'mine now' }),
  '/api/v1/hooks/:id': () => ({ topics: ['payment.settled'] }),
};

function bodyOf(house: Installation, { method, path, bodyBytesMax }: HttpRoute): { readonly body?: object } {
  if (method === 'GET' || bodyBytesMax === 0) return {};
  return { body: bodies[path]?.(house) ?? {} };
}

/** All that could change, without what every request leaves behind. */
async function contents(database: Database): Promise<string> {
  const tables = [
    'name',
    'name_change',
    'domain',
    'api_key',
    'payment',
    'receipt',
    'subscription',
    'hook',
    'refund_owed',
  ];
  const rows = await Promise.all([
    ...tables.map((table) => database.query(`SELECT * FROM ${table}`)),
    database.query('SELECT id, turn, revoked_ms FROM session ORDER BY id'),
    database.query('SELECT seq, action FROM audit_log ORDER BY seq'),
  ]);
  return JSON.stringify(rows);
}

law('what belongs to one user is not there for another: 404 on every route, and nothing changes', async (database) => {
  await using house = await openInstallation(database);
  const owner = await house.signIn(house.person(1));
  const stranger = await house.signIn(house.person(2));
  const owned = await equip(house, owner);
  await equipStranger(house, stranger);
  const before = await contents(database);
  const routes = routesOfEntities(house);
  assert.ok(routes.length >= 20, `${routes.length} routes name an entity`);
  for (const route of routes) {
    const target = targetOf(route, owned);
    const { status, body } = await house.send(target, {
      ...{ method: route.method, token: stranger },
      ...bodyOf(house, route),
    });
    assert.equal(status, 404, `${route.method} ${route.path}: ${status} ${JSON.stringify(body)}`);
    assert.doesNotMatch(JSON.stringify(body), /treasure/);
  }
  assert.equal(await contents(database), before);
});

/** A plan of their own: it is not the plan that refuses. */
async function equipStranger(house: Installation, token: string): Promise<void> {
  const { body } = await house.send<PaymentAnswer>('/api/v1/payments', {
    ...{ token, body: { purchase: { kind: 'plan', plan: 'business', period: 'year' } } },
  });
  await house.lnbits.pay(parseInvoice(body.bolt11 ?? '')?.paymentHash ?? '');
  await house.send(`/api/v1/payments/${body.id}/check`, { token, body: {} });
}

law('lists show nobody what is not theirs', async (database) => {
  await using house = await openInstallation(database);
  const owner = await house.signIn(house.person(1));
  const stranger = await house.signIn(house.person(2));
  const owned = Object.values(await equip(house, owner));
  const lists = house.accounts.routes.filter(
    ({ method, path, access }) => method === 'GET' && !path.includes('/:') && access.kind === 'user',
  );
  assert.ok(lists.length >= 7);
  for (const { path } of lists) {
    const { body } = await house.send(path, { token: stranger });
    const text = JSON.stringify(body);
    for (const id of owned) assert.ok(!text.includes(id), `${path} shows ${id}`);
  }
});

law(
  'who is not signed in gets 401 where somebody has to be, and who is no admin 403 in the administration',
  async (database) => {
    await using house = await openInstallation(database);
    const token = await house.signIn(house.person(1));
    const before = await contents(database);
    for (const route of house.accounts.routes) {
      if (route.access.kind === 'anyone') continue;
      const target = route.path.replaceAll(/:\w+/g, 'x');
      const sent = { method: route.method, ...bodyOf(house, route) };
      assert.equal((await house.send(target, sent)).status, 401, `${route.method} ${route.path}`);
      if (route.access.kind !== 'role') continue;
      assert.equal((await house.send(target, { ...sent, token })).status, 403, `${route.method} ${route.path}`);
    }
    assert.equal(await contents(database), before);
  },
);

law('support looks at everything in the administration and changes nothing', async (database) => {
  await using house = await openInstallation(database, { admins: [0] });
  const admin = await house.signIn(house.person(0));
  const support = await house.signIn(house.person(1));
  const me = await house.send<{ id: string }>('/api/v1/auth/me', { token: support });
  const promoted = await house.send(`/api/v1/admin/users/${me.body.id}`, {
    ...{ method: 'PATCH', token: admin, body: { role: 'support' } },
  });
  assert.equal(promoted.status, 200);
  const before = await contents(database);
  for (const route of house.accounts.routes) {
    if (route.access.kind !== 'role') continue;
    const target = route.path.replaceAll(/:\w+/g, me.body.id);
    const { status } = await house.send(target, { method: route.method, token: support, ...bodyOf(house, route) });
    if (route.access.role === 'admin') assert.equal(status, 403, `${route.method} ${route.path}`);
    else assert.ok(status === 200 || status === 404, `${route.method} ${route.path}: ${status}`);
  }
  assert.equal(await contents(database), before);
});

law('an API key does what its scopes say and nothing else, and never makes or changes keys', async (database) => {
  await using house = await openInstallation(database);
  const token = await house.signIn(house.person(1));
  await equipStranger(house, token);
  const { body } = await house.send<{ key: string }>('/api/v1/keys', {
    ...{ token, body: { name: 'reader', scopes: ['names:read'] } },
  });
  for (const route of house.accounts.routes) {
    const { access, method, path } = route;
    if (access.kind === 'anyone' || access.scope === 'names:read') continue;
    const { status } = await house.send(path.replaceAll(/:\w+/g, 'x'), {
      ...{ method, token: body.key, ...bodyOf(house, route) },
    });
    assert.equal(status, 403, `${method} ${path}`);
  }
  assert.equal((await house.send('/api/v1/names', { token: body.key })).status, 200);
});
