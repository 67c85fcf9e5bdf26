import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import { createMemoryStore } from '@nostrata/store';
import { type EventBuilder, waitUntil } from '@nostrata/testing';
import type { Trust } from './contract.ts';
import { TrustError } from './errors.ts';
import { createTestClock, createWorld, people, pubkeysOf, putAttack } from './test-world.ts';
import { createTrust } from './trust.ts';

const scoreOf = async (trust: Trust, { pubkey }: EventBuilder): Promise<number> =>
  (await trust.score(pubkey)).trustScore;

test('trust flows from the anchors along follows, and a score says what it is made of', async () => {
  const [anchor, friend, friendOfFriend, stranger] = people('anchor', 'friend', 'friend of friend', 'stranger');
  assert.ok(anchor && friend && friendOfFriend && stranger);
  const { trust, put, clock } = createWorld([anchor]);
  await put(
    anchor.follows([friend.pubkey]),
    friend.follows([friendOfFriend.pubkey]),
    stranger.follows(pubkeysOf([anchor, friend])),
    friend.event({ kind: 10_000, tags: [['p', stranger.pubkey]] }),
    anchor.event({ kind: 1984, tags: [['p', stranger.pubkey, 'spam']] }),
  );
  await trust.start();
  await using _ = trust;
  const scores = await Promise.all([anchor, friend, friendOfFriend, stranger].map((one) => scoreOf(trust, one)));
  assert.deepEqual(
    scores.toSorted((a, b) => b - a),
    scores,
  );
  assert.equal(scores[3], 0);
  const score = await trust.score(stranger.pubkey);
  assert.equal(score.algorithm, 'trustrank');
  assert.deepEqual([score.followersCount, score.followingCount, score.wotDepth], [0, 2, null]);
  assert.deepEqual([score.components.mutersCount, score.components.reportersCount], [1, 1]);
  assert.deepEqual([score.partial, score.approximate, score.stale, score.asOf], [false, false, false, clock.now()]);
  assert.deepEqual(score.graph, { users: 4, follows: 4 });

  const explained = await trust.explain(friendOfFriend.pubkey);
  assert.deepEqual(explained.paths, [pubkeysOf([anchor, friend, friendOfFriend])]);
  assert.deepEqual(
    explained.followers.map(({ pubkey }) => pubkey),
    [friend.pubkey],
  );
  assert.ok(explained.reasons.some((reason) => reason.includes('has 2 steps')));
  assert.deepEqual(
    await trust.path(stranger.pubkey, friendOfFriend.pubkey),
    pubkeysOf([stranger, friend, friendOfFriend]),
  );
  assert.equal(await trust.path(friend.pubkey, stranger.pubkey), null);
  const personal = await trust.score(friend.pubkey, { observer: stranger.pubkey });
  assert.deepEqual([personal.algorithm, personal.wotDepth], ['personalised-pagerank', 1]);
  assert.equal((await trust.verify(stranger.pubkey, 1)).passes, false);
  const network = await trust.network();
  assert.deepEqual([network.users, network.reachedByHops, network.state], [4, [1, 1, 1], 'ready']);
});

