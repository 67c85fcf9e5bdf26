import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, type EventBuilder } from '@nostrata/testing';
import { createWorld, startSeconds } from '../test-world.ts';

const hour = 3_600_000;
const provider = createEventBuilder('provider', startSeconds);
const stranger = createEventBuilder('stranger', startSeconds);

const assertion = (subject: EventBuilder, rank: string, author = provider) =>
  author.event({
    kind: 30_382,
    tags: [
      ['d', subject.pubkey],
      ['rank', rank],
      ['followers', '1234'],
    ],
  });
const declare = (user: EventBuilder, by: EventBuilder, relay = '') =>
  user.event({
    kind: 10_040,
    tags: [
      ['30382:rank', by.pubkey, relay],
      ['30382:followers', by.pubkey, relay],
    ],
  });

test('what a declared provider says counts, is kept for 24 hours, and then asked for again', async () => {
  await using world = await createWorld();
  const { network, alice, bob, clock } = world;
  network.relays[0]?.put(declare(alice, provider), assertion(bob, '89'), assertion(bob, '1', stranger));
  const core = await world.open();
  const first = await core.trust(bob.pubkey);
  assert.deepEqual([first.state, first.source], ['fresh', 'relay']);
  assert.deepEqual(
    [first.value?.trustScore, first.value?.algorithm, first.value?.followersCount, first.value?.partial],
    [89, 'asserted', 1234, false],
  );
  assert.ok(first.value?.results.every((result) => result.provider === provider.pubkey));
  world.takeRequests();
  clock.jump(23 * hour);
  assert.deepEqual([(await core.trust(bob.pubkey)).state, world.takeRequests()], ['fresh', 0]);
  assert.equal((await core.list({ kinds: [30_382] })).length, 1, 'the signed event itself is kept');
  network.relays[0]?.put(assertion(bob, '12'));
  clock.jump(2 * hour);
  const stale = await core.trust(bob.pubkey);
  assert.deepEqual([stale.state, stale.value?.trustScore], ['stale', 89]);
  assert.equal((await stale.refresh)?.value?.trustScore, 12);
  assert.deepEqual(world.failures, []);
});

test('a provider is asked at the relay that the declaration names', async () => {
  await using world = await createWorld(2);
  const { network, alice, bob } = world;
  const [own = '', elsewhere = ''] = network.urls;
  network.relays[0]?.put(declare(alice, provider, elsewhere));
  network.relays[1]?.put(assertion(bob, '77'));
  const core = await world.open({ relays: [own] });
  assert.equal((await core.trust(bob.pubkey)).value?.trustScore, 77);
});

test('without a provider two steps of follows are counted here, and the answer says that it is partial', async () => {
  await using world = await createWorld();
  const { network, alice, bob, carol } = world;
  const lists = [alice.follows([bob.pubkey, stranger.pubkey]), bob.follows([carol.pubkey])];
  network.relays[0]?.put(...lists, stranger.follows([carol.pubkey]));
  const core = await world.open();
  for (const { pubkey } of [alice, bob, stranger]) await core.follows(pubkey);
  const of = async ({ pubkey }: EventBuilder) => (await core.trust(pubkey)).value;
  assert.deepEqual([(await of(alice))?.trustScore, (await of(alice))?.wotDepth], [100, 0]);
  assert.deepEqual([(await of(bob))?.trustScore, (await of(bob))?.wotDepth], [50, 1]);
  const carols = await of(carol);
  assert.deepEqual([carols?.trustScore, carols?.wotDepth, carols?.followersCount], [100, 2, 2]);
  assert.deepEqual([carols?.algorithm, carols?.partial, carols?.results], ['two-steps', true, []]);
  assert.deepEqual([(await of(provider))?.trustScore, (await of(provider))?.wotDepth], [0, null]);
  const others = await core.trust(carol.pubkey, { observer: bob.pubkey });
  assert.deepEqual([others.value?.observer, others.value?.wotDepth], [bob.pubkey, 1]);
});

test('followers whom the observer does not follow count for nothing, and mutes count', async () => {
  await using world = await createWorld();
  const { network, alice, bob, carol } = world;
  const fakes = Array.from({ length: 20 }, (_, at) => createEventBuilder(`fake ${at}`, startSeconds));
  const core = await world.open();
  const mute = (author: EventBuilder) => author.event({ kind: 10_000, tags: [['p', carol.pubkey]] });
  network.relays[0]?.put(alice.follows([bob.pubkey]), ...fakes.map((fake) => fake.follows([carol.pubkey])));
  await core.follows(alice.pubkey);
  for (const fake of fakes) await core.follows(fake.pubkey);
  assert.deepEqual((await core.trust(carol.pubkey)).value?.trustScore, 0);
  network.relays[0]?.put(bob.follows([carol.pubkey]), mute(bob));
  await Promise.all([core.follows(bob.pubkey), core.mutes(bob.pubkey)]);
  const muted = (await core.trust(carol.pubkey)).value;
  assert.deepEqual([muted?.trustScore, muted?.wotDepth], [0, 2]);
});

test('without an observer nothing is known, and offline what is here is answered', async () => {
  await using world = await createWorld();
  const { network, alice, bob } = world;
  network.relays[0]?.put(declare(alice, provider), assertion(bob, '64'));
  const anonymous = await world.open({ signer: undefined });
  assert.deepEqual((await anonymous.trust(bob.pubkey)).state, 'missing');
  const core = await world.open();
  await core.trust(bob.pubkey);
  core.setOnline(false);
  world.clock.jump(48 * hour);
  const offline = await core.trust(bob.pubkey);
  assert.deepEqual([offline.state, offline.value?.trustScore], ['stale', 64]);
});
