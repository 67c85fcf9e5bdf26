import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld } from '../test-world.ts';

const hour = 3_600_000;

test('a profile that is not here is loaded, and then answered from the store without asking again', async () => {
  await using world = await createWorld();
  const { network, bob } = world;
  network.relays[0]?.put(bob.profile({ name: 'Bob' }));
  const core = await world.open();
  const first = await core.profile(bob.pubkey);
  assert.equal(first.value?.name, 'Bob');
  assert.deepEqual([first.state, first.source], ['fresh', 'relay']);
  assert.deepEqual(first.relays, network.urls);
  world.takeRequests();
  const second = await core.profile(bob.pubkey);
  assert.equal(second.value?.name, 'Bob');
  assert.deepEqual([second.state, second.source, second.refresh], ['fresh', 'store', undefined]);
  assert.equal(world.takeRequests(), 0);
  assert.deepEqual(world.failures, []);
});

test('a profile older than an hour is answered at once and refreshed behind the answer', async () => {
  await using world = await createWorld();
  const { network, bob, clock } = world;
  const [relay] = network.relays;
  relay?.put(bob.profile({ name: 'Bob' }));
  const core = await world.open();
  await core.profile(bob.pubkey);
  relay?.put(bob.profile({ name: 'Robert' }));
  clock.jump(hour);
  const stale = await core.profile(bob.pubkey);
  assert.deepEqual([stale.value?.name, stale.state], ['Bob', 'stale']);
  const refreshed = await stale.refresh;
  assert.deepEqual([refreshed?.value?.name, refreshed?.state], ['Robert', 'fresh']);
  assert.equal((await core.profile(bob.pubkey)).value?.name, 'Robert');
});

test('what is not there is remembered, and asked again after its time', async () => {
  await using world = await createWorld();
  const { network, bob, clock } = world;
  const core = await world.open();
  assert.equal((await core.profile(bob.pubkey)).state, 'missing');
  world.takeRequests();
  assert.equal((await core.profile(bob.pubkey)).state, 'missing');
  assert.equal(world.takeRequests(), 0);
  network.relays[0]?.put(bob.profile({ name: 'Bob' }));
  clock.jump(5 * 60_000);
  assert.equal((await core.profile(bob.pubkey)).value?.name, 'Bob');
});

test('many reads of one moment share few requests', async () => {
  await using world = await createWorld();
  const { network, alice, bob, carol } = world;
  for (const author of [alice, bob, carol]) network.relays[0]?.put(author.profile({ name: author.pubkey.slice(0, 4) }));
  const core = await world.open();
  await Promise.all([alice, bob, carol].map((author) => core.relayList(author.pubkey)));
  world.takeRequests();
  const reads = [alice, bob, carol, alice, bob].map((author) => core.profile(author.pubkey));
  for (const { state } of await Promise.all(reads)) assert.equal(state, 'fresh');
  assert.equal(world.takeRequests(), 1);
});

test('offline everything that is here is answered, and nothing waits', async () => {
  await using world = await createWorld();
  const { network, bob, carol, clock } = world;
  const note = bob.note('hello');
  network.relays[0]?.put(bob.profile({ name: 'Bob' }), note);
  const core = await world.open();
  await core.profile(bob.pubkey);
  await core.event(note.id);
  core.setOnline(false);
  clock.jump(48 * hour);
  const startedMs = performance.now();
  assert.equal((await core.profile(bob.pubkey)).value?.name, 'Bob');
  assert.equal((await core.event(note.id)).value?.content, 'hello');
  assert.equal((await core.profile(carol.pubkey)).state, 'missing');
  assert.ok(performance.now() - startedMs < 500);
});

test('an event that was deleted elsewhere goes when its freshness has run out', async () => {
  await using world = await createWorld();
  const { network, bob, clock } = world;
  const note = bob.note('oops');
  const [relay] = network.relays;
  relay?.put(note);
  const core = await world.open();
  assert.equal((await core.event(note.id)).value?.content, 'oops');
  relay?.put(bob.deletion([note]));
  clock.jump(6 * 60_000);
  const stale = await core.event(note.id);
  assert.equal(stale.value?.content, 'oops');
  assert.equal((await stale.refresh)?.state, 'missing');
  assert.equal((await core.event(note.id)).value, undefined);
});

