import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Cache, openCache } from '@nostrata/cache';
import { startRedis, waitUntil } from '@nostrata/testing';
import { createWorld } from './test-world.ts';

const redis = await startRedis();
const path = '/api/v1/stats/overview';
after(() => (redis.isAvailable ? redis.stop() : undefined));

describe('several processes with one Redis', { skip: redis.isAvailable ? false : redis.reason }, () => {
  const caches: Cache[] = [];
  before(async () => {
    for (const _ of [1, 2])
      caches.push(await openCache(redis.isAvailable ? redis.url : '', { clock: { now: () => Date.now() } }));
  });
  after(async () => {
    for (const cache of caches) await cache.stop();
  });
  const createProcess = (place: number) => createWorld({ requestsMax: 3 }, (memory) => caches[place] ?? memory);

  test('count the requests of an address together, and share snapshots and answers', async () => {
    const [one, other] = [createProcess(0), createProcess(1)];
    const first = await one.ask(path, { ip: '192.0.2.1' });
    assert.equal(first.headers.get('ratelimit'), '"default";r=2;t=900');
    await waitUntil(async () => (await caches[1]?.get('stats:24h')) !== undefined);
    const statuses: number[] = [];
    for (const world of [other, one, other]) statuses.push((await world.ask(path, { ip: '192.0.2.1' })).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    assert.equal(other.database.calls.length, 0, 'the snapshot came from Redis');
  });

  test('answer and limit by themselves while Redis is gone, and together again after it', async () => {
    if (!redis.isAvailable) return;
    const world = createProcess(0);
    await world.ask(path, { ip: '192.0.2.2' });
    await redis.kill();
    const statuses: number[] = [];
    for (let count = 0; count < 4; count++) {
      // Each failure may wait for half a second of the clock, which stands still unless it is moved.
      const asked = world.ask(`${path}?range=7d`, { ip: '192.0.2.2' });
      let isOver = false;
      void asked.then(() => {
        isOver = true;
      });
      await waitUntil(() => {
        world.clock.advance(100);
        return isOver;
      });
      statuses.push((await asked).status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    assert.ok(world.failed.includes('api.limiter'));
    await redis.restart();
    await waitUntil(async () => caches[0]?.isReachable());
    const again = await world.ask(path, { ip: '192.0.2.3' });
    assert.equal(again.headers.get('ratelimit'), '"default";r=2;t=900');
  });
});
