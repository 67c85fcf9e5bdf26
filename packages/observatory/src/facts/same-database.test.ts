import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import { type Change, type EventStore, openStore, type Seq } from '@nostrata/store';
import { seededRandom, startPostgres, testSeed } from '@nostrata/testing';
import { createViews, viewsPragmas } from '@nostrata/views';
import { createFacts } from './facts.ts';
import { createStatisticsViews } from './statistics-view.ts';
import { migrateFacts } from './tables.ts';
import { createHistory } from './test-history.ts';
import { countNaively } from './test-naive.ts';
import { readFacts } from './test-rows.ts';

const server = await startPostgres();
const folder = mkdtempSync(join(tmpdir(), 'nostrata-facts-'));
after(async () => {
  if (server.isAvailable) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const places = [
  {
    name: 'one file of SQLite',
    skip: false as const,
    create: async () => ({
      store: `sqlite:${join(folder, 'store')}`,
      open: async () => openFile(join(folder, 'statistics.db')),
    }),
  },
  {
    name: 'one database of PostgreSQL',
    skip: server.isAvailable ? (false as const) : server.reason,
    create: async () => {
      const url = server.isAvailable ? await server.createDatabase() : '';
      return { store: `${url}?poolSize=3`, open: async () => await openPostgres(url, { poolSize: 3 }) };
    },
  },
];

const openFile = (path: string): Database => openSqlite(path, { pragmas: viewsPragmas });

/** What runs in one process: a store, the views, and a collector that counts beside the log. */
async function start(store: EventStore, database: Database, batchChanges: number) {
  const all = createStatisticsViews({ secret: new Uint8Array(32), verify: () => true });
  const views = await createViews({ store, database, views: all, batchChanges });
  const facts = createFacts({ database });
  return { store, views, facts };
}

for (const { name, skip, create } of places) {
  test(`two processes apply one log and count beside it: ${name}`, { skip }, async () => {
    const place = await create();
    const options = { now: () => 1_600_000_000_000 };
    await using firstStore = await openStore(place.store, options);
    await using secondStore = await openStore(place.store, options);
    await using firstDatabase = await place.open();
    await using secondDatabase = await place.open();
    await migrateFacts(firstDatabase);
    await migrateFacts(secondDatabase);
    const first = await start(firstStore, firstDatabase, 30);
    const second = await start(secondStore, secondDatabase, 50);
    await using _firstViews = first.views;
    await using _secondViews = second.views;
    const events = createHistory(seededRandom(`two processes ${testSeed()}`), 500);
    const observed = new Map<string, NostrEvent>();
    for (let i = 0; i < events.length; i += 25) {
      const { store } = i % 50 === 0 ? first : second;
      const batch = events.slice(i, i + 25);
      const results = await store.put(batch.map((event) => ({ event })));
      const beside = batch.filter((_, at) => ['superseded', 'ephemeral'].includes(results[at]?.outcome ?? ''));
      for (const event of beside) observed.set(event.id, event);
      // Both saw them, at the same moment, while both may be applying the log.
      await Promise.all([first.facts.observe(beside), second.facts.observe(beside)]);
    }
    const end = firstStore.lastSeq() > secondStore.lastSeq() ? firstStore.lastSeq() : secondStore.lastSeq();
    await Promise.all([first.views.caughtUp(end), second.views.caughtUp(end)]);
    const facts = await readFacts(secondDatabase);
    const put = new Map(events.map((event) => [event.id, event]));
    for (const [table, rows] of Object.entries(countNaively(await readLog(firstStore), { put, observed }))) {
      assert.deepEqual(facts[table], rows, table);
    }
    assert.deepEqual((await second.views.rebuild('statistics', { verify: true })).differences, []);
    assert.deepEqual(await readFacts(firstDatabase), facts);
  });
}

async function readLog(store: EventStore): Promise<Change[]> {
  const changes: Change[] = [];
  for (;;) {
    const page = await store.changes(changes.at(-1)?.seq ?? (0 as Seq));
    changes.push(...page);
    if (page.length === 0) return changes;
  }
}
