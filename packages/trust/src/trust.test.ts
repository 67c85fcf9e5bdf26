import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { createEventBuilder, createFakeClock, type EventBuilder, waitUntil } from '@nostrata/testing';
import type { Trust } from './contract.ts';
import { TrustError } from './errors.ts';
import { startThread, type Thread } from './thread/thread.ts';
import { createTrust } from './trust.ts';

const daySeconds = 86_400;
const startSeconds = 1_700_000_000;

/** A clock that is moved by hand, with its timers. */
function createClock() {
  const clock = createFakeClock(startSeconds * 1_000 + 400 * daySeconds * 1_000);
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: clock.now,
    /** Resolves when something waits for the time to pass. */
    isPlanned: () => timers.size > 0,
    planned: () => waitUntil(() => timers.size > 0, { what: 'a timer' }),
    after(milliseconds: number, callback: () => void) {
      const timer = { at: clock.now() + milliseconds, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    /** Time passes, and no timer is heard. */
    skip: clock.advance,
    advance(milliseconds: number) {
      clock.advance(milliseconds);
      for (const timer of [...timers]) {
        if (timer.at > clock.now() || !timers.delete(timer)) continue;
        timer.callback();
      }
    },
  };
}

/** Trust over a memory store, and threads that a test can end. */
function createWorld(anchors: readonly EventBuilder[]) {
  const clock = createClock();
  const store = createMemoryStore({ now: clock.now });
  const threads: Thread[] = [];
  const trust = createTrust({
    ...{ store, clock, cache: createMemoryCache({ clock }), random: () => 0.5 },
    anchors: anchors.map(({ pubkey }) => pubkey),
    startThread(seed) {
      const thread = startThread(seed);
      threads.push(thread);
      return thread;
    },
  });
  const put = async (...events: VerifiedEvent[]): Promise<void> => {
    for (const { outcome } of await store.put(events.map((event) => ({ event })))) assert.equal(outcome, 'stored');
  };
  return { clock, store, trust, threads, put };
}

const people = (...names: readonly string[]): EventBuilder[] =>
  names.map((name) => createEventBuilder(name, startSeconds));
const pubkeysOf = (builders: readonly EventBuilder[]): string[] => builders.map(({ pubkey }) => pubkey);
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

test('317 fake followers, 100 follows and 13 notes a week earn nothing, even dated back a year', async () => {
  const anchors = people('anchor 1', 'anchor 2');
  const honest = people(...Array.from({ length: 30 }, (_, at) => `honest ${at}`));
  const { trust, put, clock } = createWorld(anchors);
  for (const anchor of anchors) await put(anchor.follows(pubkeysOf(honest)));
  for (const one of honest) await put(one.follows(pubkeysOf(honest)));
  const [attacker] = people('attacker');
  assert.ok(attacker);
  const fakes = people(...Array.from({ length: 317 }, (_, at) => `fake ${at}`));
  for (const fake of fakes) await put(fake.follows([attacker.pubkey, ...pubkeysOf(fakes.slice(0, 20))]));
  await put(attacker.follows([...pubkeysOf(anchors), ...pubkeysOf(honest), ...pubkeysOf(fakes.slice(0, 68))]));
  const nowSeconds = clock.now() / 1_000;
  for (let note = 0; note < 13; note += 1) {
    await put(attacker.note(`hello ${note}`, { created_at: nowSeconds - Math.floor((note * 7 * daySeconds) / 13) }));
  }
  await trust.start();
  await using _ = trust;
  const score = await trust.score(attacker.pubkey);
  assert.deepEqual([score.followersCount, score.followingCount], [317, 100]);
  assert.ok(score.components.pageRank > 50, 'the global rank is what such an attack raises');
  assert.ok((score.accountAgeDays ?? 0) >= 30 && score.activityScore > 80);
  assert.deepEqual([score.trustScore, score.components.influence, score.discountPercent], [0, 0, 0]);
  assert.equal((await trust.score(honest[0]?.pubkey ?? '')).trustScore > 55, true);
});

test('a change is in the scores within five minutes: lists that grow, shrink, are deleted, vanish', async () => {
  const [anchor, friend, other] = people('anchor', 'friend', 'other');
  assert.ok(anchor && friend && other);
  const { trust, put, clock } = createWorld([anchor]);
  const first = anchor.follows([friend.pubkey]);
  await put(first);
  await trust.start();
  await using _ = trust;
  assert.equal(await scoreOf(trust, other), 0);
  /** Lets five minutes pass in steps of the timers; each round ends by planning the next. */
  const fiveMinutes = async (): Promise<void> => {
    for (let second = 0; second < 300; second += 5) {
      await clock.planned();
      clock.advance(5_000);
    }
    await clock.planned();
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
  const clock = createClock();
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
