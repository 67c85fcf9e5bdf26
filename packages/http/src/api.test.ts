import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpApi } from './api.ts';
import { pathNames } from './paths.ts';
import { Problem } from './problem.ts';
import { codeOf, createWorld, whoRoutes } from './test-world.ts';

const json = { 'content-type': 'application/json' };

test('each way in is let into just what it may', async () => {
  const table: Readonly<Record<string, readonly [string | undefined, number][]>> = {
    anyone: [
      [undefined, 200],
      ['user', 200],
      ['key', 200],
      ['bare', 200],
      ['nobody', 401],
    ],
    scoped: [
      [undefined, 200],
      ['user', 200],
      ['key', 200],
      ['bare', 403],
    ],
    user: [
      [undefined, 401],
      ['user', 200],
      ['nip98', 200],
      ['admin', 200],
      ['key', 403],
      ['strange', 200],
    ],
    'user-scoped': [
      [undefined, 401],
      ['user', 200],
      ['key', 200],
      ['bare', 403],
    ],
    support: [
      [undefined, 401],
      ['user', 403],
      ['support', 200],
      ['admin', 200],
      ['key', 403],
      ['adminKey', 200],
      ['strange', 403],
    ],
    admin: [
      [undefined, 401],
      ['support', 403],
      ['admin', 200],
      ['adminKey', 403],
      ['strange', 403],
    ],
  };
  const { ask, as, clock } = createWorld({ failures: { name: 'f', requestsMax: 0, windowMs: 1 } });
  for (const [path, cases] of Object.entries(table)) {
    for (const [word, status] of cases) {
      clock.advance(60_000);
      const response = await ask(`/api/v1/${path}`, word === undefined ? {} : as(word));
      assert.equal(response.status, status, `${path} as ${word}`);
      if (status === 401) assert.equal(response.headers.get('www-authenticate'), 'Nostr, Bearer');
    }
  }
});

test('a path tells its methods, and others are refused by name', async () => {
  const { ask, as, requests } = createWorld();
  const options = await ask('/api/v1/books/7', { method: 'OPTIONS', headers: { origin: 'https://app.example.com' } });
  assert.equal(options.status, 204);
  assert.equal(options.headers.get('allow'), 'DELETE, GET, HEAD, OPTIONS');
  assert.equal(options.headers.get('access-control-allow-methods'), 'DELETE, GET, HEAD, OPTIONS');
  assert.match(options.headers.get('access-control-allow-headers') ?? '', /Authorization/);
  assert.equal((await ask('/api/v1/nothing', { method: 'OPTIONS' })).status, 204);
  const refused = await ask('/api/v1/books', { method: 'PUT', body: '{}' });
  assert.equal(refused.status, 405);
  assert.equal(refused.headers.get('allow'), 'POST, OPTIONS');
  assert.equal(await codeOf(refused), 'method-not-allowed');
  const head = await ask('/api/v1/books/x', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  assert.equal((await ask('/api/v1/books', { method: 'HEAD' })).status, 405);
  assert.equal((await ask('/api/v1/books/7', { method: 'DELETE', ...as('user') })).status, 204);
  assert.deepEqual(requests.slice(0, 3), ['options 204', 'options 204', '/api/v1/books 405']);
  assert.equal(requests.at(-1), 'DELETE /api/v1/books/:id 204');
});

test('pieces of a path are decoded once, and wrong ones are told', async () => {
  const { ask } = createWorld();
  assert.deepEqual(await (await ask('/api/v1/books/a%2Fb%2541/')).json(), { who: null, title: 'a/b%41' });
  assert.equal(await codeOf(await ask('/api/v1/books/%E0%A4%A')), 'bad-url');
  assert.equal(await codeOf(await ask('/api/v1/books/a/b')), 'not-found');
  assert.equal(await codeOf(await ask('/api/v1/wss://a')), 'not-found');
  assert.equal((await ask('/.well-known/nostr.json')).status, 200);
  assert.deepEqual(pathNames('/a/:b/c/:d.csv'), ['b', 'd']);
});

test('bodies and parameters are read by their schemas alone', async () => {
  const { ask } = createWorld();
  const post = (body: string, headers: Readonly<Record<string, string>> = json, path = '/api/v1/books') =>
    ask(path, { method: 'POST', headers, body });
  const made = await post('{"title":"x"}');
  assert.equal(made.status, 201);
  assert.deepEqual(made.headers.getSetCookie(), ['a=1; Path=/', 'b=2; Path=/']);
  assert.equal(made.headers.get('cache-control'), 'no-store');
  for (const [body, code] of [
    ['{"title":""}', 'bad-body'],
    ['{"title":"x","__proto__":{"a":1}}', 'bad-body'],
    ['{"title":"x","more":1}', 'bad-body'],
    ['{', 'bad-body'],
    ['', 'bad-body'],
    ['[]', 'bad-body'],
    ['{"title":"taken"}', 'taken'],
  ] as const) {
    assert.equal(await codeOf(await post(body)), code, body);
  }
  assert.equal((await post('{"title":"x"}', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await post('{"title":"x"}', json, '/api/v1/books?shelf=1')).status, 201);
  assert.equal((await post('{"title":"x"}', json, '/api/v1/books?shelf=1&shelf=2')).status, 400);
  assert.equal((await post('{"title":"x"}', json, '/api/v1/books?other=1')).status, 400);
});

test('what fails inside is logged, counted and told to nobody', async () => {
  const { ask, logged, failed } = createWorld();
  const response = await ask('/api/v1/books', { method: 'POST', headers: json, body: '{"title":"broken"}' });
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.match(logged.join(), /POST \/api\/v1\/books.*secret of the inside/);
  assert.deepEqual(failed, ['api']);
});

test('a failure of the world is told as what it means, where somebody can say so', async () => {
  const { ask, logged } = createWorld({ explain: () => new Problem(503, 'unavailable', 'the shelf is away') });
  const response = await ask('/api/v1/books', { method: 'POST', headers: json, body: '{"title":"broken"}' });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('retry-after'), '10');
  assert.match(await response.text(), /the shelf is away/);
  assert.match(logged.join(), /secret of the inside/);
});

test('what is made for the holder of a cookie is closed to other sites; what is public stays open', async () => {
  const { ask, as } = createWorld();
  const cookie = { headers: { cookie: 'session=support', origin: 'https://evil.example.com' } };
  const own = await ask('/api/v1/user', cookie);
  assert.equal(own.status, 200);
  assert.equal(own.headers.get('access-control-allow-origin'), null);
  assert.equal(own.headers.get('cross-origin-resource-policy'), 'same-origin');
  for (const response of [own, await ask('/api/v1/anyone', cookie), await ask('/api/v1/user', as('key'))]) {
    assert.equal(response.headers.get('access-control-allow-credentials'), null);
  }
  assert.equal((await ask('/api/v1/anyone', cookie)).headers.get('access-control-allow-origin'), '*');
  for (const word of ['key', 'user']) {
    const response = await ask('/api/v1/user-scoped', as(word));
    assert.equal(response.headers.get('access-control-allow-origin'), '*', `${word} by a header of its own`);
  }
  const refused = await ask('/api/v1/admin', cookie);
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get('access-control-allow-origin'), null);
});

