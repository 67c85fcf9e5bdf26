import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '@nostrata/testing';
import type { Timeline } from '../contract.ts';
import { contentsOf, createWorld, startSeconds } from '../test-world.ts';

async function waitForContents(timeline: Timeline, contents: readonly string[]): Promise<void> {
  await waitUntil(() => contentsOf(timeline.events).join() === contents.join(), {
    what: `${contents.join()}, there is ${contentsOf(timeline.events).join()}`,
  });
}

test('a timeline shows the store first, then what relays have, newest first', async () => {
  await using world = await createWorld(2);
  const { network, alice, bob } = world;
  network.relays[0]?.put(bob.note('b1'), bob.note('b2'));
  network.relays[1]?.put(alice.note('a1', { created_at: startSeconds + 5 }));
  const core = await world.open();
  await core.publish({ kind: 1, content: 'mine', tags: [], created_at: startSeconds + 9 });
  await using timeline = await core.timeline({ kinds: [1], authors: [alice.pubkey, bob.pubkey] });
  assert.deepEqual(contentsOf(timeline.events), ['mine']);
  await timeline.loaded;
  await waitForContents(timeline, ['mine', 'a1', 'b2', 'b1']);
  assert.equal(timeline.state, 'live');
});

test('new events come by themselves, also by another way, and deleted ones go', async () => {
  await using world = await createWorld(1);
  const { network, bob } = world;
  const core = await world.open();
  await using timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] });
  await timeline.loaded;
  const live = bob.note('live');
  network.relays[0]?.announce(live);
  await waitForContents(timeline, ['live']);
  const other = bob.note('other way');
  await core.publish(other, { relays: [] });
  await waitForContents(timeline, ['other way', 'live']);
  await core.publish(bob.deletion([live]), { relays: [] });
  await waitForContents(timeline, ['other way']);
});

test('newer events are held back and counted where that is wanted', async () => {
  await using world = await createWorld(1);
  const { network, bob } = world;
  network.relays[0]?.put(bob.note('old'));
  const core = await world.open();
  await using timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] }, { hold: true });
  await timeline.loaded;
  await waitForContents(timeline, ['old']);
  network.relays[0]?.announce(bob.note('new'));
  await waitUntil(() => timeline.newCount === 1, { what: 'the new one to be counted' });
  assert.deepEqual(contentsOf(timeline.events), ['old']);
  timeline.showNew();
  assert.deepEqual(contentsOf(timeline.events), ['new', 'old']);
  assert.equal(timeline.newCount, 0);
});

test('paging backwards reaches the end, through the gaps that relays fill, each event once', async () => {
  await using world = await createWorld(2);
  const { network, bob } = world;
  // Pairs share a second, and each relay has only some of them.
  const notes = Array.from({ length: 60 }, (_, index) =>
    bob.note(String(index), { created_at: startSeconds + Math.floor(index / 2) }),
  );
  for (const [index, note] of notes.entries()) network.relays[index % 3 === 0 ? 0 : 1]?.put(note);
  const core = await world.open();
  await using timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] }, { pageSize: 10 });
  await timeline.loaded;
  for (let page = 0; page < 20 && (await timeline.older()); page += 1);
  assert.deepEqual(
    contentsOf(timeline.events)
      .map(Number)
      .sort((a, b) => a - b),
    notes.map((_, index) => index),
  );
  assert.equal(await timeline.older(), false);
  world.takeRequests();
  await using again = await core.timeline({ kinds: [1], authors: [bob.pubkey] }, { pageSize: 10, live: false });
  while (await again.older());
  assert.equal(again.events.length, 60);
  assert.equal(world.takeRequests(), 0);
});

test('a warm timeline asks only for what is new, and a cold author beside warm ones is asked for whole', async () => {
  await using world = await createWorld(1);
  const { network, alice, bob, clock } = world;
  const [relay] = network.relays;
  relay?.put(bob.note('b1', { created_at: startSeconds + 2 }), alice.note('a1', { created_at: startSeconds + 1 }));
  const core = await world.open();
  {
    await using first = await core.timeline({ kinds: [1], authors: [bob.pubkey] });
    await first.loaded;
  }
  clock.jump(3_600_000);
  relay?.put(bob.note('b2', { created_at: startSeconds + 7_000 }));
  relay?.resetLedger();
  await using second = await core.timeline({ kinds: [1], authors: [bob.pubkey, alice.pubkey] });
  await second.loaded;
  await waitForContents(second, ['b2', 'b1', 'a1']);
  const filters = relay?.ledger.requests.flatMap((request) => request.filters) ?? [];
  const warm = filters.find(({ authors, kinds }) => kinds?.includes(1) && authors?.join() === bob.pubkey);
  const cold = filters.find(({ authors, kinds }) => kinds?.includes(1) && authors?.join() === alice.pubkey);
  assert.ok(warm?.since !== undefined && warm.since > startSeconds + 2_000, JSON.stringify(filters));
  assert.equal(cold?.since, undefined);
});

