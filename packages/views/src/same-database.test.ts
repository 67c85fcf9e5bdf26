import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openPostgres, openSqlite } from '@nostrata/database';
import { openStore } from '@nostrata/store';
import { seededRandom, startPostgres, testSeed } from '@nostrata/testing';
import { createAllViews } from './all-views.ts';
import { createHistory } from './test-history.ts';
import { readRows } from './test-world.ts';
import { createViews } from './views.ts';

const server = await startPostgres();
after(async () => {
  if (server.isAvailable) await server.stop();
});
const skip = server.isAvailable ? false : server.reason;

test('views live in the database of a PostgreSQL store, and two machines share them', { skip }, async () => {
  const url = server.isAvailable ? await server.createDatabase() : '';
  const options = { now: () => 1_600_000_000_000 };
  const views = createAllViews({ verify: () => true });
  await using first = await openStore(`${url}?poolSize=3`, options);
  await using second = await openStore(`${url}?poolSize=3`, options);
  await using firstDatabase = await openPostgres(url, { poolSize: 2 });
  await using secondDatabase = await openPostgres(url, { poolSize: 2 });
  {
    await using here = await createViews({ store: first, database: firstDatabase, views, batchChanges: 50 });
    await using there = await createViews({ store: second, database: secondDatabase, views, batchChanges: 30 });
    const events = createHistory(seededRandom(`same database ${testSeed()}`), 600);
    for (let i = 0; i < events.length; i += 20) {
      const store = i % 40 === 0 ? first : second;
      await store.put(events.slice(i, i + 20).map((event) => ({ event })));
    }
    const end = first.lastSeq() > second.lastSeq() ? first.lastSeq() : second.lastSeq();
    await Promise.all([here.caughtUp(end), there.caughtUp(end)]);
    for (const { name } of views) assert.deepEqual((await here.rebuild(name, { verify: true })).differences, [], name);
  }
  await first.rebuild();
  await using fresh = openSqlite(':memory:');
  await using running = await createViews({ store: first, database: fresh, views });
  await running.caughtUp();
  for (const view of views) {
    assert.deepEqual(await readRows(secondDatabase, view), await readRows(fresh, view), view.name);
  }
});