test('a reason is given from the point of view of who asks: paths, followers and words', async () => {
  const [anchor, me, friend, other, target] = people('anchor', 'me', 'friend', 'other', 'target');
  assert.ok(anchor && me && friend && other && target);
  const { trust, put } = createWorld([anchor]);
  await put(
    ...[anchor.follows([other.pubkey]), other.follows([target.pubkey])],
    ...[me.follows([friend.pubkey]), friend.follows([target.pubkey])],
  );
  await trust.start();
  await using _ = trust;
  const mine = await trust.explain(target.pubkey, { observer: me.pubkey });
  assert.deepEqual(mine.paths, [pubkeysOf([me, friend, target])]);
  assert.deepEqual(
    mine.followers.map(({ pubkey }) => pubkey),
    [friend.pubkey],
    'nobody whom the observer does not reach',
  );
  assert.deepEqual([mine.score.observer, mine.score.algorithm], [me.pubkey, 'personalised-pagerank']);
  assert.match(mine.reasons.join(' '), /flows from the observer .* chain of follows from the observer has 2 steps/);
  assert.doesNotMatch(mine.reasons.slice(0, 2).join(' '), /anchor/);
  const theirs = await trust.explain(target.pubkey);
  assert.deepEqual(theirs.paths, [pubkeysOf([anchor, other, target])]);
  assert.deepEqual((await trust.explain(other.pubkey, { observer: me.pubkey })).paths, []);
  const nobody = await trust.explain(target.pubkey, { observer: target.pubkey });
  assert.deepEqual(nobody.paths, theirs.paths);
  assert.ok(nobody.reasons.some((reason) => reason.startsWith('Nobody is known here whom the observer follows')));
  const minimum = mine.score.trustScore;
  assert.equal((await trust.verify(target.pubkey, minimum, { observer: me.pubkey })).passes, true);
  await assert.rejects(trust.explain('me'), { fault: 'argument' });
  await assert.rejects(trust.explain(me.pubkey, { observer: 'me' }), { fault: 'argument' });
});

test('fake followers make an account similar to another, but not for who looks from their own follows', async () => {
  const [me, friend, honest, target, attacker] = people('me', 'friend', 'honest', 'target', 'attacker');
  assert.ok(me && friend && honest && target && attacker);
  const fakes = people(...Array.from({ length: 20 }, (_, at) => `fake ${at}`));
  const { trust, put } = createWorld([me]);
  await put(
    ...[me.follows(pubkeysOf([friend, target, honest])), friend.follows(pubkeysOf([target, honest]))],
    ...fakes.map((fake) => fake.follows(pubkeysOf([target, attacker]))),
  );
  await trust.start();
  await using _ = trust;
  const names = async (observer?: string) =>
    (await trust.similar(target.pubkey, 5, { observer })).accounts.map(({ pubkey }) => pubkey);
  assert.equal((await names())[0], attacker.pubkey);
  assert.deepEqual(await names(me.pubkey), [honest.pubkey]);
  const [first] = (await trust.similar(target.pubkey, 5, { observer: me.pubkey })).accounts;
  assert.deepEqual([first?.similarity, first?.commonFollowers], [1, 2]);
});

test('317 fake followers, 100 follows and 13 notes a week earn nothing, even dated back a year', async () => {
  const world = createWorld(people('anchor 1', 'anchor 2'));
  const { attacker, honest } = await putAttack(world);
  await using trust = world.trust;
  await trust.start();
  const score = await trust.score(attacker);
  assert.deepEqual([score.followersCount, score.followingCount], [317, 100]);
  assert.ok(score.components.pageRank > 50, 'the global rank is what such an attack raises');
  assert.ok((score.accountAgeDays ?? 0) >= 30 && score.activityScore > 80);
  assert.deepEqual([score.trustScore, score.components.influence, score.discountPercent], [0, 0, 0]);
  assert.ok((await trust.score(honest)).trustScore > 55);
});

test('a change is in the scores within five minutes: lists that grow, shrink, are deleted, vanish', async () => {
  const [anchor, friend, other] = people('anchor', 'friend', 'other');
  assert.ok(anchor && friend && other);
  const { trust, put, clock, pass } = createWorld([anchor]);
  const first = anchor.follows([friend.pubkey]);
  await put(first);
  await trust.start();
  await using _ = trust;
  assert.equal(await scoreOf(trust, other), 0);
  const fiveMinutes = async (): Promise<void> => {
    await pass(300);
    assert.ok((await trust.network()).asOf >= clock.now() - 5_000);
  };
  const second = anchor.follows(pubkeysOf([friend, other]));
  await put(second);
  await fiveMinutes();
  assert.ok((await scoreOf(trust, other)) > 0);
  await put(anchor.deletion([second]));
  await fiveMinutes();
  assert.deepEqual([await scoreOf(trust, other), await scoreOf(trust, friend)], [0, 0]);
  await put(anchor.follows([other.pubkey]), other.follows([friend.pubkey]));
  await trust.refresh();
  assert.equal((await trust.network()).reachedByHops.length, 3);
  await put(other.vanish(['ALL_RELAYS']));
  await trust.refresh();
  assert.equal((await trust.network()).reachedByHops.length, 2);
});

