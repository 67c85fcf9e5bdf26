import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '@nostrata/store';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import { contentsOf, createWorld } from './test-world.ts';

test('everything is there after a restart, also what is still to be sent, and what was checked is not asked again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  try {
    await using world = await createWorld(1);
    const { network, bob } = world;
    network.relays[0]?.put(bob.profile({ name: 'Bob' }), bob.note('b1'));
    const first = await world.open({ store: `sqlite:${folder}` });
    assert.equal(first.isPersistent, true);
    await first.profile(bob.pubkey);
    const timeline = await first.timeline({ kinds: [1], authors: [bob.pubkey] }, { live: false });
    await timeline.loaded;
    first.setOnline(false);
    await first.publish({ kind: 1, content: 'written offline', tags: [] });
    await first.stop();
    await first.stop();
    world.takeRequests();
    const second = await world.open({ store: `sqlite:${folder}` });
    assert.deepEqual((await second.profile(bob.pubkey)).state, 'fresh');
    const again = await second.timeline({ kinds: [1], authors: [bob.pubkey] }, { live: false });
    await again.loaded;
    assert.deepEqual(contentsOf(again.events), ['b1']);
    assert.equal(world.takeRequests(), 0);
    await (await second.publications())[0]?.settled;
    assert.equal(network.relays[0]?.events({ search: undefined, kinds: [1] } as never).length, 2);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what a store held before a core was opened over it is found, also by who asks before the views have caught up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  try {
    await using world = await createWorld(0);
    const people = Array.from({ length: 500 }, (_, index) => createEventBuilder(`person ${index}`));
    {
      await using store = await openStore(`sqlite:${folder}`, { now: Date.now });
      await store.put(people.map((person) => ({ event: person.profile({ name: 'here' }) })));
    }
    const core = await world.open({ store: `sqlite:${folder}` });
    const last = people.at(-1)?.pubkey ?? '';
    await waitUntil(async () => (await core.profile(last, { policy: 'cache-only' })).value?.name === 'here', {
      what: 'the views',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('people are found by name and their followers counted, from what is here and without a relay', async () => {
  await using world = await createWorld(1);
  const { alice, bob, carol } = world;
  const core = await world.open();
  const events = [bob.profile({ name: 'Bobby' }), alice.follows([bob.pubkey]), carol.follows([bob.pubkey])];
  for (const event of events) await core.publish(event, { relays: [] });
  assert.deepEqual(
    (await core.searchProfiles('bob')).map(({ pubkey }) => pubkey),
    [bob.pubkey],
  );
  assert.deepEqual(await core.searchProfiles('alice'), []);
  assert.equal(await core.countFollowers(bob.pubkey), 2);
  assert.equal(await core.countFollowers(alice.pubkey), 0);
  assert.equal(world.takeRequests(), 0);
});

test('warming loads the people and those whom they follow, once', async () => {
  await using world = await createWorld(2);
  const { network, alice } = world;
  const friends = Array.from({ length: 30 }, (_, index) => createEventBuilder(`friend ${index}`));
  network.relays[0]?.put(alice.follows(friends.map(({ pubkey }) => pubkey)));
  for (const friend of friends) network.relays[1]?.put(friend.profile({ name: 'friend' }));
  const core = await world.open();
  const report = await core.warm([alice.pubkey]);
  assert.equal(report.people, 31);
  assert.ok(world.takeRequests() <= 12);
  for (const { pubkey } of friends) assert.equal((await core.profile(pubkey)).state, 'fresh');
  assert.equal(world.takeRequests(), 0);
  const second = await core.warm([alice.pubkey]);
  assert.equal(second.refreshed, 0);
});

test('people are kept warm while online, and no longer when it is ended', async () => {
  await using world = await createWorld(1);
  const { network, bob, clock } = world;
  network.relays[0]?.put(bob.profile({ name: 'one' }));
  const core = await world.open();
  const end = core.keepWarm([bob.pubkey], { everyMs: 60_000 });
  const nameOf = async (): Promise<string | undefined> =>
    (await core.profile(bob.pubkey, { policy: 'cache-only' })).value?.name;
  await waitUntil(async () => (await nameOf()) === 'one', { what: 'the first round' });
  network.relays[0]?.put(bob.profile({ name: 'two' }));
  // A jump while relays are asked is a deadline to them.
  await waitUntil(
    async () => {
      await network.settle();
      clock.jump(3_600_000);
      await network.settle();
      return (await nameOf()) === 'two';
    },
    { what: 'a later round' },
  );
  end();
  world.takeRequests();
  clock.jump(24 * 3_600_000);
  assert.equal(world.takeRequests(), 0);
});

test('without budget nothing is refreshed that nobody waits for', async () => {
  await using world = await createWorld(1);
  const { network, bob, clock } = world;
  network.relays[0]?.put(bob.profile({ name: 'Bob' }));
  const core = await world.open({ budget: { backgroundBytesPerHour: 1 } });
  await core.profile(bob.pubkey);
  clock.jump(3_600_000 / 2);
  const loaded = await core.profile(bob.pubkey, { freshForMs: 1 });
  assert.deepEqual([loaded.state, loaded.refresh], ['stale', undefined]);
});

test('retention spares own events, profiles and lists, and what was removed is asked for again', async () => {
  await using world = await createWorld(1);
  const { network, alice, bob, clock } = world;
  network.relays[0]?.put(bob.note('old'), bob.profile({ name: 'Bob' }));
  const core = await world.open();
  const filter = { kinds: [1], authors: [alice.pubkey, bob.pubkey] };
  await (await core.timeline(filter, { live: false })).loaded;
  await core.profile(bob.pubkey);
  await core.publish({ kind: 1, content: 'mine', tags: [] });
  clock.jump(10 * 86_400_000);
  const report = await core.retain({ maxAgeSeconds: 86_400 });
  assert.equal(report.removed, 1);
  assert.deepEqual(contentsOf(await core.list(filter)), ['mine']);
  assert.equal((await core.profile(bob.pubkey, { policy: 'cache-only' })).value?.name, 'Bob');
});

test('the figures tell hits from waits and count what was avoided', async () => {
  await using world = await createWorld(1);
  const { network, bob } = world;
  network.relays[0]?.put(bob.profile({ name: 'Bob' }));
  const core = await world.open();
  for (let read = 0; read < 100; read += 1) await core.profile(bob.pubkey);
  const figures = core.figures();
  assert.equal(figures.reads, 100);
  assert.equal(figures.waited, 1);
  assert.equal(figures.hitRate, 0.99);
  assert.ok(figures.requestsAvoided >= 0.97, String(figures.requestsAvoided));
  assert.match(core.metrics(), /nostrata_core_reads_total\{result="hit"\} 99/);
});

test('a relay URL of the application that is none is refused at once', async () => {
  await using world = await createWorld(0);
  await assert.rejects(world.open({ relays: ['https://example.com'] }), /use wss:/);
  await assert.rejects(world.open({ store: 'mongo:x' }), /not known/);
});

test('reading and writing without a signer: the one works, the other says what is missing', async () => {
  await using world = await createWorld(1);
  const core = await world.open({ signer: undefined });
  assert.equal(await core.pubkey(), undefined);
  assert.equal((await core.profile(world.bob.pubkey)).state, 'missing');
  await assert.rejects(core.publish({ kind: 1, content: 'x', tags: [] }), { name: 'SignerError', fault: 'read-only' });
  await assert.rejects(
    core.edit({ kind: 3 }, () => {}),
    { name: 'SignerError' },
  );
});

test('what another program has stored is read in full once the core has caught up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  try {
    await using world = await createWorld(0);
    const people = Array.from({ length: 30 }, (_, index) => createEventBuilder(`person ${index}`));
    {
      await using store = await openStore(`sqlite:${folder}`, { now: world.clock.now });
      await store.put(Array.from({ length: 3_000 }, (_, index) => ({ event: world.bob.note(`note ${index}`) })));
      await store.put(people.map((person) => ({ event: person.profile({ name: 'there' }) })));
    }
    const core = await world.open({ store: `sqlite:${folder}` });
    await core.caughtUp();
    for (const { pubkey } of people) {
      assert.equal((await core.profile(pubkey, { policy: 'cache-only' })).value?.name, 'there');
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