test('each policy treats the network as its name says', async () => {
  await using world = await createWorld();
  const { network, bob, clock } = world;
  const [relay] = network.relays;
  const core = await world.open();
  assert.equal((await core.profile(bob.pubkey, { policy: 'cache-only' })).state, 'missing');
  assert.equal(world.takeRequests(), 0);
  relay?.put(bob.profile({ name: 'one' }));
  assert.equal((await core.profile(bob.pubkey, { policy: 'network-only' })).value?.name, 'one');
  relay?.put(bob.profile({ name: 'two' }));
  assert.equal((await core.profile(bob.pubkey, { policy: 'cache-first' })).value?.name, 'one');
  assert.equal((await core.profile(bob.pubkey, { policy: 'network-first' })).value?.name, 'two');
  relay?.put(bob.profile({ name: 'three' }));
  clock.jump(hour);
  assert.equal((await core.profile(bob.pubkey, { policy: 'cache-first' })).value?.name, 'three');
  relay?.set({ silent: true });
  const first = await core.profile(bob.pubkey, { policy: 'network-first', deadlineMs: 50 });
  assert.equal(first.value?.name, 'three');
  assert.equal(
    (await core.profile(bob.pubkey, { policy: 'network-only', deadlineMs: 50, freshForMs: 0 })).value,
    undefined,
  );
});

test('a read ends with its signal, and the refresh goes on for others', async () => {
  await using world = await createWorld();
  const { network, bob } = world;
  network.relays[0]?.put(bob.profile({ name: 'Bob' }));
  network.relays[0]?.set({ latencyMs: 200 });
  const core = await world.open();
  const controller = new AbortController();
  const other = core.profile(bob.pubkey);
  const aborted = core.profile(bob.pubkey, { signal: controller.signal });
  controller.abort(new Error('no longer wanted'));
  await assert.rejects(aborted, /no longer wanted/);
  assert.equal((await other).value?.name, 'Bob');
});

test('names of people and events are read in every spelling, and nonsense is refused', async () => {
  await using world = await createWorld();
  const core = await world.open();
  for (const wrong of ['', 'npub1xyz', 'bob', 'a'.repeat(63), 'A'.repeat(64)]) {
    await assert.rejects(core.profile(wrong), { name: 'InvalidError' });
    await assert.rejects(core.event(wrong), { name: 'InvalidError' });
  }
});

test('a forged copy on one relay does not hide the genuine event on another', async () => {
  await using world = await createWorld(2);
  const { network, bob } = world;
  const [liar, honest] = network.relays;
  const note = bob.note('genuine');
  liar?.put(note);
  honest?.put(note);
  liar?.set({ forge: { share: 1, part: 'body' } });
  honest?.set({ latencyMs: 100 });
  const core = await world.open();
  assert.equal((await core.event(note.id)).value?.content, 'genuine');
  assert.equal(core.figures().eventsForged, 1);
});

test('a person not known yet is asked for where profiles are collected, and else at the relays of that person', async () => {
  await using world = await createWorld(3);
  const { network, bob, carol, clock } = world;
  const [app, index, own] = network.relays;
  for (const author of [bob, carol]) index?.put(author.event({ kind: 10_002, tags: [['r', own?.url ?? '']] }));
  index?.put(bob.profile({ name: 'from the index' }));
  own?.put(bob.profile({ name: 'newest' }), carol.profile({ name: 'only at home' }));
  const core = await world.open({ relays: [app?.url ?? ''], lookupRelays: [index?.url ?? ''] });
  const first = await core.profile(bob.pubkey);
  assert.deepEqual([first.value?.name, first.relays], ['from the index', [index?.url]]);
  assert.equal(world.takeRequests(), 1);
  assert.equal((await core.profile(carol.pubkey)).value?.name, 'only at home');
  clock.jump(hour);
  const stale = await core.profile(bob.pubkey);
  assert.equal((await stale.refresh)?.value?.name, 'newest');
});

test('the relay list of somebody not known yet comes with the profile, in the same request', async () => {
  await using world = await createWorld(2);
  const { network, bob, clock } = world;
  const [index, own] = network.relays;
  index?.put(bob.profile({ name: 'one' }), bob.event({ kind: 10_002, tags: [['r', own?.url ?? '']] }));
  own?.put(bob.profile({ name: 'two' }));
  const core = await world.open({ relays: [index?.url ?? ''] });
  assert.equal((await core.profile(bob.pubkey)).value?.name, 'one');
  assert.equal((await core.relayList(bob.pubkey)).value?.relays[0]?.url, own?.url);
  assert.equal(world.takeRequests(), 1);
  clock.jump(hour);
  assert.equal((await (await core.profile(bob.pubkey)).refresh)?.value?.name, 'two');
  assert.equal(world.takeRequests(), 1);
});