test('a thread that ends is replaced; until then scores are served as they were, then as stale', async () => {
  const [anchor, friend, other] = people('anchor', 'friend', 'other');
  assert.ok(anchor && friend && other);
  const { trust, put, clock, threads } = createWorld([anchor]);
  await put(anchor.follows([friend.pubkey]));
  await assert.rejects(trust.score(friend.pubkey), { name: 'TrustError', fault: 'unavailable' });
  await trust.start();
  await using _ = trust;
  const before = await trust.score(friend.pubkey);
  await threads[0]?.stop();
  assert.equal(trust.state, 'unavailable');
  assert.deepEqual(await trust.score(friend.pubkey), before);
  await assert.rejects(trust.score(other.pubkey), { name: 'TrustError', fault: 'unavailable' });
  clock.advance(60_000);
  await waitUntil(() => trust.state === 'ready', { what: 'another thread' });
  assert.equal(threads.length, 2);
  assert.ok((await trust.score(other.pubkey)).trustScore === 0);
  // What is a minute old is served once more as it was, and computed anew meanwhile.
  const kept = await waitUntil(async () => {
    const score = await trust.score(friend.pubkey);
    return score.asOf > before.asOf && score;
  });
  await threads[1]?.stop();
  clock.skip(300_000);
  const stale = await trust.score(friend.pubkey);
  assert.deepEqual(stale, { ...kept, stale: true });
});

test('a store that fails while it is read leaves no half graph behind: it is read again from the start', async () => {
  const [anchor, friend] = people('anchor', 'friend');
  assert.ok(anchor && friend);
  const clock = createTestClock();
  const store = createMemoryStore({ now: clock.now });
  await store.put([{ event: anchor.follows([friend.pubkey]) }]);
  let failures = 2;
  await using trust = createTrust({
    ...{ clock, cache: createMemoryCache({ clock }), random: () => 0.5, anchors: [anchor.pubkey] },
    store: {
      ...store,
      query(filters, options) {
        if (failures > 0 && filters[0]?.kinds?.includes(10_000)) {
          failures -= 1;
          throw new Error('the disk is on fire');
        }
        return store.query(filters, options);
      },
    },
  });
  await assert.rejects(trust.start(), /on fire/);
  await assert.rejects(trust.score(friend.pubkey), { fault: 'unavailable' });
  for (let attempt = 0; trust.state !== 'ready' && attempt < 10; attempt += 1) {
    await clock.planned();
    clock.advance(60_000);
    await waitUntil(() => trust.state === 'ready' || clock.isPlanned(), { what: 'another attempt' });
  }
  assert.equal((await trust.score(friend.pubkey)).wotDepth, 1);
});

test('without anchors there is no discount, and the score says that it is partial', async () => {
  const [anchor, friend] = people('anchor', 'friend');
  assert.ok(anchor && friend);
  const { trust, put } = createWorld([]);
  await put(anchor.follows([friend.pubkey]));
  await trust.start();
  await using _ = trust;
  const score = await trust.score(friend.pubkey);
  assert.deepEqual([score.trustScore, score.algorithm, score.partial, score.discountPercent], [0, 'none', true, 0]);
});

test('questions that make no sense are refused, and all after stop', async () => {
  const { trust } = createWorld([]);
  await trust.start();
  await assert.rejects(trust.score('me'), { fault: 'argument' });
  await assert.rejects(trust.verify('a'.repeat(64), 101), { fault: 'argument' });
  await assert.rejects(trust.similar('a'.repeat(64), 0), { fault: 'argument' });
  await trust.stop();
  await trust.stop();
  await assert.rejects(trust.score('a'.repeat(64)), { fault: 'stopped' });
  await assert.rejects(trust.start(), TrustError);
});
