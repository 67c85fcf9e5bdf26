import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cache } from '@nostrata/cache';
import { createWorld } from './test-world.ts';

const path = '/api/v1/stats/overview';

function failing(cache: Cache, fail: () => Promise<never>): Cache {
  const names = new Set(['get', 'set', 'setIfAbsent', 'increment']);
  return new Proxy(cache, {
    get: (target, name, receiver) => (names.has(String(name)) ? fail : Reflect.get(target, name, receiver)),
  });
}

test('the hundred-and-first request of an address within 15 minutes is refused, and the window opens again', async () => {
  const { ask, clock } = createWorld({ requestsMax: 100 });
  const first = await ask(path);
  assert.equal(first.headers.get('ratelimit-policy'), '"default";q=100;w=900');
  assert.equal(first.headers.get('ratelimit'), '"default";r=99;t=900');
  for (let count = 2; count <= 100; count++) assert.equal((await ask(path)).status, 200);
  clock.advance(60_000);
  const refused = await ask(path);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '840');
  assert.equal(refused.headers.get('ratelimit'), '"default";r=0;t=840');
  assert.equal(refused.headers.get('access-control-allow-origin'), '*');
  assert.equal(((await refused.json()) as { error: string }).error, 'rate-limited');
  assert.equal((await ask(path, { ip: '192.0.2.2' })).status, 200, 'others are not concerned');
  clock.advance(840_000);
  assert.equal((await ask(path)).status, 200);
});

test('what the documentation is made of and preflights are not counted', async () => {
  const { ask } = createWorld({ requestsMax: 1 });
  await ask(path);
  for (const free of ['/api/v1/docs', '/api/v1/docs/page.js', '/api/v1/docs/page.css', '/api/v1/openapi.json']) {
    assert.equal((await ask(free)).status, 200, free);
  }
  assert.equal((await ask(path, { method: 'OPTIONS' })).status, 204);
  assert.equal((await ask(path)).status, 429);
});

test('an IPv6 network of 64 bits is one address', async () => {
  const { ask } = createWorld({ requestsMax: 2 });
  const statuses: number[] = [];
  for (const ip of ['2001:db8:1:2::1', '2001:DB8:1:2:ffff::9', '2001:db8:1:2::/64', '2001:db8:1:3::1']) {
    statuses.push((await ask(path, { ip })).status);
  }
  assert.deepEqual(statuses, [200, 200, 429, 200]);
});

test('without a cache every process limits by itself, and answers still come', async () => {
  const { ask, failed } = createWorld({ requestsMax: 3 }, (cache) =>
    failing(cache, () => Promise.reject(new Error('the cache is away'))),
  );
  const statuses: number[] = [];
  for (let count = 0; count < 4; count++) statuses.push((await ask(path)).status);
  assert.deepEqual(statuses, [200, 200, 200, 429]);
  assert.ok(failed.includes('api.limiter') && failed.includes('api.cache'));
});

test('a cache that does not answer delays a request by half a second, not for ever', async () => {
  const { ask, clock } = createWorld({ requestsMax: 3 }, (cache) => failing(cache, () => new Promise(() => {})));
  const asked = ask(path);
  let status: number | undefined;
  void asked.then((response) => {
    status = response.status;
  });
  for (let turn = 0; turn < 50 && status === undefined; turn++) {
    clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(status, 200);
});

test('a limit of 0 is none', async () => {
  const { ask } = createWorld({ requestsMax: 0 });
  const response = await ask(path);
  assert.equal(response.headers.get('ratelimit'), null);
});
