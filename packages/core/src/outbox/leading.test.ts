import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '@nostrata/testing';
import type { Core } from '../core.ts';
import { createWorld, type World } from '../test-world.ts';

/** Two cores over one folder, as two programs would be. */
async function withTwo(work: (leader: Core, other: Core, world: World) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  try {
    await using world = await createWorld(2);
    const leader = await world.open({ store: `sqlite:${folder}` });
    const other = await world.open({ store: `sqlite:${folder}` });
    await work(leader, other, world);
    assert.deepEqual(world.failures, []);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('of two programs over one store one sends, each event once, and the other is told', async () => {
  await withTwo(async (leader, other, { network }) => {
    const [own, theirs] = [
      await leader.publish({ kind: 1, content: 'by the leader', tags: [] }),
      await other.publish({ kind: 1, content: 'by the other', tags: [] }),
    ];
    assert.equal((await own.settled).status, 'delivered');
    assert.equal((await theirs.settled).status, 'delivered');
    for (const relay of network.relays) {
      assert.equal(relay.events({ kinds: [1] }).length, 2);
      assert.equal(relay.ledger.events.length, 2);
    }
    assert.deepEqual([leader.pending(), other.pending()], [[], []]);
  });
});

test('when the program that sends ends, the other takes over', async () => {
  await withTwo(async (leader, other, { network }) => {
    leader.setOnline(false);
    const waiting = await leader.publish({ kind: 1, content: 'left behind', tags: [] });
    await leader.stop();
    await waitUntil(() => network.relays.every((relay) => relay.has(waiting.id)), { what: 'the other to send it' });
    await waitUntil(() => other.pending().length === 0, { what: 'it to be settled' });
    for (const relay of network.relays) assert.equal(relay.ledger.events.length, 1);
  });
});

test('what the other program has published is taken back before it is sent, or not at all', async () => {
  await withTwo(async (_leader, other, { network, clock }) => {
    const mistake = await other.publish({ kind: 1, content: 'mistake', tags: [] }, { undoMs: 60_000 });
    assert.equal(await mistake.cancel(), true);
    clock.jump(120_000);
    const late = await other.publish({ kind: 1, content: 'late', tags: [] });
    await late.settled;
    assert.equal(await late.cancel(), false);
    for (const relay of network.relays) assert.equal(relay.has(mistake.id), false);
  });
});
