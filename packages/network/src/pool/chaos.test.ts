import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import {
  createEventBuilder,
  createTestNetwork,
  seededRandom,
  type TestRelay,
  testSeed,
  waitUntil,
} from '@nostrata/testing';
import type { RelayPool } from '../contract.ts';
import { realClock } from '../test-clock.ts';
import { createPool } from './pool.ts';

// A subscription that has seen nothing goes on from the time of its EOSE: the events are of today.
const builder = createEventBuilder('chaos', Math.floor(Date.now() / 1000) - 60);
const seed = `chaos ${testSeed()}`;

/** What can befall a relay; each is healed a few steps later. */
const mishaps: readonly ((relay: TestRelay) => void | Promise<void>)[] = [
  (relay) => relay.cut(),
  (relay) => relay.stop(),
  (relay) => relay.set({ closeAtOnce: true }),
  (relay) => relay.set({ refuseStatus: 503 }),
  (relay) => relay.set({ noticeInsteadOfEose: true }),
  (relay) => relay.set({ garbageFrames: 30 }),
  (relay) => relay.set({ dropAfterFrames: 5 }),
  (relay) => relay.set({ rateLimit: { messagesMax: 5, answer: 'refusal' } }),
  (relay) => relay.set({ okLost: true }),
];

async function restore(relay: TestRelay): Promise<void> {
  relay.heal();
  if (!relay.isRunning) await relay.start();
}

/** Sends until the relay has said OK, as an outbox does. */
async function deliverTo(pool: RelayPool, event: NostrEvent, relay: string): Promise<void> {
  await waitUntil(
    async () => {
      const result = await pool.send(event, relay, { deadlineMs: 300 });
      return result.type === 'ok' && result.accepted;
    },
    { timeoutMs: 20_000, what: `an OK of ${relay}` },
  );
}

test('whatever befalls the relays, in the end every event has arrived, and every event was delivered', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  await using network = await createTestNetwork({ seed, relays: 4 });
  const delivered = new Set<string>();
  await using pool = createPool({
    deliver: async (event) => {
      delivered.add((event as NostrEvent).id);
      return 'kept';
    },
    clock: realClock,
    random: random.next,
    allowLocal: true,
    limits: {
      backoffMs: 20,
      backoffMsMax: 100,
      attemptsMax: 1_000,
      noticeGraceMs: 20,
      rateLimitMs: 50,
      rateLimitMsMax: 200,
      reopenMs: 20,
      reopensMax: 8,
      stallMs: 50,
      connectMs: 1_000,
    },
  });
  pool.subscribe(new Map(network.urls.map((url) => [url, [{ kinds: [1] }]])), { deadlineMs: 500 });
  const announced: NostrEvent[] = [];
  const sending: Promise<void>[] = [];
  for (let step = 0; step < 60; step++) {
    const relay = random.pick(network.relays);
    const healing = random.next() < 0.5 ? restore(relay) : random.pick(mishaps)(relay);
    const note = builder.note(`step ${step}`);
    announced.push(note);
    random.pick(network.relays).announce(note);
    if (step % 4 === 0) {
      const own = builder.event({ kind: 7, content: `${step}` });
      sending.push(deliverTo(pool, own, random.pick(network.urls)));
    }
    await healing;
    // Some mishaps come one upon the other, others find everything at rest.
    for (let turns = random.integer(300); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(network.relays.map(restore));
  const missing = () => announced.filter(({ id }) => !delivered.has(id));
  await waitUntil(() => missing().length === 0, { timeoutMs: 20_000, what: 'every event to arrive' });
  await Promise.all(sending);
  // Nothing is left over: what was asked once and abandoned holds no slot of any relay.
  const ends = await pool.load(new Map(network.urls.map((url) => [url, [{ kinds: [7] }]])), { settle: 'all' });
  assert.deepEqual(new Set(ends.map(({ end }) => end)), new Set(['eose']));
});
