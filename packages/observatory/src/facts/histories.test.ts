import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Database } from '@nostrata/database';
import type { NostrEvent, VerifiedEvent } from '@nostrata/protocol';
import { type Change, createMemoryStore, type EventStore, type Seq } from '@nostrata/store';
import { createMortalDatabase, fc, type SeededRandom, seededRandom, testSeed } from '@nostrata/testing';
import { createViews, type View } from '@nostrata/views';
import { createFacts } from './facts.ts';
import { createStatisticsViews } from './statistics-view.ts';
import { migrateFacts } from './tables.ts';
import { createEngines } from './test-engines.ts';
import { createHistory, expiringSecond } from './test-history.ts';
import { countNaively } from './test-naive.ts';
import { readFacts } from './test-rows.ts';

const engines = await createEngines();
after(async () => {
  for (const engine of engines) await engine.stop();
});

const deaths = { count: 0 };
const seenTables = new Set<string>();
const allTables = new Set<string>();

// Requests of random histories carry no true signature.
const createAll = () => createStatisticsViews({ secret: new Uint8Array(32), verify: () => true });

/** One life: a store, its facts, and what was told to them. */
interface Life {
  readonly random: SeededRandom;
  readonly store: EventStore;
  readonly database: Database;
  readonly views: readonly View[];
  readonly clock: { nowMs: number };
  /** Everything that was ever put, by id. */
  readonly put: Map<string, NostrEvent>;
  /** What the collector was told not to be in the log. */
  readonly observed: Map<string, NostrEvent>;
}

/** Does something, perhaps in a process that dies, and then again in one that lives. */
async function survive({ random, database }: Life, work: (database: Database) => Promise<void>): Promise<void> {
  for (let tries = random.integer(3); tries > 0; tries -= 1) {
    try {
      await work(createMortalDatabase(database, random.integer(random.pick([10, 150]))));
    } catch (error) {
      if (!/killed/.test(String(error))) throw error;
      deaths.count += 1;
    }
  }
  await work(database);
}

async function run(life: Life): Promise<void> {
  const { random, store } = life;
  await survive(life, async (database) => {
    // A transaction that failed may also be followed by others in the same process.
    const all = random.integer(2) === 0 ? life.views : createAll();
    const batchChanges = 1 + random.integer(random.pick([1, 5, 100]));
    await using views = await createViews({ store, database, views: all, batchChanges, after: () => () => {} });
    await views.caughtUp();
    if (random.integer(8) === 0) await views.rebuild('statistics');
  });
}

async function observe(life: Life, events: readonly NostrEvent[]): Promise<void> {
  for (const event of events) life.observed.set(event.id, event);
  await survive(life, async (database) => {
    await createFacts({ database }).observe([...events, ...events.slice(0, 1)]);
  });
}

/** Puts events, some at a time, and takes some away by every way there is. */
async function live(life: Life, events: readonly VerifiedEvent[]): Promise<void> {
  const { random, store, clock } = life;
  for (let next = 0; next < events.length; ) {
    const size = 1 + random.integer(random.pick([1, 5, 40]));
    const batch = events.slice(next, next + size);
    const results = await store.put(batch.map((event) => ({ event })));
    for (const event of batch) life.put.set(event.id, event);
    next += size;
    const beside = batch.filter((_, i) => ['superseded', 'ephemeral'].includes(results[i]?.outcome ?? ''));
    await observe(life, beside);
    const last = batch.at(-1);
    if (last && random.integer(5) === 0) await store.withdraw(last, random.pick(events));
    // What leaves by its age was seen before: the content is gone with it.
    if (random.integer(6) === 0) {
      await run(life);
      await store.retain({ maxBytes: (await store.statistics()).bytes - 700 });
    }
    if (random.integer(12) === 0) {
      await run(life);
      clock.nowMs = expiringSecond * 1_000;
      await store.expire();
      if (random.integer(2) === 0) clock.nowMs = 1_000_000_000_000;
    }
    if (random.integer(3) === 0) await run(life);
  }
  await run(life);
}

async function readLog(store: EventStore): Promise<Change[]> {
  const changes: Change[] = [];
  for (;;) {
    const page = await store.changes(changes.at(-1)?.seq ?? (0 as Seq));
    changes.push(...page);
    if (page.length === 0) return changes;
  }
}

async function checkLife(seed: string, engine: (typeof engines)[number]): Promise<void> {
  const random = seededRandom(seed);
  const clock = { nowMs: 1_000_000_000_000 };
  const store = createMemoryStore({ now: () => clock.nowMs });
  await using database = await engine.open();
  await migrateFacts(database);
  const life: Life = { random, store, database, views: createAll(), clock, put: new Map(), observed: new Map() };
  await run(life);
  await live(life, createHistory(random, 30 + random.integer(120)));

  const facts = await readFacts(database);
  for (const [name, { length }] of Object.entries(facts)) {
    allTables.add(name);
    if (length > 0) seenTables.add(name);
  }
  const naive = countNaively(await readLog(store), life);
  for (const [name, rows] of Object.entries(naive)) assert.deepEqual(facts[name], rows, `${name}, ${seed}`);

  await using views = await createViews({ store, database, views: createAll() });
  assert.deepEqual((await views.rebuild('statistics', { verify: true })).differences, [], seed);
  await views.rebuild('statistics');
  assert.deepEqual(await readFacts(database), facts, 'as before the rebuild');

  await using fresh = await engine.open();
  await migrateFacts(fresh);
  await using others = await createViews({ store, database: fresh, views: createAll() });
  await others.caughtUp();
  const again = await readFacts(fresh);
  const isOfLog = (name: string): boolean => name.startsWith('view_');
  for (const name of Object.keys(facts).filter(isOfLog))
    assert.deepEqual(again[name], facts[name], `${name} as if new`);
}

for (const engine of engines) {
  const runs = engine.name === 'sqlite' ? 20 : 3;
  describe(engine.name, { skip: engine.skip }, () => {
    test('whatever comes and goes, in whatever steps, and whenever the process dies, the rows are those of a plain count', async () => {
      const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
      const property = fc.asyncProperty(seeds, (seed) => checkLife(`life ${seed}`, engine));
      await fc.assert(property, { seed: testSeed(), numRuns: runs, endOnFailure: true });
      assert.ok(deaths.count > runs / 2, 'processes died');
      // Whoever published is known from the log as long as there is one.
      const empty = [...allTables].filter((name) => !seenTables.has(name));
      const known = ['statistics_kept_author_hour', 'statistics_kept_author_day'];
      assert.deepEqual(empty, known, 'every other table had rows');
    });
  });
}
