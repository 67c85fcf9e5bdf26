import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, beforeEach, describe, test } from 'node:test';
import { startRedis, waitUntil } from '@nostrata/testing';
import { assertFault } from '../conformance/bounds.ts';
import type { Cache } from '../contract.ts';
import type { CacheError } from '../errors.ts';
import { openCache } from '../open.ts';
import { openRedisCache } from './engine.ts';

const longMs = 600_000;
const commandTimeoutMs = 400;
const server = await startRedis({ password: 'se%cret@1', settings: ['--maxmemory', '6mb'] });
after(async () => {
  if (server.isAvailable) await server.stop();
});

/** Milliseconds that a call took to fail. */
async function timeToFail(call: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await assertFault(call, 'away');
  return performance.now() - started;
}

describe('Redis', { skip: server.isAvailable ? false : server.reason }, () => {
  if (!server.isAvailable) return;
  const { url } = server;
  beforeEach(() => server.restart());

  test('killed and started again: calls fail at once, leases are lost, then everything works again', async () => {
    const problems: CacheError[] = [];
    let returns = 0;
    await using cache = await openRedisCache(url, {
      prefix: 'restart',
      commandTimeoutMs,
      onProblem: (problem) => problems.push(problem),
      onReconnect: () => {
        returns += 1;
      },
    });
    const heard: string[] = [];
    await cache.subscribe('channel', (message) => heard.push(message));
    const endSecond = await cache.subscribe('left meanwhile', (message) => heard.push(message));
    await cache.set('key', 'value', longMs);
    const lease = await cache.acquire('lease', longMs);
    assert.ok(lease);
    await cache.increment('count', longMs);

    await server.kill();
    await waitUntil(async () => problems.length > 0 && !(await cache.isReachable()));
    for (let round = 0; round < 20; round += 1) {
      assert.ok((await timeToFail(cache.get('key'))) < commandTimeoutMs);
      assert.ok((await timeToFail(cache.setAllIfAbsent(['a', 'b'], '', longMs))) < commandTimeoutMs);
      assert.ok((await timeToFail(cache.increment('count', longMs))) < commandTimeoutMs);
      assert.ok((await timeToFail(lease.renew(longMs))) < commandTimeoutMs);
      assert.ok((await timeToFail(cache.publish('channel', 'lost'))) < commandTimeoutMs);
    }
    await endSecond();
    const { entries, hits } = await cache.figures();
    assert.deepEqual({ entries, hits }, { entries: 0, hits: 0 });
    assert.equal(problems.length, 1, 'one outage, one report');
    assert.match(problems[0]?.message ?? '', /^the cache redis:\/\/127\.0\.0\.1:\d+ is away: /);

    await server.restart();
    await waitUntil(() => cache.isReachable());
    assert.ok(returns >= 1);
    assert.equal(await lease.renew(longMs), false, 'the lease was lost with the server');
    assert.equal(await cache.get('key'), undefined);
    assert.equal((await cache.increment('count', longMs)).count, 1);
    assert.ok(await cache.acquire('lease', longMs));
    await waitUntil(async () => {
      await cache.publish('channel', 'back');
      await cache.publish('left meanwhile', 'nobody');
      return heard.length > 0;
    });
    assert.ok(heard.every((message) => message === 'back'));
  });

  test('a lost connection for listening comes back by itself, and says that messages were missed', async () => {
    let returns = 0;
    await using cache = await openRedisCache(url, {
      prefix: 'listening',
      onReconnect: () => {
        returns += 1;
      },
    });
    const heard: string[] = [];
    await cache.subscribe('channel', (message) => heard.push(message));
    const { Redis } = await import('ioredis');
    const operator = new Redis(url);
    try {
      assert.equal(await operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub'), 1);
    } finally {
      operator.disconnect();
    }
    await waitUntil(() => returns === 1);
    await cache.publish('channel', 'after');
    await waitUntil(() => heard.length > 0);
    assert.deepEqual(heard, ['after'], 'what was told to be back hears everything from then on');
  });

  test('calls that are under way when it dies get their errors, and every one of them an answer', async () => {
    await using cache = await openRedisCache(url, { prefix: 'under-way', commandTimeoutMs });
    server.freeze();
    const calls = Array.from({ length: 500 }, (_, index) => cache.set(`key ${index}`, 'value', longMs));
    const keys = Array.from({ length: 3_000 }, (_, index) => `key ${index}`);
    const many = cache.setAllIfAbsent(keys, 'value', longMs);
    const settled = Promise.allSettled([...calls, many]);
    await server.kill();
    const results = await settled;
    assert.ok(results.every(({ status }) => status === 'rejected'));
    await server.restart();
    await waitUntil(() => cache.isReachable());
    assert.deepEqual(await cache.getAll(['key 0', 'key 499']), [undefined, undefined], 'nothing is sent twice');
  });

  test('one that hangs is waited for as long as a command may take, then it is away; afterwards it serves', async () => {
    await using cache = await openRedisCache(url, { prefix: 'frozen', commandTimeoutMs });
    await cache.set('key', 'value', longMs);
    server.freeze();
    try {
      const tookMs = await timeToFail(cache.get('key'));
      assert.ok(tookMs >= commandTimeoutMs - 5 && tookMs < commandTimeoutMs * 4, `${tookMs} ms`);
      await waitUntil(async () => (await timeToFail(cache.get('key'))) < commandTimeoutMs / 2, {
        what: 'the end of a silent connection',
      });
    } finally {
      server.thaw();
    }
    await waitUntil(() => cache.isReachable());
    assert.equal(await cache.get('key'), 'value');
  });

  test('more calls than may wait are refused', async () => {
    await using cache = await openRedisCache(url, { prefix: 'flood', commandTimeoutMs: 20_000 });
    server.freeze();
    const calls = Array.from({ length: 10_500 }, () => cache.get('key'));
    const settled = Promise.allSettled(calls);
    await assertFault(calls.at(-1) ?? Promise.resolve(), 'full');
    server.thaw();
    const results = await settled;
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 10_000);
  });

  test('a stop while it is away ends at once, and one while it hangs within the bound', async () => {
    const caches: Cache[] = [];
    for (const prefix of ['stop-1', 'stop-2']) caches.push(await openRedisCache(url, { prefix, commandTimeoutMs }));
    for (const cache of caches) await cache.subscribe('channel', () => {});
    const started = performance.now();
    server.freeze();
    await caches[0]?.stop();
    await server.kill();
    await waitUntil(async () => !(await caches[1]?.isReachable()));
    await caches[1]?.stop();
    assert.ok(performance.now() - started < 4_000);
    await server.restart();
  });

  test('a full one refuses to write, and says so', async () => {
    await using cache = await openRedisCache(url, { prefix: 'full' });
    const error = await assertFault(
      (async () => {
        for (let index = 0; index < 100; index += 1) await cache.set(`key ${index}`, 'x'.repeat(100_000), longMs);
      })(),
      'full',
    );
    assert.match(error.message, /has no memory left: OOM/);
    for (let index = 0; index < 100; index += 1) await cache.delete(`key ${index}`);
    await cache.set('key', 'value', longMs);
  });

  test('installations with different prefixes share nothing', async () => {
    await using one = await openRedisCache(url, { prefix: 'one' });
    await using two = await openRedisCache(`${url}/0`, { prefix: 'two' });
    const heard: string[] = [];
    await two.subscribe('channel', (message) => heard.push(message));
    await one.set('key', 'value', longMs);
    assert.ok(await one.acquire('lease', longMs));
    await one.publish('channel', 'from one');
    await two.publish('channel', 'from two');
    assert.equal(await two.get('key'), undefined);
    assert.ok(await two.acquire('lease', longMs));
    await waitUntil(() => heard.length > 0);
    assert.deepEqual(heard, ['from two']);
  });

  test('a database is chosen by its number', async () => {
    await using zero = await openRedisCache(url, { prefix: 'database' });
    await using three = await openCache(`${url}/3`, { prefix: 'database', clock: { now: () => 0 } });
    await zero.set('key', 'zero', longMs);
    assert.equal(await three.get('key'), undefined);
    await assertFault(openRedisCache(`${url}/9999`), 'other');
  });

  test('a wrong password, or none, is one clear line without the password', async () => {
    const wrong = new URL(url);
    wrong.password = 'wr0ng';
    const refused = await assertFault(openRedisCache(wrong.href), 'refused');
    assert.match(refused.message, /^the cache redis:\/\/127\.0\.0\.1:\d+ refuses: WRONGPASS/);
    assert.doesNotMatch(refused.message, /wr0ng/);
    wrong.password = '';
    assert.match((await assertFault(openRedisCache(wrong.href), 'refused')).message, /NOAUTH/);
  });
});

test('an address where nobody listens, or nobody is found, is one clear line', async () => {
  const nobody = await assertFault(openRedisCache('redis://127.0.0.1:1'), 'away');
  assert.equal(nobody.message, 'the cache redis://127.0.0.1:1 is away: nobody listens there');
  const nowhere = await assertFault(openRedisCache('redis://nowhere.invalid'), 'away');
  assert.match(nowhere.message, /^the cache redis:\/\/nowhere\.invalid:6379 is away: /);
});

test('somebody who speaks another language, or not at all, is one clear line within seconds', async () => {
  for (const answer of ['HTTP/1.1 400 Bad Request\r\n\r\n', '']) {
    const stranger = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.write(answer));
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const address = stranger.address();
    assert.ok(address && typeof address === 'object');
    const started = performance.now();
    const url = `redis://127.0.0.1:${address.port}`;
    await assertFault(openRedisCache(url, { commandTimeoutMs }), 'away');
    assert.ok(performance.now() - started < 5_000);
    await new Promise((resolve) => stranger.close(resolve));
  }
});
