import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createEventBuilder, fc, seededRandom, waitUntil } from '@nostrata/testing';
import { createEngines } from '../facts/test-engines.ts';
import { ranges } from '../spans.ts';
import { createWorld, noonMs } from './test-world.ts';

const hours = (count: number): number => Math.floor(noonMs / 1_000) - count * 3_600;
const days = (count: number): number => hours(24 * count);
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => createEventBuilder(name)) as [
  ReturnType<typeof createEventBuilder>,
  ReturnType<typeof createEventBuilder>,
  ReturnType<typeof createEventBuilder>,
];

const engines = await createEngines();
after(() => Promise.all(engines.map((engine) => engine.stop())));

for (const engine of engines) {
  describe(engine.name, { skip: engine.skip }, () => {
    test('an empty network has zeros and no trends, and nothing of it is missing', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      const snapshot = await world.snapshot('7d');
      assert.deepEqual(snapshot.overview.events, { now: 0, before: null });
      assert.deepEqual(snapshot.overview.users, { all: 0, withProfile: 0, withFollows: 0, withBoth: 0, trusted: null });
      assert.equal(snapshot.partial, false);
      assert.deepEqual(snapshot.kinds, []);
      assert.equal(snapshot.timeline.length, 7);
      assert.equal(snapshot.hours.length, 168);
    });

    test('users of clients are those of everything, also when the first figures were computed before there was any', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      await world.snapshot('all');
      const tags = [['client', 'Damus']];
      await world.put(
        alice.note('one', { created_at: hours(1), tags }),
        bob.note('two', { created_at: hours(2), tags }),
      );
      const { clients } = await waitUntil(async () => {
        const snapshot = await world.snapshot('all');
        return snapshot.clients.clients[0]?.users ? snapshot : undefined;
      });
      assert.deepEqual(
        clients.clients.map(({ name, events, users }) => [name, events, users]),
        [['Damus', 2, 2]],
      );
    });

    test('each range counts its own buckets, and compares with the span before where that is known', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      await world.put(
        alice.note('now', { created_at: hours(0) }),
        alice.note('an hour ago', { created_at: hours(1) }),
        bob.note('yesterday, 25 hours ago', { created_at: hours(25) }),
        bob.note('eight days ago', { created_at: days(8) }),
        carol.note('forty days ago', { created_at: days(40) }),
        carol.note('two years ago', { created_at: days(730) }),
      );
      const trend = async (range: (typeof ranges)[number]) => (await world.snapshot(range)).overview.events;
      assert.deepEqual(await trend('24h'), { now: 2, before: 1 });
      assert.deepEqual(await trend('7d'), { now: 3, before: 1 });
      assert.deepEqual(await trend('30d'), { now: 4, before: 1 });
      assert.deepEqual(await trend('90d'), { now: 5, before: 0 });
      assert.deepEqual(await trend('all'), { now: 6, before: null });
    });

    test('users stand in tiers, by what they have now', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database, new Set([carol.pubkey]));
      await world.put(
        alice.note('hello', { created_at: hours(2) }),
        alice.profile({ name: 'alice' }, { created_at: days(300) }),
        alice.follows([bob.pubkey], { created_at: days(299) }),
        bob.note('hello', { created_at: hours(3) }),
        bob.profile({ name: 'bob' }, { created_at: days(200) }),
        carol.note('hello', { created_at: hours(4) }),
      );
      const tiers = { all: 3, withProfile: 2, withFollows: 1, withBoth: 1, trusted: 1 };
      for (const range of ['24h', '7d'] as const) {
        assert.deepEqual((await world.snapshot(range)).users.active, tiers, range);
      }
      await world.put(
        bob.deletion([bob.profile({ name: 'bob' }, { created_at: days(200) })], { created_at: hours(1) }),
      );
      assert.equal((await world.snapshot('24h')).users.active.withProfile, 1);
    });

    test('a user is new on the day of the first event, also where that one arrives last', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      await world.put(alice.note('seen first', { created_at: days(1) }));
      assert.equal((await world.snapshot('7d')).overview.newUsers.now, 1);
      await world.put(alice.note('written first', { created_at: days(20) }));
      assert.equal((await world.snapshot('7d')).overview.newUsers.now, 0);
      assert.equal((await world.snapshot('30d')).overview.newUsers.now, 1);
    });

    test('cohorts keep who came back, and only whom they began with', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      // Noon is a Saturday: the weeks begin five days, twelve days and nineteen days before.
      await world.put(
        alice.note('week one', { created_at: days(18) }),
        bob.note('week one', { created_at: days(17) }),
        alice.note('week two', { created_at: days(10) }),
        carol.note('week two', { created_at: days(9) }),
        alice.note('week three', { created_at: days(2) }),
      );
      await world.snapshot('7d');
      const cohorts = await world.statistician.reads.retention('week', 3);
      assert.deepEqual(
        cohorts.map(({ from, users, active }) => ({ from, users, active })),
        [
          { from: '2026-11-02', users: 2, active: [1, 0.5, 0.5] },
          { from: '2026-11-09', users: 1, active: [1, 0] },
          { from: '2026-11-16', users: 0, active: [0] },
        ],
      );
    });

    test('events that never came into the log count beside it', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      const old = alice.profile({ name: 'old' }, { created_at: hours(5) });
      await world.put(alice.profile({ name: 'new' }, { created_at: hours(1) }));
      await world.facts.observe([old, bob.event({ kind: 20_001, created_at: hours(2) })]);
      const { kinds, overview } = await world.snapshot('24h');
      assert.deepEqual(
        kinds.map(({ kind, events }) => [kind, events]),
        [
          [0, 2],
          [20_001, 1],
        ],
      );
      assert.equal(overview.users.all, 1);
    });

    test('a snapshot that nothing happened since is the same but for its time', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      await world.put(alice.note('one', { created_at: hours(1) }), bob.note('two', { created_at: days(3) }));
      const first = await world.snapshot('30d');
      world.clock.set(noonMs + 60_000);
      const second = await world.snapshot('30d');
      const plain = ({ asOf: _asOf, computedInMs: _ms, ...rest }: typeof first) => rest;
      assert.deepEqual(plain(second), plain(first));
      assert.equal((await world.statistician.reads.snapshot('30d'))?.asOf, second.asOf);
    });
  });
}

