import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { createEventBuilder, seededRandom, type TestClient, testSeed, waitUntil } from '@nostrata/testing';
import { createTestRelay } from './conformance/test-relay.ts';

/** A gate that queries have to pass. */
function createGate() {
  let waiting: (() => void)[] = [];
  let isOpen = false;
  return {
    get waiting() {
      return waiting.length;
    },
    open() {
      isOpen = true;
      for (const go of waiting) go();
      waiting = [];
    },
    pass: () => (isOpen ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
  };
}

/** The store, with queries that wait at the gate: before they look, or after each page. */
const slow =
  (gate: { pass(): Promise<void> }, where: 'before' | 'after') =>
  (store: EventStore): EventStore => ({
    ...store,
    query: async function* (filters, options) {
      if (where === 'before') await gate.pass();
      for await (const page of store.query(filters, options)) {
        if (where === 'after') await gate.pass();
        yield page;
      }
    },
  });

/** The events of a subscription, stored ones before EOSE, live ones after it, until the probe is answered. */
async function collect(client: TestClient, id: string, until: NostrEvent) {
  const stored: string[] = [];
  const live: string[] = [];
  let isStored = true;
  for (;;) {
    const [verb, , event] = await client.waitFor((frame) => frame[1] === id && ['EVENT', 'EOSE'].includes(frame[0]));
    if (verb === 'EOSE') isStored = false;
    else if ((event as NostrEvent).id === until.id && !isStored) return { stored, live };
    else (isStored ? stored : live).push((event as NostrEvent).id);
  }
}

test('what is committed while a query runs on its snapshot comes after EOSE, once', async () => {
  const gate = createGate();
  await using relay = await createTestRelay({ wrapStore: slow(gate, 'after') });
  await using client = await relay.connect();
  const author = createEventBuilder('author');
  const [first, second, last] = [author.note('1'), author.note('2'), author.note('3')];
  await client.publish(first);
  client.send('REQ', 'sub', { kinds: [1] });
  await waitUntil(() => gate.waiting === 1);
  await client.publish(second);
  gate.open();
  await client.waitFor(([verb]) => verb === 'EOSE');
  await client.publish(last);
  const ids = client.inbox.filter(([verb]) => verb === 'EVENT').map(([, , event]) => (event as NostrEvent).id);
  assert.deepEqual(ids, [first.id, second.id, last.id]);
});

test('what a query already sees although it is committed after the request does not come again', async () => {
  const gate = createGate();
  await using relay = await createTestRelay({ wrapStore: slow(gate, 'before') });
  await using client = await relay.connect();
  const author = createEventBuilder('author');
  const [first, second, last] = [author.note('1'), author.note('2'), author.note('3')];
  await client.publish(first);
  client.send('REQ', 'sub', { kinds: [1] });
  await waitUntil(() => gate.waiting === 1);
  await client.publish(second);
  gate.open();
  const collected = collect(client, 'sub', last);
  await waitUntil(() => relay.relay.statistics().subscriptions === 1);
  await client.publish(last);
  const { stored, live } = await collected;
  assert.deepEqual([...stored, ...live].sort(), [first.id, second.id].sort());
});

test('however commits and queries fall together, every event comes exactly once', async (context) => {
  const seed = testSeed();
  context.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const pause = async () => {
    for (let turns = random.integer(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  };
  const wrapStore = (store: EventStore): EventStore => ({
    ...store,
    query: async function* (filters, options) {
      await pause();
      for await (const page of store.query(filters, options)) {
        await pause();
        for (const event of page) {
          yield [event];
          await pause();
        }
      }
    },
  });
  await using relay = await createTestRelay({ wrapStore });
  await using writer = await relay.connect();
  await using reader = await relay.connect();
  const author = createEventBuilder('author');
  const published: NostrEvent[] = [];
  const last = author.note('last');
  const collections: ReturnType<typeof collect>[] = [];
  const expected: string[][] = [];
  for (let round = 0; round < 60; round++) {
    const event = author.note(`${round}`);
    published.push(event);
    const answer = writer.publish(event);
    if (round % 3 === 0) {
      const id = `sub ${round}`;
      reader.send('REQ', id, { kinds: [1] });
      collections.push(collect(reader, id, last));
      await pause();
    }
    assert.ok((await answer).ok);
  }
  for (const _ of collections) expected.push(published.map(({ id }) => id).sort());
  // Every subscription must be live before the event that ends its collection.
  await reader.count('probe', [{}]);
  await waitUntil(() => relay.relay.statistics().subscriptions === collections.length);
  await writer.publish(last);
  const results = await Promise.all(collections);
  assert.deepEqual(
    results.map(({ stored, live }) => [...stored, ...live].filter((id) => id !== last.id).sort()),
    expected,
  );
});

test('a query that is closed while it runs ends without a further word', async () => {
  const gate = createGate();
  await using relay = await createTestRelay({ wrapStore: slow(gate, 'after') });
  await using client = await relay.connect();
  await client.publish(createEventBuilder('author').note('1'));
  client.send('REQ', 'sub', { kinds: [1] });
  await waitUntil(() => gate.waiting === 1);
  client.send('CLOSE', 'sub');
  await client.count('probe', [{}]);
  gate.open();
  await client.count('probe', [{}]);
  assert.deepEqual(
    client.inbox.filter(([, id]) => id === 'sub'),
    [],
  );
  assert.equal(relay.relay.statistics().subscriptions, 0);
});

test('a large commit is fanned out in slices: in order, once, also to who subscribes meanwhile', async () => {
  // Each look at the clock takes a millisecond, so that a turn is over after a few events.
  let now = Date.now();
  let isFast = false;
  await using relay = await createTestRelay({ now: () => (isFast ? ++now : now) });
  await using early = await relay.connect();
  await using late = await relay.connect();
  const author = createEventBuilder('author');
  const events = Array.from({ length: 400 }, (_, index) => author.note(`${index}`));
  const last = author.note('last');
  early.send('REQ', 'early', { kinds: [1] });
  await early.waitFor(([verb]) => verb === 'EOSE');
  isFast = true;
  const received = collectLive(early, 'early', last);
  await relay.store.put(events.map((event) => ({ event })));
  late.send('REQ', 'late', { kinds: [1] });
  await late.waitFor(([verb]) => verb === 'EOSE');
  await relay.store.put([{ event: last }]);
  assert.deepEqual(
    await received,
    events.map(({ id }) => id),
  );
  await waitUntil(() => late.inbox.some((frame) => (frame[2] as NostrEvent | undefined)?.id === last.id));
  const ids = late.inbox.filter(([verb]) => verb === 'EVENT').map(([, , event]) => (event as NostrEvent).id);
  assert.deepEqual(ids.toSorted(), [...events, last].map(({ id }) => id).toSorted());
});

/** The ids that a live subscription brings before that event. */
async function collectLive(client: TestClient, id: string, until: NostrEvent): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const event = await client.nextEvent(id);
    if (event.id === until.id) return ids;
    ids.push(event.id);
  }
}
