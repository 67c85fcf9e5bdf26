import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Database, DatabaseError, openSqlite, type Queryable } from '@nostrata/database';
import { type EventStore, openStore, StoreError } from '@nostrata/store';
import { waitUntil } from '@nostrata/testing';
import type { Storage } from '../contract.ts';
import { contentsOf, createWorld, type World, waitForStatus } from '../test-world.ts';

/** Storage in memory whose two parts can be full: nothing is written then, as on a disk without room. */
async function openTightStorage(world: World) {
  const store = await openStore('memory:', { now: world.clock.now });
  const [database, viewsDatabase] = [openSqlite(':memory:'), openSqlite(':memory:')];
  const tight = {
    onPut: undefined as (() => void) | undefined,
    isDatabaseFull: false as boolean | ((sql: string) => boolean),
  };
  const checked = (queryable: Queryable): Queryable => ({
    query: async (sql, parameters) => {
      const { isDatabaseFull } = tight;
      const isHit = typeof isDatabaseFull === 'function' ? isDatabaseFull(sql) : isDatabaseFull;
      if (isHit && !sql.startsWith('SELECT')) throw new DatabaseError('full', 'there is no room left for core.db');
      return await queryable.query(sql, parameters);
    },
  });
  const tightDatabase: Database = {
    dialect: 'sqlite',
    query: checked(database).query,
    transaction: (work) => database.transaction((transaction) => work(checked(transaction))),
    close: () => database.close(),
    [Symbol.asyncDispose]: () => database.close(),
  };
  const tightStore: EventStore = new Proxy(store, {
    get: (target, name) => {
      if (name === 'put' && tight.onPut) return async () => tight.onPut?.();
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const storage: Storage = { store: tightStore, database: tightDatabase, viewsDatabase };
  return { tight, storage };
}

const note = (content: string) => ({ kind: 1, content, tags: [] });

test('where the outbox has no room nothing is published, and the error says so', async () => {
  await using world = await createWorld(1);
  const { tight, storage } = await openTightStorage(world);
  const core = await world.open({ store: storage });
  tight.isDatabaseFull = true;
  await assert.rejects(core.publish(note('lost')), { name: 'PublishError', fault: 'full' });
  await assert.rejects(core.publish(note('lost too'), { awaitSignature: {} }), { name: 'PublishError', fault: 'full' });
  assert.deepEqual([core.pending(), await core.list({ kinds: [1] })], [[], []]);
  tight.isDatabaseFull = false;
  await (await core.publish(note('kept'))).settled;
  assert.deepEqual(contentsOf(world.network.relay(0).events({ kinds: [1] })), ['kept']);
});

test('what the store had no room for is not sent later, though the outbox had it already', async () => {
  await using world = await createWorld(1);
  const { tight, storage } = await openTightStorage(world);
  const core = await world.open({ store: storage });
  await (await core.publish(note('before'))).settled;
  // Even the record that was written cannot be removed for now.
  tight.onPut = () => {
    tight.isDatabaseFull = true;
    throw new StoreError('there is no room left for events.db', { fault: 'full' });
  };
  await assert.rejects(core.publish(note('refused')), { name: 'PublishError', fault: 'full' });
  assert.deepEqual(core.pending(), []);
  assert.equal((await core.publications()).length, 2, 'the record is still there');
  assert.deepEqual(contentsOf(await core.list({ kinds: [1] })), ['before']);
  tight.onPut = undefined;
  tight.isDatabaseFull = false;
  world.clock.jump(60_000);
  await (await core.publish(note('after'))).settled;
  await waitUntil(async () => (await core.publications()).length === 2, { what: 'the record to be gone' });
  assert.deepEqual(contentsOf(world.network.relay(0).events({ kinds: [1] })).sort(), ['after', 'before']);
});

test('a relay that has acknowledged is not sent to again, though the answer could not be written', async () => {
  await using world = await createWorld(1);
  const { tight, storage } = await openTightStorage(world);
  const core = await world.open({ store: storage });
  core.setOnline(false);
  const publication = await core.publish(note('once'));
  // There is room for the decision to send, and none for what came of it.
  let writes = 0;
  tight.isDatabaseFull = (sql) => {
    if (sql.startsWith('UPDATE core_target')) writes += 1;
    return writes > 1;
  };
  core.setOnline(true);
  await waitUntil(() => core.pending()[0]?.targets[0]?.state === 'retry', { what: 'the answer that was not written' });
  assert.equal(core.pending()[0]?.targets[0]?.mayHaveIt, true);
  assert.equal(await publication.cancel(), false);
  tight.isDatabaseFull = false;
  world.clock.jump(20_000);
  await waitForStatus(core, publication.id, 'delivered');
  assert.equal(world.network.relay(0).ledger.events.length, 1);
});

test('a publication that cannot be settled for want of room is settled when there is room', async () => {
  await using world = await createWorld(1);
  const { tight, storage } = await openTightStorage(world);
  const core = await world.open({ store: storage });
  tight.isDatabaseFull = (sql) => sql.startsWith('UPDATE core_publication SET state');
  const publication = await core.publish(note('done'));
  await waitUntil(() => core.pending()[0]?.targets[0]?.state === 'delivered', { what: 'the relay to have it' });
  await waitUntil(() => world.failures.length > 0, { what: 'the failure to be told' });
  assert.equal(core.pending().length, 1);
  tight.isDatabaseFull = false;
  world.clock.jump(20_000);
  assert.equal((await publication.settled).status, 'delivered');
  assert.deepEqual(core.pending(), []);
});
