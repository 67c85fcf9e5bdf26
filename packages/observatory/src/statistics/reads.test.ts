import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createEngines } from '../facts/test-engines.ts';
import { createWorld } from './test-world.ts';

const [alice, bob] = [createEventBuilder('alice'), createEventBuilder('bob')];
const at = (iso: string): number => Date.parse(iso) / 1_000;
const engines = await createEngines();
after(() => Promise.all(engines.map((engine) => engine.stop())));

for (const engine of engines) {
  describe(engine.name, { skip: engine.skip }, () => {
    test('series are cut at midnight UTC and at the ends of months, leap days among them', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      await world.put(
        alice.note('the last second of a leap day', { created_at: at('2024-02-29T23:59:59Z') }),
        bob.note('the first second of March', { created_at: at('2024-03-01T00:00:00Z') }),
        bob.note('the last second of March', { created_at: at('2024-03-31T23:59:59Z') }),
      );
      await world.snapshot('all');
      const span = { sinceMs: Date.UTC(2024, 1, 29), untilMs: Date.UTC(2024, 3, 1) };
      const { reads } = world.statistician;
      const months = await reads.timeline({ groupBy: 'month', ...span });
      assert.deepEqual(
        months.map((point) => [point.at.slice(0, 10), point.notes, point.open]),
        [
          ['2024-02-01', 1, false],
          ['2024-03-01', 2, false],
        ],
      );
      const days = await reads.kind(1, { groupBy: 'day', ...span });
      assert.equal(days.length, 32);
      assert.deepEqual(
        days.filter(({ events }) => events > 0).map((point) => [point.at.slice(0, 10), point.events]),
        [
          ['2024-02-29', 1],
          ['2024-03-01', 1],
          ['2024-03-31', 1],
        ],
      );
      const weeks = await reads.activeUsers({ groupBy: 'week', ...span });
      assert.deepEqual([weeks[0]?.at, weeks[0]?.all], ['2024-02-26', 2]);
    });

    test('users of a span that no bucket fits are estimated, each once', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      const people = Array.from({ length: 60 }, (_, place) => createEventBuilder(`person ${place}`));
      const write = (hour: number, from: number, to: number) =>
        people.slice(from, to).map((one) => one.note('hello', { created_at: at(`2026-11-20T${hour}:30:00Z`) }));
      await world.put(...write(10, 0, 40), ...write(11, 20, 60), ...write(13, 0, 5));
      await world.snapshot('7d');
      const { reads } = world.statistician;
      const users = async (from: number, to: number): Promise<number> =>
        (await reads.estimateUsers({ sinceMs: Date.UTC(2026, 10, 20, from), untilMs: Date.UTC(2026, 10, 20, to) }))
          .users;
      assert.deepEqual(
        [await users(10, 11), await users(10, 12), await users(12, 14), await users(14, 16)],
        [40, 60, 5, 0],
      );
    });

    test('the newest buckets are given where there are more than the limit, and none after now', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      const points = await world.statistician.reads.timeline({
        groupBy: 'day',
        limit: 3,
        untilMs: Date.UTC(2030, 0, 1),
      });
      assert.deepEqual(
        points.map((point) => [point.at.slice(0, 10), point.open]),
        [
          ['2026-11-19', false],
          ['2026-11-20', false],
          ['2026-11-21', true],
        ],
      );
    });

    test('what was deleted leaves every series', async () => {
      await using database = await engine.open();
      await using world = await createWorld(database);
      const note = alice.note('a mistake', { created_at: at('2026-11-20T10:00:00Z') });
      await world.put(note, bob.note('stays', { created_at: at('2026-11-20T10:30:00Z') }));
      await world.snapshot('7d');
      const { reads } = world.statistician;
      const of = { groupBy: 'hour', sinceMs: Date.UTC(2026, 10, 20, 10), untilMs: Date.UTC(2026, 10, 20, 11) } as const;
      assert.deepEqual((await reads.timeline(of))[0]?.notes, 2);
      assert.equal(
        (await reads.hours(of)).reduce((sum, { events }) => sum + events, 0),
        2,
      );
      await world.put(alice.deletion([note], { created_at: at('2026-11-20T12:00:00Z') }));
      await world.snapshot('7d');
      assert.deepEqual((await reads.timeline(of))[0]?.notes, 1);
      assert.equal(
        (await reads.hours(of)).reduce((sum, { events }) => sum + events, 0),
        1,
      );
      const [day] = await reads.activeUsers({
        groupBy: 'day',
        sinceMs: Date.UTC(2026, 10, 20),
        untilMs: Date.UTC(2026, 10, 21),
      });
      // The deletion request itself is an event of the day.
      assert.equal(day?.all, 2);
    });
  });
}
