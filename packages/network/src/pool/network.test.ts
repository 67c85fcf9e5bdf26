import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NostrEvent, VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore, type EventStore } from '@nostrata/store';
import {
  createEventBuilder,
  createTestNetwork,
  type RelayFaults,
  readJsonLines,
  requireSharedData,
  skipWithout,
  waitUntil,
} from '@nostrata/testing';
import type { Deliver } from '../contract.ts';
import { reconcile } from '../sync/reconcile.ts';
import { realClock } from '../test-clock.ts';
import { createPool, type PoolOptions } from './pool.ts';

const builder = createEventBuilder('network');
const notes = Array.from({ length: 40 }, (_, index) => builder.note(`note ${index}`));

/** A door that knows which of our notes are genuine, and takes the relay's word for the events of others. */
function createDoor() {
  const genuine = new Map(notes.map((note) => [note.id, JSON.stringify(note)]));
  const seen = new Set<string>();
  const store = createMemoryStore({ now: () => Date.now() });
  const deliver: Deliver = async (unknown, source) => {
    const event = unknown as NostrEvent;
    if ((genuine.get(event.id) ?? JSON.stringify(event)) !== JSON.stringify(event)) return 'forged';
    seen.add(event.id);
    const [result] = await store.put([{ event: event as VerifiedEvent, source }]);
    return result?.outcome === 'stored' || result?.outcome === 'duplicate' ? 'kept' : 'gone';
  };
  return { store, deliver, seen };
}

function open(deliver: Deliver, options: Partial<PoolOptions> = {}) {
  const limits = { backoffMs: 20, noticeGraceMs: 50, rateLimitMs: 100, ...options.limits };
  return createPool({ deliver, clock: realClock, random: Math.random, allowLocal: true, ...options, limits });
}

async function idsOf(store: EventStore): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const page of store.items({})) for (const { id } of page) ids.add(id);
  return ids;
}

/** What each fault may end an answer with, at the latest after the deadline. */
const faults: readonly (readonly [string, Partial<RelayFaults>, RegExp])[] = [
  ['silent', { silent: true }, /^timeout$/],
  ['half-open', { halfOpen: true }, /^(timeout|unreachable)$/],
  ['never EOSE', { withoutEose: true }, /^timeout$/],
  ['endless', { endlessPerSecond: 4_000 }, /^(timeout|closed)$/],
  ['garbage', { garbageFrames: 20 }, /^eose$/],
  ['forged bodies', { forge: { share: 0.5, part: 'body' } }, /^eose$/],
  ['forged signatures', { forge: { share: 0.5, part: 'sig' } }, /^eose$/],
  ['unasked', { unasked: true }, /^eose$/],
  ['NOTICE alone', { noticeInsteadOfEose: true }, /^closed$/],
  ['hangs up', { closeAtOnce: true }, /^(unreachable|timeout)$/],
  ['refuses the upgrade', { refuseStatus: 503 }, /^unreachable$/],
  ['cuts the connection', { dropAfterFrames: 10 }, /^(unreachable|timeout)$/],
  ['slow', { latencyMs: 300 }, /^eose$/],
  ['wants to know who asks', { authToRead: true }, /^closed$/],
];

