import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '@nostrata/testing';
import { createWorld } from '../test-world.ts';

test('a watch gives the answer of the store first, and then each newer one, also by another way', async () => {
  await using world = await createWorld(1);
  const { network, bob } = world;
  network.relays[0]?.put(bob.profile({ name: 'one' }));
  const core = await world.open();
  await core.profile(bob.pubkey);
  const seen: (string | undefined)[] = [];
  const controller = new AbortController();
  const watching = (async () => {
    for await (const { value } of core.watch('profile', bob.pubkey, { signal: controller.signal }))
      seen.push(value?.name);
  })();
  await waitUntil(() => seen.at(-1) === 'one', { what: 'the first answer' });
  await core.publish(bob.profile({ name: 'two' }), { relays: [] });
  await waitUntil(() => seen.at(-1) === 'two', { what: 'the change' });
  network.relays[0]?.put(bob.profile({ name: 'three' }));
  world.clock.jump(3_600_000);
  await waitUntil(() => seen.at(-1) === 'three', { what: 'the refresh when the answer has run out' });
  controller.abort();
  await watching;
  assert.deepEqual(world.failures, []);
});

test('a watch of somebody unknown gives missing, and then the profile when it comes', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  const watching = core.watch('profile', world.bob.pubkey)[Symbol.asyncIterator]();
  const first: unknown = (await watching.next()).value?.state;
  assert.equal(first, 'missing');
  await core.publish(world.bob.profile({ name: 'Bob' }), { relays: [] });
  assert.equal((await watching.next()).value?.value?.name, 'Bob');
  await watching.return?.();
});
