import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Database } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore, type EventStore } from '@nostrata/store';
import { createMortalDatabase, fc, type SeededRandom, seededRandom, testSeed } from '@nostrata/testing';
import { createAllViews } from './all-views.ts';
import { createReadContributions } from './contributions.ts';
import { createHistory, expiringSecond } from './test-history.ts';
import { createEngines, readRows } from './test-world.ts';
import { createViews } from './views.ts';

const folder = mkdtempSync(join(tmpdir(), 'nostrata-views-'));
const engines = await createEngines(folder);
after(async () => {
  for (const engine of engines) await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

// Requests of random histories carry no true signature.
const verify = () => true;
const allViews = createAllViews({ verify });

const deaths = { count: 0 };
const seenTables = new Set<string>();

const readAll = async (database: Database) =>
  Object.assign({}, ...(await Promise.all(allViews.map((view) => readRows(database, view))))) as Record<
    string,
    Record<string, unknown>[]
  >;

/** Lets the views run over what is there; perhaps only until they are killed. */
async function run(store: EventStore, database: Database, random: SeededRandom): Promise<void> {
  const isMortal = random.integer(3) === 0;
  const mortal = isMortal ? createMortalDatabase(database, random.integer(120)) : database;
  try {
    await using views = await createViews({
      store,
      database: mortal,
      views: allViews,
      batchChanges: 1 + random.integer(random.pick([1, 5, 100])),
      after: () => () => {},
    });
    await views.caughtUp();
  } catch (error) {
    if (!isMortal || !/killed/.test(String(error))) throw error;
    deaths.count += 1;
  }
}

/** Puts events, some at a time, and takes some away by every way there is, with views that run now and then. */
async function live(store: EventStore, database: Database, { random, events, clock }: Life): Promise<void> {
  for (let next = 0; next < events.length; ) {
    const size = 1 + random.integer(random.pick([1, 5, 40]));
    const batch = events.slice(next, next + size);
    await store.put(batch.map((event) => ({ event })));
    next += size;
    const last = batch.at(-1);
    if (last && random.integer(5) === 0) await store.withdraw(last, random.pick(events));
    if (random.integer(15) === 0) await store.retain({ maxBytes: (await store.statistics()).bytes - 500 });
    if (random.integer(20) === 0) {
      clock.nowMs = expiringSecond * 1_000;
      await store.expire();
    }
    if (random.integer(3) === 0) await run(store, database, random);
  }
  await run(store, database, random);
}

interface Life {
  readonly random: SeededRandom;
  readonly events: readonly VerifiedEvent[];
  readonly clock: { nowMs: number };
}

async function listVisible(store: EventStore): Promise<VerifiedEvent[]> {
  const events: VerifiedEvent[] = [];
  for await (const page of store.query([{}])) for (const { json } of page) events.push(JSON.parse(json));
  return events;
}

/** What the rows of engagement come to when every visible event is asked once. */
function countNaively(events: readonly VerifiedEvent[]) {
  const contributions = events.flatMap(createReadContributions(verify));
  const totals = new Map<string, { count: number; msat: number }>();
  for (const { target, amount_msat } of contributions) {
    const { count, msat } = totals.get(target) ?? { count: 0, msat: 0 };
    totals.set(target, { count: count + 1, msat: msat + amount_msat });
  }
  return { contributions, totals };
}

async function checkLife(seed: string, engine: (typeof engines)[number]): Promise<void> {
  const random = seededRandom(seed);
  const clock = { nowMs: 1_000_000_000_000 };
  const store = createMemoryStore({ now: () => clock.nowMs });
  const database = await engine.open();
  const events = createHistory(random, 30 + random.integer(120));
  await live(store, database, { random, events, clock });
  // Until then some events may be invisible and not yet gone.
  clock.nowMs = expiringSecond * 1_000;
  await store.expire();
  await using views = await createViews({ store, database, views: allViews });
  await views.caughtUp();
  const rows = await readAll(database);
  for (const [name, { length }] of Object.entries(rows)) if (length > 0) seenTables.add(name);

  const fresh = await engine.open();
  await using other = await createViews({ store, database: fresh, views: allViews });
  await other.caughtUp();
  assert.deepEqual(rows, await readAll(fresh), 'as if built now');

  for (const { name } of random.integer(4) === 0 ? allViews : []) {
    assert.deepEqual((await views.rebuild(name, { verify: true })).differences, [], name);
    await views.rebuild(name);
  }
  assert.deepEqual(await readAll(database), rows, 'as before the rebuild');

  const { contributions, totals } = countNaively(await listVisible(store));
  assert.equal(rows.view_engagement?.length, contributions.length);
  for (const { target, zap_msat, ...counts } of rows.view_engagement_total ?? []) {
    const count = Object.values(counts).reduce<number>((sum, value) => sum + Number(value), 0);
    assert.deepEqual({ count, msat: zap_msat }, totals.get(String(target)));
    totals.delete(String(target));
  }
  assert.equal(totals.size, 0);
}

for (const engine of engines) {
  const runs = engine.name === 'sqlite' ? 30 : 4;
  describe(engine.name, { skip: engine.skip }, () => {
    test('whatever comes and goes, in whatever steps, and whenever the process dies, the rows are those of a rebuild', async () => {
      const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
      const property = fc.asyncProperty(seeds, (seed) => checkLife(`life ${seed}`, engine));
      await fc.assert(property, { seed: testSeed(), numRuns: runs, endOnFailure: true });
      assert.ok(deaths.count > runs / 2, 'processes died');
      const tables = allViews.flatMap((view) => view.tables.map(({ name }) => name));
      assert.deepEqual([...seenTables].sort(), tables.sort(), 'every table had rows');
    });
  });
}
