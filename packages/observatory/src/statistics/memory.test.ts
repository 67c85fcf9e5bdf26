import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import type { Database, Queryable } from '@nostrata/database';
import { createEventBuilder, seededRandom, testSeed, uncheckedPubkey } from '@nostrata/testing';
import type { StatisticsReads } from '../contract.ts';
import { createEngines } from '../facts/test-engines.ts';
import { createHistory } from '../facts/test-history.ts';
import { createStatistician } from './statistician.ts';
import { createWorld, noonMs, noRelays, quietLogger } from './test-world.ts';

const engines = await createEngines();
after(() => Promise.all(engines.map((engine) => engine.stop())));

const clock = { now: () => noonMs, after: () => () => {} };
/** The days on which the events of random histories are. */
const spans = [
  { sinceMs: Date.UTC(2023, 6, 21), untilMs: Date.UTC(2023, 6, 25) },
  { sinceMs: Date.UTC(2024, 1, 28), untilMs: Date.UTC(2024, 2, 3) },
  { sinceMs: Date.UTC(2026, 10, 20), untilMs: noonMs },
];

async function readAll(reads: StatisticsReads): Promise<unknown> {
  const answers: unknown[] = [];
  for (const span of spans) {
    for (const groupBy of ['hour', 'day', 'week'] as const) answers.push(await reads.timeline({ groupBy, ...span }));
    for (const groupBy of ['day', 'week'] as const) answers.push(await reads.activeUsers({ groupBy, ...span }));
  }
  answers.push(await reads.timeline({ groupBy: 'month' }), await reads.zaps({ groupBy: 'month' }));
  return answers;
}

/** What a process answers that has just begun, and remembers nothing. */
async function readAsIfNew(database: Database, trusted: ReadonlySet<string>): Promise<unknown> {
  await using cache = createMemoryCache({ clock });
  await using statistician = await createStatistician({
    ...{ database, cache, clock, logger: quietLogger, schedule: null },
    elapsed: () => 0,
    loadRelays: async () => noRelays,
    loadTrusted: async () => trusted,
  });
  return await readAll(statistician.reads);
}

for (const engine of engines) {
  const steps = engine.name === 'sqlite' ? 24 : 3;
  describe(engine.name, { skip: engine.skip }, () => {
    test('whatever comes, late or twice, and whatever is deleted, what is remembered answers as what is read anew', async () => {
      const seed = `memory ${testSeed()}`;
      const trusted = new Set(['alice', 'dave'].map(uncheckedPubkey));
      await using database = await engine.open();
      await using world = await createWorld(database, trusted, () => true);
      const history = createHistory(seededRandom(seed), 160);
      const size = Math.ceil(history.length / steps);
      for (let next = 0; next < history.length; next += size) {
        await world.put(...history.slice(next, next + size));
        // Taken in by the roll-ups; some steps are answered by what a snapshot has filled, some before it.
        await world.caughtUp();
        if (next % 3 === 0) await world.snapshot('all');
        const remembered = await readAll(world.statistician.reads);
        assert.deepEqual(remembered, await readAsIfNew(database, trusted), `after ${next} events, ${seed}`);
      }
    });
  });
}

test('what nothing has touched is read once: sums and users of days are not asked for again', async () => {
  const [sqlite] = engines;
  await using plain = await (sqlite ?? assert.fail()).open();
  const asked: string[] = [];
  const query: Queryable['query'] = (sql, parameters) => {
    asked.push(sql);
    return plain.query(sql, parameters);
  };
  await using database: Database = { ...plain, query, [Symbol.asyncDispose]: async () => {} };
  await using world = await createWorld(database);
  const alice = createEventBuilder('alice');
  const at = (day: number, hour: number): number => Date.UTC(2026, 10, day, hour) / 1_000;
  await world.put(alice.note('one', { created_at: at(18, 1) }), alice.note('two', { created_at: at(20, 1) }));
  await world.caughtUp();
  const { reads } = world.statistician;
  const ask = async (): Promise<readonly string[]> => {
    asked.length = 0;
    const span = { sinceMs: Date.UTC(2026, 10, 15), untilMs: noonMs };
    await reads.timeline({ groupBy: 'day', ...span });
    await reads.timeline({ groupBy: 'hour', ...span });
    await reads.activeUsers({ groupBy: 'day', ...span });
    return asked.filter((sql) => /view_statistics_(day|hour|author_day)\b/.test(sql));
  };
  assert.ok((await ask()).length > 0);
  assert.deepEqual(await ask(), []);
  await world.put(alice.note('late', { created_at: at(18, 2) }));
  await world.caughtUp();
  // Of the day and the hour that it came to alone: sums by day and by hour, the hours of the index, and who was there.
  assert.equal((await ask()).length, 4);
  assert.deepEqual(await ask(), []);
});
