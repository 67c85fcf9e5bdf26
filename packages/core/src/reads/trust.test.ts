import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, type EventBuilder, waitUntil } from '@nostrata/testing';
import type { Signer } from '../contract.ts';
import { SignerError } from '../errors.ts';
import { writePrivateTags } from '../private-tags.ts';
import { createKeySigner } from '../signers/key-signer.ts';
import { createWorld, startSeconds } from '../test-world.ts';
import type { TrustOfPerson } from './trust.ts';

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

/** Alice's declaration with her providers in its private part, and her signer, which counts decryptions. */
async function createPrivateWorld(decrypt?: () => Promise<string>) {
  const world = await createWorld();
  const { network, alice, bob } = world;
  const key = createKeySigner(alice.keys.secret);
  const content = await writePrivateTags([['30382:rank', provider.pubkey, '']], key);
  network.relays[0]?.put(alice.event({ kind: 10_040, content }), assertion(bob, '73'));
  let decryptions = 0;
  const signer: Signer = {
    ...key,
    nip44Decrypt: async (peer, text) => {
      decryptions += 1;
      return decrypt ? await decrypt() : ((await key.nip44Decrypt?.(peer, text)) ?? '');
    },
  };
  return { ...world, signer, count: () => decryptions };
}

test('providers that are declared in private are heard by who declared them, decrypted once', async () => {
  const world = await createPrivateWorld();
  await using _ = world;
  const { bob, carol, alice, signer } = world;
  const core = await world.open({ signer });
  const { value } = await core.trust(bob.pubkey);
  assert.deepEqual([value?.trustScore, value?.algorithm, value?.partial], [73, 'asserted', false]);
  await core.trust(carol.pubkey);
  await core.trust(bob.pubkey);
  assert.equal(world.count(), 1, 'a person may be asked to allow it');
  core.setSigner(createKeySigner(bob.keys.secret));
  const seen = (await core.trust(bob.pubkey, { observer: alice.pubkey })).value;
  assert.deepEqual([seen?.algorithm, seen?.partial], ['two-steps', true], 'by nobody else');
  assert.deepEqual(world.failures, []);
});

test('a signer that refuses to decrypt is not asked again at once, and the answer says that it is partial', async () => {
  const world = await createPrivateWorld(() => Promise.reject(new SignerError('refused', 'no')));
  await using _ = world;
  const { bob, alice, network, signer, clock } = world;
  const core = await world.open({ signer });
  const first = (await core.trust(bob.pubkey)).value;
  assert.deepEqual([first?.algorithm, first?.partial], ['two-steps', true]);
  await core.trust(bob.pubkey);
  assert.equal(world.count(), 1);
  world.takeRequests();
  assert.deepEqual([(await core.trust(bob.pubkey)).state, world.takeRequests()], ['fresh', 0]);
  clock.jump(hour);
  await core.trust(bob.pubkey);
  assert.equal(world.count(), 2);
  // What is public is still heard, though the private part may say more.
  const { content } = (await core.list({ kinds: [10_040] }))[0] ?? {};
  const tags = [['30382:rank', provider.pubkey, '']];
  await core.publish(alice.event({ kind: 10_040, tags, content: content ?? '' }), { relays: [] });
  network.relays[0]?.put(assertion(bob, '74'));
  const both = (await core.trust(bob.pubkey, { policy: 'network-first' })).value;
  assert.deepEqual([both?.trustScore, both?.algorithm, both?.partial], [74, 'asserted', true]);
});

test('an answer does not wait for a signer that is silent, and has what it said as soon as it did', async () => {
  const said = Promise.withResolvers<string>();
  const world = await createPrivateWorld(() => said.promise);
  await using _ = world;
  const { bob, signer, clock } = world;
  const core = await world.open({ signer });
  let early: TrustOfPerson | undefined;
  const reading = core.trust(bob.pubkey).then(({ value }) => {
    early = value;
  });
  await waitUntil(
    () => {
      if (world.count() > 0) clock.jump(5_000);
      return early !== undefined;
    },
    { what: 'an answer without the signer' },
  );
  await reading;
  assert.deepEqual([early?.algorithm, early?.partial], ['two-steps', true]);
  said.resolve(JSON.stringify([['30382:rank', provider.pubkey, '']]));
  clock.jump(60_000);
  assert.equal((await core.trust(bob.pubkey)).value?.trustScore, 73, 'not only after 24 hours');
  assert.equal(world.count(), 1);
});

test('a watch of trust gives each newer word of a provider, and is over without an observer', async () => {
  await using world = await createWorld();
  const { network, alice, bob } = world;
  network.relays[0]?.put(declare(alice, provider), assertion(bob, '20'));
  const core = await world.open();
  const seen: (number | undefined)[] = [];
  const controller = new AbortController();
  const watching = (async () => {
    for await (const { value } of core.watch('trust', bob.pubkey, { signal: controller.signal }))
      seen.push(value?.trustScore);
  })();
  await waitUntil(() => seen.at(-1) === 20, { what: 'the first score' });
  await core.publish(assertion(bob, '30'), { relays: [] });
  await waitUntil(() => seen.at(-1) === 30, { what: 'the change' });
  await core.publish(alice.event({ kind: 10_040 }), { relays: [] });
  await core.publish(alice.follows([bob.pubkey]), { relays: [] });
  await waitUntil(() => seen.at(-1) === 50, { what: 'the score over two steps' });
  controller.abort();
  await watching;
  const anonymous = await world.open({ signer: undefined });
  const states: string[] = [];
  for await (const { state } of anonymous.watch('trust', bob.pubkey)) states.push(state);
  assert.deepEqual([states, world.failures], [['missing'], []]);
});
