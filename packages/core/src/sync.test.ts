import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld } from './test-world.ts';

test('a sync brings what either side lacks, and says how far it is', async () => {
  await using world = await createWorld(2);
  const { network, alice, bob } = world;
  const theirs = [bob.note('theirs 1'), bob.note('theirs 2')];
  network.relays[0]?.put(...theirs);
  network.relays[1]?.set({ negentropy: 'off' });
  const core = await world.open();
  const own = alice.note('own');
  await core.publish(own, { relays: [] });
  const ends: (readonly [string, string])[] = [];
  for await (const { relay, phase, method } of core.sync({ kinds: [1] })) {
    if (phase === 'done' || phase === 'failed') ends.push([relay, `${phase} ${method}`]);
  }
  assert.deepEqual(ends, [
    [network.urls[0], 'done negentropy'],
    [network.urls[1], 'done paging'],
  ]);
  for (const relay of network.relays) assert.equal(relay.events({ kinds: [1] }).length, 3);
  assert.equal((await core.list({ kinds: [1] })).length, 3);
});