test('offline a timeline shows the store and says so', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  await core.publish({ kind: 1, content: 'mine', tags: [] });
  core.setOnline(false);
  await using timeline = await core.timeline({ kinds: [1] });
  await timeline.loaded;
  assert.deepEqual(contentsOf(timeline.events), ['mine']);
  assert.equal(timeline.state, 'offline');
});

test('changes come first at once and then after each change, the newest only for a slow reader', async () => {
  await using world = await createWorld(1);
  const { network, bob } = world;
  const core = await world.open();
  await using timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] });
  const seen: string[][] = [];
  const reading = (async () => {
    for await (const events of timeline.changes()) {
      seen.push(contentsOf(events));
      if (events.length === 20) return;
    }
  })();
  await timeline.loaded;
  for (let index = 0; index < 20; index += 1) network.relays[0]?.announce(bob.note(String(index)));
  await reading;
  assert.deepEqual(seen[0], []);
  assert.ok(seen.length < 20, `${seen.length} emissions`);
});

test('a closed timeline leaves nothing behind', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  const timeline = await core.timeline({ kinds: [1], authors: [world.bob.pubkey] });
  await timeline.loaded;
  timeline.close();
  timeline.close();
  assert.equal(timeline.state, 'closed');
  await waitUntil(() => (world.network.relays[0]?.ledger.closes.length ?? 0) > 0, { what: 'CLOSE' });
  assert.equal(await timeline.older(), false);
});

test('the profiles of the people in a timeline come with their notes, in the same request', async () => {
  await using world = await createWorld(1);
  const { network, alice, bob, clock } = world;
  const [relay] = network.relays;
  for (const author of [alice, bob]) relay?.put(author.profile({ name: 'one' }), author.note('note'));
  const core = await world.open();
  const people = [alice.pubkey, bob.pubkey];
  await Promise.all(people.map((pubkey) => core.relayList(pubkey)));
  world.takeRequests();
  for (const [name, hours] of [
    ['one', 1],
    ['two', 0],
  ] as const) {
    await using timeline = await core.timeline({ kinds: [1], authors: people });
    await timeline.loaded;
    for (const pubkey of people) {
      const { value, state, refresh } = await core.profile(pubkey);
      assert.deepEqual([value?.name, state, refresh], [name, 'fresh', undefined]);
    }
    assert.equal(world.takeRequests(), 1);
    clock.jump(hours * 3_600_000);
    relay?.put(...[alice, bob].map((author) => author.profile({ name: 'two' })));
  }
  await using without = await core.timeline({ kinds: [1], authors: people }, { profiles: false });
  await without.loaded;
  assert.deepEqual(
    relay?.ledger.requests.flatMap(({ filters }) => filters).filter(({ kinds }) => kinds?.includes(0)),
    [],
  );
});

test('profiles of others that were shown lately are checked together with a timeline, also after a start', async () => {
  await using world = await createWorld(1);
  const { network, alice, bob, carol, clock } = world;
  const [relay] = network.relays;
  for (const author of [alice, bob, carol]) relay?.put(author.profile({ name: 'one' }), author.note('note'));
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  for (const name of ['one', 'two']) {
    const core = await world.open({ store: `sqlite:${folder}` });
    await core.relayList(bob.pubkey);
    world.takeRequests();
    await using timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] });
    await timeline.loaded;
    if (name === 'two') assert.equal(world.takeRequests(), 1);
    assert.equal((await core.profile(carol.pubkey)).value?.name, name);
    if (name === 'two') assert.equal(world.takeRequests(), 0);
    await core.stop();
    clock.jump(3_600_000);
    relay?.put(carol.profile({ name: 'two' }));
  }
});

test('a note that its author has deleted since it was shown goes, and costs no request of its own', async () => {
  await using world = await createWorld(1);
  const { network, bob, clock } = world;
  const [relay] = network.relays;
  const [stays, goes] = [bob.note('stays'), bob.note('goes', { created_at: startSeconds + 60 })];
  relay?.put(stays, goes);
  const core = await world.open();
  await Promise.all([bob, world.alice].map(({ pubkey }) => core.relayList(pubkey)));
  for (const expected of [['goes', 'stays'], ['stays']]) {
    world.takeRequests();
    await using timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] });
    await timeline.loaded;
    await waitForContents(timeline, expected);
    assert.equal(world.takeRequests(), 1);
    clock.jump(600_000);
    relay?.put(bob.deletion([goes], { created_at: startSeconds + 3_700 }));
  }
});