describe('a network of relays that misbehave', () => {
  test('each costs its own deadline and nothing else: every event of the others is there', async () => {
    await using network = await createTestNetwork({ seed: 'faults', relays: faults.length + 1 });
    faults.forEach(([, fault], index) => {
      const relay = network.relay(index);
      relay.set(fault);
      relay.put(...notes);
    });
    network.relay(faults.length).put(...notes);
    const { store, deliver, seen } = createDoor();
    await using pool = open(deliver, { connectionsMax: 30 });
    const deadlineMs = 3_000;
    const started = performance.now();
    const answers = await pool.load(new Map(network.urls.map((url) => [url, [{ kinds: [1], limit: 100 }]])), {
      settle: 'all',
      deadlineMs,
    });
    assert.ok(performance.now() - started < deadlineMs + 2_000);
    const answerOf = new Map(answers.map((answer) => [answer.relay, answer]));
    faults.forEach(([name, , expected], index) => {
      const answer = answerOf.get(network.urls[index] ?? '');
      assert.match(answer?.end ?? '', expected, `${name}: ${answer?.reason}`);
      if (answer?.end !== 'eose') assert.notEqual(answer?.filters[0]?.complete, true, name);
    });
    const honest = answerOf.get(network.urls.at(-1) ?? '');
    assert.deepEqual([honest?.end, honest?.kept, honest?.filters[0]?.complete], ['eose', 40, true]);
    assert.ok(answers.some(({ forged }) => forged > 0) && answers.some(({ unasked }) => unasked > 0));
    const ids = await idsOf(store);
    for (const { id } of notes) assert.ok(ids.has(id));
    assert.ok(seen.size < 1_000, 'endless events were cut');
  });

  test('a relay that wants to know who asks is told by policy, and a subscription survives its crash', async () => {
    await using network = await createTestNetwork({ seed: 'auth', relays: 1 });
    const relay = network.relay(0);
    relay.set({ authToRead: true, authToWrite: true });
    relay.put(...notes.slice(0, 10));
    const { store, deliver } = createDoor();
    const nowSeconds = (): number => Math.floor(Date.now() / 1000);
    await using pool = open(deliver, {
      authenticate: async (url, challenge) => builder.authentication(challenge, url, { created_at: nowSeconds() }),
    });
    const live = pool.subscribe(new Map([[relay.url, [{ kinds: [1] }]]]));
    assert.deepEqual(
      (await live.loaded).map(({ end, kept }) => [end, kept]),
      [['eose', 10]],
    );
    relay.cut();
    relay.put(...notes.slice(10, 20));
    await waitUntil(async () => (await idsOf(store)).size === 20);
    relay.announce(notes[20] as NostrEvent);
    await waitUntil(async () => (await idsOf(store)).size === 21);
    assert.equal((await pool.send(notes[21] as NostrEvent, relay.url)).type, 'ok');
    assert.ok(relay.has(notes[21]?.id ?? ''));
    live.close();
  });

  test('limits of subscriptions, frames and rates are kept or learned: forty requests at once are all answered', async () => {
    for (const fault of [
      { subscriptionsMax: 3 },
      { subscriptionsMax: 3, information: null },
      { rateLimit: { messagesMax: 40, answer: 'refusal' } },
    ] satisfies Partial<RelayFaults>[]) {
      await using network = await createTestNetwork({ seed: 'limits', relays: 1 });
      const relay = network.relay(0);
      relay.set(fault);
      relay.put(...notes);
      const { deliver } = createDoor();
      await using pool = open(deliver, { limits: { rateLimitMs: 600 } });
      const loads = notes.map(({ id }) => pool.load(new Map([[relay.url, [{ ids: [id] }]]]), { deadlineMs: 15_000 }));
      const ends = (await Promise.all(loads)).flat().map(({ end, kept }) => `${end} ${kept}`);
      assert.deepEqual(new Set(ends), new Set(['eose 1']), JSON.stringify(fault));
    }
  });
});

const dump = 'events/permissive.jsonl.gz';

test('real events over relays with overlap are all found, and synced back to a relay that has none', {
  skip: skipWithout(dump),
}, async () => {
  await using network = await createTestNetwork({ seed: 'real', relays: 7 });
  const events = readJsonLines<NostrEvent>(requireSharedData(dump))
    .filter((event) => event.kind === 1 && event.created_at < Date.now() / 1000)
    .slice(0, 600);
  const holders = network.relays.slice(0, 6);
  events.forEach((event, index) => {
    holders[index % 6]?.put(event);
    holders[(index * 7 + 1) % 6]?.put(event);
  });
  const expected = new Set(holders.flatMap((relay) => relay.events().map(({ id }) => id)));
  const { store, deliver } = createDoor();
  await using pool = open(deliver);
  const relays = holders.map(({ url }) => url);
  for await (const { phase, reason } of reconcile(
    { store, pool, clock: realClock },
    { kinds: [1] },
    { relays, direction: 'down' },
  ))
    assert.notEqual(phase, 'failed', reason);
  const ids = await idsOf(store);
  assert.deepEqual(
    [...expected].filter((id) => !ids.has(id)),
    [],
  );
  const empty = network.relay(6);
  for await (const { phase, reason } of reconcile(
    { store, pool, clock: realClock },
    { kinds: [1] },
    { relays: [empty.url], direction: 'up' },
  ))
    assert.notEqual(phase, 'failed', reason);
  assert.deepEqual(
    [...ids].filter((id) => !empty.has(id)),
    [],
  );
});