test('what somebody got who is known is kept by nobody else: it tells of their limit', async () => {
  const { ask, as } = createWorld();
  assert.equal((await ask('/api/v1/figures')).headers.get('cache-control'), 'public, max-age=60');
  for (const headers of [{ cookie: 'session=user' }, as('key').headers]) {
    const answer = await ask('/api/v1/figures', { headers });
    assert.match(answer.headers.get('ratelimit') ?? '', /^"free"/);
    assert.equal(answer.headers.get('cache-control'), 'private, max-age=60');
  }
});

test('every answer has its headers, errors included, and transport security over HTTPS alone', async () => {
  const { ask } = createWorld();
  for (const path of ['/api/v1/anyone', '/api/v1/user', '/api/v1/nothing']) {
    const plain = await ask(path);
    assert.equal(plain.headers.get('x-content-type-options'), 'nosniff');
    assert.match(plain.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.equal(plain.headers.get('strict-transport-security'), null);
    assert.match((await ask(path, { isSecure: true })).headers.get('strict-transport-security') ?? '', /max-age=\d{8}/);
  }
});

test('each answer is told with its caller, so that keys can count; a count that fails takes no answer away', async () => {
  const { ask, as, answered, failed } = createWorld();
  await ask('/api/v1/anyone');
  await ask('/api/v1/books/x', as('key'));
  await ask('/api/v1/user', as('bare'));
  await ask('/api/v1/nothing');
  assert.deepEqual(failed, []);
  assert.equal((await ask('/api/v1/scoped', as('other'))).status, 200);
  assert.deepEqual(failed, ['api.answered']);
  assert.equal(answered.pop(), 'k2 /api/v1/scoped 200');
  assert.deepEqual(answered, ['- /api/v1/anyone 200', 'k1 /api/v1/books/:title 200', 'k3 /api/v1/user 403']);
});

test('a route that is there twice stops the start', () => {
  const { api: _, ...world } = createWorld();
  const parts = { cache: { increment: () => Promise.reject(new Error('no')) }, clock: world.clock };
  const quiet = { logger: { error: () => undefined }, metrics: {} };
  const settings = {
    anonymous: { name: 'a', requestsMax: 0, windowMs: 1 },
    failures: { name: 'f', requestsMax: 0, windowMs: 1 },
  };
  assert.throws(() => createHttpApi({ routes: [...whoRoutes, ...whoRoutes], settings, ...parts, ...quiet }), /twice/);
});

test('without anybody to be known, credentials are passed over', async () => {
  const { clock } = createWorld();
  const api = createHttpApi({
    routes: whoRoutes,
    cache: { increment: () => Promise.reject(new Error('no')) },
    clock,
    logger: { error: () => undefined },
    metrics: {},
    settings: {
      anonymous: { name: 'a', requestsMax: 0, windowMs: 1 },
      failures: { name: 'f', requestsMax: 0, windowMs: 1 },
    },
  });
  const request = new Request('http://a.example.com/api/v1/anyone', { headers: { authorization: 'Bearer x' } });
  const response = await api.fetch(request, { origin: { ip: '::1', isSecure: false, host: 'a.example.com' } });
  assert.equal(response.status, 200);
});
