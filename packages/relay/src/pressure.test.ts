import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NostrEvent, serializeEvent, type VerifiedEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { createEventBuilder, createFakeClock, waitUntil } from '@nostrata/testing';
import { createTestRelay, type TestRelay } from './conformance/test-relay.ts';

const author = createEventBuilder('author');

const createLarge = (count: number, characters: number): VerifiedEvent[] =>
  Array.from({ length: count }, (_, index) => author.note(`${index} ${'x'.repeat(characters)}`));

const putAll = (relay: TestRelay, events: readonly VerifiedEvent[]) =>
  relay.store.put(events.map((event) => ({ event, json: serializeEvent(event) })));

test('a reader that does not read is cut at the byte bound, and the others get everything', async () => {
  let slowClients = 0;
  const metrics = { slowClientCut: () => slowClients++, connectionClosed: (reason: string) => reasons.push(reason) };
  const reasons: string[] = [];
  const limits = { outgoingBytesMax: 2_000_000, outgoingPauseBytes: 500_000 };
  await using relay = await createTestRelay({ settings: { limits }, metrics });
  await using stalled = await relay.connect();
  await using reader = await relay.connect();
  for (const client of [stalled, reader]) await client.request('live', [{ kinds: [1] }], { keepOpen: true });
  stalled.pause();
  const received: NostrEvent[] = [];
  const sent: NostrEvent[] = [];
  // How much the operating system takes for a stalled reader differs from machine to machine.
  while (slowClients === 0 && sent.length < 1_000) {
    const events = createLarge(5, 200_000);
    await putAll(relay, events);
    for (const event of events) {
      sent.push(event);
      received.push(await reader.nextEvent('live'));
    }
  }
  assert.deepEqual(received, sent);
  assert.equal(slowClients, 1);
  await waitUntil(() => relay.relay.statistics().connections === 1);
  assert.deepEqual(reasons, ['slow']);
});

test('a query waits for its reader instead of piling up its answer', async () => {
  let pages = 0;
  const wrapStore = (store: EventStore): EventStore => ({
    ...store,
    query: async function* (filters, options) {
      for await (const page of store.query(filters, options)) {
        for (const event of page) {
          if (filters[0]?.kinds) pages += 1;
          yield [event];
        }
      }
    },
  });
  const limits = { outgoingBytesMax: 4_000_000, outgoingPauseBytes: 500_000 };
  await using relay = await createTestRelay({ settings: { limits }, wrapStore });
  const events = createLarge(200, 200_000);
  await putAll(relay, events);
  await using reader = await relay.connect();
  await using other = await relay.connect();
  await reader.request('warm', [{ limit: 0 }]);
  reader.pause();
  const answer = reader.request('all', [{ kinds: [1] }]);
  await waitUntil(() => pages > 5);
  let before = -1;
  // The query has come to a halt when others are answered and it has not moved.
  await waitUntil(async () => {
    const isHalted = pages === before;
    before = pages;
    await other.request('probe', [{ limit: 1 }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return isHalted;
  });
  assert.ok(pages < 180, `${pages} pages were read for a reader that does not read`);
  reader.resume();
  assert.deepEqual((await answer).events.length, events.length);
});

test('a connection that is not read waits while ingest is full, and loses nothing', async () => {
  await using relay = await createTestRelay({ settings: { limits: { submissionsInFlightPerConnectionMax: 10 } } });
  await using client = await relay.connect();
  const events = Array.from({ length: 500 }, (_, index) => author.note(`${index}`));
  const answers = await Promise.all(events.map((event) => client.publish(event)));
  assert.deepEqual(
    answers.filter(({ ok }) => !ok),
    [],
  );
});

test('a client that floods is told so and cut', async () => {
  const clock = createFakeClock(Date.now());
  const limits = { messagesPerSecondMax: 10, messagesBurstMax: 20 };
  await using relay = await createTestRelay({ now: clock.now, settings: { limits } });
  await using client = await relay.connect();
  for (let count = 0; count < 30; count++) client.send('CLOSE', 'x');
  assert.equal((await client.closed).code, 1008);
  assert.match(String(client.inbox.find(([verb]) => verb === 'NOTICE')?.[1]), /^rate-limited: /);
});

test('a client that sends too many bytes is told so and cut', async () => {
  const clock = createFakeClock(Date.now());
  const limits = { bytesPerSecondMax: 1_000, bytesBurstMax: 100_000 };
  await using relay = await createTestRelay({ now: clock.now, settings: { limits } });
  await using client = await relay.connect();
  for (let count = 0; count < 10; count++) client.sendText('x'.repeat(20_000));
  assert.equal((await client.closed).code, 1008);
});

test('a connection whose client answers no ping is cut', async () => {
  const clock = createFakeClock(Date.now());
  const reasons: string[] = [];
  const metrics = { connectionClosed: (reason: string) => reasons.push(reason) };
  await using relay = await createTestRelay({ now: clock.now, metrics });
  await using client = await relay.connect();
  await client.request('open', [{}], { keepOpen: true });
  client.pause();
  for (const _ of [1, 2, 3]) {
    clock.advance(31_000);
    relay.relay.sweep();
  }
  await waitUntil(() => relay.relay.statistics().connections === 0);
  assert.deepEqual(reasons, ['half-open']);
});
