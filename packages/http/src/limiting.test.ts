import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import { addressToCount, createLimiter } from './limiter.ts';
import { codeOf, createTimers, createWorld } from './test-world.ts';

const path = '/api/v1/anyone';
const anonymous = { name: 'anonymous', requestsMax: 2, windowMs: 60_000 };

test('an address may ask so often in a window, and the next window opens', async () => {
  const { ask, clock } = createWorld({ anonymous });
  const first = await ask(path);
  assert.equal(first.headers.get('ratelimit-policy'), '"anonymous";q=2;w=60');
  assert.equal(first.headers.get('ratelimit'), '"anonymous";r=1;t=60');
  await ask('/api/v1/nothing');
  clock.advance(20_000);
  const refused = await ask(path);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '40');
  assert.equal(refused.headers.get('access-control-allow-origin'), '*');
  assert.equal((await ask(path, { ip: '192.0.2.2' })).status, 200, 'others are not concerned');
  assert.equal((await ask('/api/v1/raw', { method: 'POST', body: 'x' })).status, 200, 'nor what is not counted');
  assert.equal((await ask(path, { method: 'OPTIONS' })).status, 204);
  clock.advance(40_000);
  assert.equal((await ask(path)).status, 200);
});

test('sessions, signed requests and keys of a user count together, wherever they come from', async () => {
  const { ask, as } = createWorld({ anonymous });
  const times = async (count: number, word: string, ip: string) => {
    const statuses: number[] = [];
    for (let index = 0; index < count; index++) statuses.push((await ask(path, { ...as(word), ip })).status);
    return statuses.filter((status) => status === 200).length;
  };
  assert.equal(await times(3, 'user', '192.0.2.1'), 3);
  assert.equal(await times(3, 'nip98', '192.0.2.2'), 2, 'the same user');
  assert.equal(await times(1, 'key', '192.0.2.1'), 0, 'a key is no way around the limit');
  assert.equal(await times(1, 'other', '192.0.2.3'), 0, 'nor is another key');
  assert.equal(await times(20, 'admin', '192.0.2.1'), 20, 'a tier of 0 has no limit');
  assert.equal((await ask(path)).status, 200, 'none of that was counted for the address');
});

test('users that cost nothing have no more together than ten of them, from one address', async () => {
  const { ask, as } = createWorld({ anonymous });
  const statuses: number[] = [];
  for (let user = 0; user < 60; user++) statuses.push((await ask(path, as(`free${user}`))).status);
  assert.deepEqual([statuses.indexOf(429), statuses.filter((status) => status === 200).length], [50, 50]);
  assert.equal((await ask(path, { ...as('free70'), ip: '192.0.2.2' })).status, 200, 'others are not concerned');
  assert.equal((await ask(path, as('user'))).status, 200, 'nor is who paid');
});

test('signed requests are counted by address before anybody looks at the signature', async () => {
  const { ask, looked } = createWorld({ anonymous });
  const signed = () => ask(path, { headers: { authorization: `nostr free${looked.length}` } });
  for (let count = 0; count < 20; count++) assert.equal((await signed()).status, 200);
  const refused = await signed();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '60');
  assert.equal(looked.length, 20);
});

test('wrong credentials are counted by address: after too many, not even right ones are looked at for a while', async () => {
  const { ask, as, clock } = createWorld({ failures: { name: 'failures', requestsMax: 3, windowMs: 60_000 } });
  for (let count = 0; count < 3; count++) assert.equal((await ask('/api/v1/user', as(`guess${count}`))).status, 401);
  assert.equal((await ask(path, as('guess3'))).status, 429);
  clock.advance(10_000);
  const right = await ask('/api/v1/user', as('user'));
  assert.equal(right.status, 429);
  assert.equal(right.headers.get('retry-after'), '50');
  assert.equal((await ask('/api/v1/user', { headers: { 'x-api-key': 'key' } })).status, 429);
  assert.equal((await ask(path)).status, 200, 'who shows none is not concerned');
  assert.equal((await ask('/api/v1/user', { ...as('user'), ip: '192.0.2.9' })).status, 200);
  clock.advance(50_000);
  assert.equal((await ask('/api/v1/user', as('user'))).status, 200);
});

test('a cookie that has run out hides nothing public and counts as any other request', async () => {
  const { ask } = createWorld({
    anonymous: { ...anonymous, requestsMax: 4 },
    failures: { ...anonymous, requestsMax: 1 },
  });
  const stale = { headers: { cookie: 'session=gone' } };
  assert.equal((await ask(path, stale)).status, 200);
  const statuses: number[] = [];
  for (let count = 0; count < 4; count++) statuses.push((await ask('/api/v1/user', stale)).status);
  assert.deepEqual(statuses, [401, 401, 401, 429]);
});

test('without a cache every process limits by itself, and one that does not answer delays by half a second', async () => {
  const gone = createWorld({ anonymous }, { increment: () => Promise.reject(new Error('away')) });
  const statuses: number[] = [];
  for (let count = 0; count < 3; count++) statuses.push((await gone.ask(path)).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  assert.deepEqual(gone.failed, ['api.limiter', 'api.limiter', 'api.limiter']);
  const silent = createWorld({ anonymous }, { increment: () => new Promise(() => undefined) });
  const asked = silent.ask(path);
  silent.clock.advance(0);
  await new Promise((resolve) => setImmediate(resolve));
  silent.clock.advance(500);
  assert.equal((await asked).status, 200);
});

test('processes over one cache count together', async () => {
  const clock = createTimers();
  const cache = createMemoryCache({ clock });
  const [first, second] = [createWorld({ anonymous }, cache), createWorld({ anonymous }, cache)];
  assert.equal((await first.ask(path)).status, 200);
  assert.equal((await second.ask(path)).status, 200);
  assert.equal(await codeOf(await first.ask(path)), 'rate-limited');
});

test('an IPv6 network of 64 bits is one address', async () => {
  for (const [address, counted] of [
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::/64', '2001:db8:1:2::/64'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['192.0.2.1', '192.0.2.1'],
    ['nothing:at:all', 'nothing:at:all'],
  ] as const) {
    assert.equal(addressToCount(address), counted);
  }
});

test('a window begun with the cache gone ends by itself', async () => {
  const clock = createTimers();
  const limiter = createLimiter({ cache: { increment: () => Promise.reject(new Error('away')) }, clock, metrics: {} });
  const tier = { ...anonymous, requestsMax: 1 };
  assert.ok((await limiter.count('a', tier)).isAllowed);
  assert.ok(!(await limiter.count('a', tier)).isAllowed);
  clock.advance(60_000);
  assert.ok((await limiter.count('a', tier)).isAllowed);
});
