import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqlite } from '@nostrata/database';
import { type Change, openStore, type RemovedChange, toSeq } from '@nostrata/store';
import { seededRandom, testSeed, waitUntil } from '@nostrata/testing';
import type { Core } from '../core.ts';
import { contentsOf, createWorld, type World } from '../test-world.ts';
import { removalsView } from './removals.ts';

const daySeconds = 86_400;

/** A world whose relay has an old note of Bob's, and a folder for what cores keep. */
async function withFolder(work: (store: string, world: World) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  try {
    await using world = await createWorld(1);
    world.network.relay(0).put(world.bob.note('old'));
    await work(`sqlite:${folder}`, world);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function look(core: Core, { bob }: World): Promise<string[]> {
  await using timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] }, { live: false });
  await timeline.loaded;
  return contentsOf(await core.list({ kinds: [1], authors: [bob.pubkey] }));
}

function askedForNotes({ network }: World) {
  const filters = network.relay(0).ledger.requests.flatMap((request) => request.filters);
  return filters.filter(({ kinds }) => kinds?.includes(1));
}

test('what one program removed to save room another asks for again, without being started anew', async () => {
  await withFolder(async (store, world) => {
    const [one, other] = [await world.open({ store }), await world.open({ store })];
    assert.deepEqual(await look(one, world), ['old']);
    assert.deepEqual(await look(other, world), ['old']);
    world.clock.jump(10 * daySeconds * 1_000);
    assert.equal((await one.retain({ maxAgeSeconds: daySeconds })).removed, 1);
    await waitUntil(async () => (await other.list({ kinds: [1] })).length === 0, { what: 'the other to know' });
    await other.caughtUp();
    assert.deepEqual(await look(other, world), ['old']);
    assert.deepEqual(world.failures, []);
  });
});

test('what the store removed while no core was open is asked for again', async () => {
  await withFolder(async (store, world) => {
    const before = await world.open({ store });
    assert.deepEqual(await look(before, world), ['old']);
    await before.stop();
    {
      await using alone = await openStore(store, { now: () => world.clock.now() + 10 * daySeconds * 1_000 });
      assert.equal((await alone.retain({ maxAgeSeconds: daySeconds })).removed, 1);
    }
    const after = await world.open({ store });
    await after.caughtUp();
    assert.deepEqual(await look(after, world), ['old']);
    // What was asked for after that counts again, also for the next program.
    await after.stop();
    const next = await world.open({ store });
    world.clock.jump(3_600_000);
    world.takeRequests();
    await look(next, world);
    const filters = askedForNotes(world);
    assert.ok(filters.length > 0 && filters.every(({ since }) => since !== undefined), JSON.stringify(filters));
  });
});

test('a span without anything removed stays covered', async () => {
  await withFolder(async (store, world) => {
    const core = await world.open({ store });
    await look(core, world);
    world.clock.jump(10 * daySeconds * 1_000);
    assert.equal((await core.retain({ maxAgeSeconds: 20 * daySeconds })).removed, 0);
    world.takeRequests();
    await look(core, world);
    const filters = askedForNotes(world);
    assert.ok(filters.length > 0 && filters.every(({ since }) => since !== undefined), JSON.stringify(filters));
  });
});

test('the rows of removals are the same however the log was cut into batches', async () => {
  const random = seededRandom(`removals ${testSeed()}`);
  for (let round = 0; round < 50; round += 1) {
    const changes: Change[] = Array.from({ length: 40 }, (_, index): RemovedChange => {
      const reason = random.next() < 0.7 ? 'retained' : 'replaced';
      const created_at = random.integer(100);
      return { type: 'removed', seq: toSeq(index + 1), id: '', pubkey: '', kind: 1, created_at, reason };
    });
    const rowsOf = async (sizeMax: number): Promise<unknown> => {
      await using database = openSqlite(':memory:');
      for (const statement of removalsView.tables[0]?.statements ?? []) await database.query(statement);
      for (let start = 0; start < changes.length; ) {
        const end = start + 1 + random.integer(sizeMax);
        const batch = changes.slice(start, end);
        await database.transaction((transaction) =>
          removalsView.apply(batch, {
            dialect: 'sqlite',
            isShadow: false,
            query: (...given) => transaction.query(...given),
          }),
        );
        start = end;
      }
      return (await database.query('SELECT seq, second FROM view_removal ORDER BY seq')).map((row) => ({ ...row }));
    };
    const expected = changes
      .filter((one) => one.type === 'removed' && one.reason === 'retained')
      .map((one) => ({ seq: Number(one.seq), second: one.type === 'removed' ? one.created_at : 0 }))
      .filter(({ seq, second }, _, all) => all.every((other) => other.seq <= seq || other.second < second));
    assert.deepEqual(await rowsOf(1), expected);
    assert.deepEqual(await rowsOf(20), expected);
  }
});
