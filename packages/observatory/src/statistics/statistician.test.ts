import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cache, createMemoryCache } from '@nostrata/cache';
import { openSqlite } from '@nostrata/database';
import { createEventBuilder } from '@nostrata/testing';
import type { Snapshot } from '../answers.ts';
import { loadAnchored } from './anchors.ts';
import { createStatistician, snapshotKey } from './statistician.ts';
import { createWorld, noonMs, noRelays, quietLogger } from './test-world.ts';

const alice = createEventBuilder('alice');
const clock = { now: () => noonMs, after: () => () => {} };

function createOptions(cache: Cache, database: ReturnType<typeof openSqlite>) {
  return {
    database,
    cache,
    clock,
    elapsed: () => performance.now(),
    logger: quietLogger,
    loadRelays: async () => noRelays,
    schedule: null,
  };
}

test('of two statisticians that begin at once, one computes, and the cache has what the database has', async () => {
  await using database = openSqlite(':memory:');
  await using world = await createWorld(database);
  await world.put(alice.note('one', { created_at: noonMs / 1_000 - 60 }));
  await world.snapshot('24h');
  await using cache = createMemoryCache({ clock });
  await using one = await createStatistician(createOptions(cache, database));
  await using other = await createStatistician(createOptions(cache, database));
  const computed = await Promise.all([one.compute(), other.compute()]);
  assert.equal(computed.filter((snapshots) => snapshots !== undefined).length, 1);
  const cached = JSON.parse((await cache.get(snapshotKey('24h'))) ?? '') as Snapshot;
  assert.deepEqual(cached, await other.reads.snapshot('24h'));
  assert.equal(cached.overview.events.now, 1);
});

test('without its cache a statistician computes and stores all the same', async () => {
  await using database = openSqlite(':memory:');
  await using world = await createWorld(database);
  await world.snapshot('24h');
  await using cache = createMemoryCache({ clock });
  const gone = async (): Promise<never> => {
    throw new Error('connection refused');
  };
  const broken: Cache = { ...cache, acquire: gone, set: gone };
  await using statistician = await createStatistician(createOptions(broken, database));
  assert.equal((await statistician.compute())?.length, 5);
  assert.equal((await statistician.reads.snapshot('all'))?.range, 'all');
});

test('of each day the last snapshot stays, and those of each five minutes for a week', async () => {
  await using database = openSqlite(':memory:');
  await using world = await createWorld(database);
  const minutes = (count: number): number => noonMs + count * 60_000;
  for (const at of [0, 5, 10, 24 * 60, 24 * 60 + 5, 9 * 24 * 60]) {
    world.clock.set(minutes(at));
    await world.snapshot('7d');
  }
  const rows = await database.query<{ readonly as_of_ms: number }>(
    "SELECT as_of_ms FROM statistics_snapshots WHERE span = '7d' ORDER BY as_of_ms",
  );
  assert.deepEqual(
    rows.map(({ as_of_ms }) => as_of_ms),
    [minutes(10), minutes(24 * 60 + 5), minutes(9 * 24 * 60)],
  );
});

test('trust goes from the anchors outwards: who follows an anchor gains nothing', async () => {
  await using database = openSqlite(':memory:');
  await using world = await createWorld(database);
  const [anchor, friend, stranger, far] = ['anchor', 'friend', 'stranger', 'far'].map((name) =>
    createEventBuilder(name),
  );
  assert.ok(anchor && friend && stranger && far);
  const crowd = Array.from({ length: 30 }, (_, place) => createEventBuilder(`crowd ${place}`));
  await world.put(
    anchor.follows([friend.pubkey]),
    friend.follows([far.pubkey]),
    far.follows([stranger.pubkey]),
    ...crowd.map((one) => one.follows([anchor.pubkey, stranger.pubkey])),
  );
  const anchored = await loadAnchored(world.store, [anchor.pubkey]);
  assert.deepEqual([...anchored].sort(), [anchor.pubkey, friend.pubkey, far.pubkey].sort());
});
