import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import type { NostrEvent, VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore, type EventStore } from '@nostrata/store';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import { parseAssertion } from '@nostrata/trust';
import { createLogger } from './cli/logger.ts';
import { composeIngest } from './compose-door.ts';
import { type ComposedTrust, composeTrust } from './compose-trust.ts';
import { loadSettings } from './config/load.ts';
import { createFolder } from './e2e/program.ts';
import { toEnvironment, type Words } from './e2e/test-observed-network.ts';
import { createMetrics } from './metrics/metrics.ts';

const daySeconds = 86_400;
const startSeconds = Math.floor(Date.now() / 1_000) - 100 * daySeconds;
const [anchor, friend, other] = ['anchor', 'friend', 'other'].map((name) => createEventBuilder(name, startSeconds));
assert.ok(anchor && friend && other);
const follows = [anchor.follows([friend.pubkey]), friend.follows([other.pubkey])];

async function open(words: Words, events: readonly VerifiedEvent[] = follows) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await createFolder()).path;
  const now = Date.now;
  const store = stack.use(createMemoryStore({ now }));
  await store.put(events.map((event) => ({ event })));
  const environment = toEnvironment({ data: folder, trustAnchors: anchor?.pubkey ?? '', ...words });
  const loaded = loadSettings({ environment });
  const logger = createLogger('silent');
  const ingest = stack.use(await composeIngest(store, { ...loaded, now, logger }));
  const metrics = createMetrics(now);
  stack.defer(metrics.stop);
  const start = async (roles: readonly ('relay' | 'api' | 'jobs')[] = ['api', 'jobs'], from: EventStore = store) => {
    const { settings } = loaded;
    const cache = stack.use(createMemoryCache({ clock: { now } }));
    return stack.use(
      await composeTrust({
        ...{ store: from, ingest, cache, settings, roles: new Set(roles), logger, metrics: metrics.trust, now },
      }),
    );
  };
  return { folder, store, metrics, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const isReady = (trust: ComposedTrust) => () => trust.health().then((health) => health?.state === 'ready');

describe('the web of trust as the program starts it', () => {
  test('it starts beside everything else, tells its state, and gives those a discount whom the anchors trust', async () => {
    await using world = await open({});
    const trust = await world.start();
    assert.deepEqual((await trust.health())?.problems, [], 'reading the store is nothing wrong');
    await waitUntil(isReady(trust), { what: 'scores' });
    const health = await trust.health();
    assert.deepEqual([health?.users, health?.follows, health?.problems], [3, 2, []]);
    assert.deepEqual(
      [await trust.discountPercent(friend.pubkey), await trust.discountPercent('a'.repeat(64))],
      [20, 0],
    );
    assert.equal(trust.routes.length, 6);
    const text = world.metrics.render();
    assert.match(text, /nostrata_trust_state\{state="ready"\} 1/);
    assert.match(text, /nostrata_trust_users 3\n/);
    assert.match(text, /nostrata_trust_rank_seconds_count 1\n/);
  });

  test('where it is off there are no routes and no discounts, and a process that only relays has none', async () => {
    await using world = await open({ trust: 'no' });
    const trust = await world.start();
    assert.deepEqual([trust.routes, await trust.health()], [[], null]);
    assert.equal(await trust.discountPercent(friend.pubkey), 0);
    await using other = await open({});
    assert.equal(await (await other.start(['relay'])).health(), null);
    assert.equal((await other.start(['jobs'])).routes.length, 0);
  });

  test('a store that cannot be read is a problem of its health, no discount, and no reason not to start', async () => {
    await using world = await open({});
    const broken: EventStore = {
      ...world.store,
      query() {
        throw new Error('the disk is on fire');
      },
    };
    const trust = await world.start(['api'], broken);
    assert.equal(await trust.discountPercent(friend.pubkey), 0);
    await waitUntil(async () => (await trust.health())?.problems.length === 1, { what: 'a problem' });
    assert.match(world.metrics.render(), /nostrata_trust_failures_total [1-9]/);
  });

  test('more anchors than are taken stop the start in one line', async () => {
    const many = Array.from({ length: 10_001 }, (_, at) => at.toString(16).padStart(64, '0'));
    await using world = await open({ trustAnchors: many.join() });
    await assert.rejects(world.start(), { name: 'ConfigError', message: /^trustAnchors: / });
  });

  test('assertions are published with a key of their own, and what has changed again with the same after a restart', async () => {
    await using world = await open({ trustAssertions: 'yes' });
    const { store, folder } = world;
    const said = async (): Promise<NostrEvent[]> => {
      const events: NostrEvent[] = [];
      for await (const page of store.query([{ kinds: [30_382] }])) {
        for (const { json } of page) events.push(JSON.parse(json) as NostrEvent);
      }
      return events;
    };
    const first = await world.start(['jobs']);
    await waitUntil(async () => (await said()).length === 3, { what: 'assertions' });
    const before = await said();
    const subjects = before.map((event) => parseAssertion(event)?.subject);
    assert.deepEqual(subjects.toSorted(), [anchor, friend, other].map(({ pubkey }) => pubkey).toSorted());
    assert.ok(!(await readFile(join(folder, 'trust-key'), 'utf8')).includes(before[0]?.pubkey ?? ''));
    await first[Symbol.asyncDispose]();
    await store.put([{ event: other.follows([friend.pubkey]) }]);
    await world.start(['jobs']);
    const known = new Set(before.map(({ id }) => id));
    const isNews = (event: NostrEvent) => !known.has(event.id) && parseAssertion(event)?.subject === friend.pubkey;
    await waitUntil(async () => (await said()).some(isNews), { what: 'another assertion' });
    const authors = [...before, ...(await said())].map(({ pubkey }) => pubkey);
    assert.equal(new Set(authors).size, 1, 'the same key');
  });
});