test('whatever is published: by day, by kind, by hour and on the timeline the same sum', async () => {
  const authors = Array.from({ length: 5 }, (_, place) => createEventBuilder(`author ${place}`));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.string(), async (count, seed) => {
      await using database = await (engines[0] ?? assert.fail()).open();
      await using world = await createWorld(database);
      const random = seededRandom(seed);
      const events: VerifiedEvent[] = [];
      for (let place = 0; place < count; place++) {
        const author = random.pick(authors);
        const created_at = hours(0) - random.integer(100 * 86_400);
        const kind = random.pick([0, 1, 1, 3, 6, 7, 30_023]);
        events.push(author.event({ kind, created_at, content: `${place}`, tags: [['d', `${random.integer(2)}`]] }));
      }
      for (let next = 0; next < events.length; next += 7) await world.put(...events.slice(next, next + 7));
      for (const range of ranges) {
        const snapshot = await world.snapshot(range);
        const sum = (list: readonly { readonly events: number }[]): number =>
          list.reduce((total, { events }) => total + events, 0);
        const total = snapshot.overview.events.now;
        assert.equal(sum(snapshot.kinds), total, `${range} by kind`);
        assert.equal(sum(snapshot.timeline), total, `${range} on the timeline`);
        assert.equal(sum(snapshot.hours), total, `${range} by hour of the week`);
        if (range !== '24h') assert.equal(sum(snapshot.days), total, `${range} by day`);
      }
    }),
    { numRuns: 25 },
  );
});
