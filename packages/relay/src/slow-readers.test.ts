import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { serializeEvent, type VerifiedEvent } from '@nostrata/protocol';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import { WebSocket } from 'ws';
import { createTestRelay, type TestRelay } from './conformance/test-relay.ts';

const author = createEventBuilder('abuse');

const putAll = (relay: TestRelay, events: readonly VerifiedEvent[]) =>
  relay.store.put(events.map((event) => ({ event, json: serializeEvent(event) })));

test('a reader that keeps up gets a page of large events whole, however large', async () => {
  const limits = { outgoingBytesMax: 2_000_000, outgoingPauseBytes: 500_000 };
  await using relay = await createTestRelay({ settings: { limits } });
  const events = Array.from({ length: 100 }, (_, index) => author.note(`${index} ${'x'.repeat(200_000)}`));
  await putAll(relay, events);
  await using client = await relay.connect();
  const answer = await client.request('all', [{ kinds: [1] }]);
  assert.equal(answer.events.length, events.length);
  assert.ok(answer.eose);
});

test('a reader of compressed messages that does not read is cut at the byte bound', async () => {
  const limits = { outgoingBytesMax: 500_000, outgoingPauseBytes: 250_000 };
  let slowClients = 0;
  const options = { settings: { limits }, metrics: { slowClientCut: () => slowClients++ }, compression: true };
  await using relay = await createTestRelay(options);
  const socket = new WebSocket(relay.url, { perMessageDeflate: true });
  await once(socket, 'open');
  socket.send('["REQ","live",{"kinds":[1]}]');
  await waitUntil(() => relay.relay.statistics().subscriptions === 1);
  socket.pause();
  // Random text, for what compresses well would never pile up.
  for (let sent = 0; sent < 1_000 && slowClients === 0; sent += 1) {
    await putAll(relay, [author.note(randomBytes(30_000).toString('hex'))]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.terminate();
  assert.equal(slowClients, 1);
});
