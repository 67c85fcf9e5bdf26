import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '@nostrata/testing';
import { listenerQueueMax } from './limits.ts';
import { liveFigures, startMs } from './test-figures.ts';
import { createWorld, type World } from './test-world.ts';

const path = '/api/v1/stats/live';

async function listen({ ask }: World, headers: Readonly<Record<string, string>> = {}, ip = '192.0.2.1') {
  const response = await ask(path, { headers, ip });
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  return { response, reader, read: async () => decoder.decode((await reader.read()).value) };
}

test('a listener gets the last minutes, then each second as it comes', async () => {
  const world = createWorld();
  world.live.say(liveFigures(startMs));
  const { response, read, reader } = await listen(world);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  const eventOf = (atMs: number) => `id: ${atMs}\nevent: figures\ndata: ${JSON.stringify(liveFigures(atMs))}\n\n`;
  assert.equal(await read(), `retry: 3000\n\n${eventOf(startMs)}`);
  world.live.say(liveFigures(startMs + 1_000));
  assert.equal(await read(), eventOf(startMs + 1_000));
  assert.equal(world.live.listeners, 1);
  await reader.cancel();
  assert.equal(world.live.listeners, 0, 'nothing is followed when nobody listens');
});

test('an interrupted listener gets only what it missed', async () => {
  const world = createWorld();
  for (const second of [0, 1, 2]) world.live.say(liveFigures(startMs + second * 1_000));
  const { read, reader } = await listen(world, { 'last-event-id': String(startMs + 1_000) });
  assert.deepEqual((await read()).match(/^id: .*/gm), [`id: ${startMs + 2_000}`]);
  await reader.cancel();
});

test('a silent stream beats, so that it stays open', async () => {
  const world = createWorld();
  const { read, reader } = await listen(world);
  await read();
  world.clock.advance(15_000);
  assert.equal(await read(), ': still here\n\n');
  world.clock.advance(15_000);
  assert.equal(await read(), ': still here\n\n');
  await reader.cancel();
});

test('a reader that is too slow is dropped, and its place is free again', async () => {
  const world = createWorld({ listenersMax: 2 });
  const slow = await listen(world, {}, '192.0.2.1');
  const quick = await listen(world, {}, '192.0.2.2');
  await quick.read();
  for (let second = 0; second <= listenerQueueMax; second++) {
    world.live.say(liveFigures(startMs + second * 1_000));
    await quick.read();
  }
  await assert.rejects(async () => {
    for (;;) await slow.reader.read();
  }, /too slow/);
  const next = await listen(world, {}, '192.0.2.3');
  assert.equal(next.response.status, 200);
  await Promise.all([quick.reader.cancel(), next.reader.cancel()]);
});

test('there are only so many listeners in all and of one address', async () => {
  const world = createWorld({ listenersMax: 3, listenersPerAddressMax: 2 });
  const network = (host: number) => `2001:db8:1:2::${host}`;
  const open = [await listen(world, {}, network(1)), await listen(world, {}, network(2))];
  const same = await world.ask(path, { ip: network(3) });
  assert.equal(same.status, 429, 'a network of 64 bits is one address');
  assert.equal(((await same.json()) as { error: string }).error, 'too-many-listeners');
  open.push(await listen(world, {}, '192.0.2.7'));
  assert.equal((await world.ask(path, { ip: '192.0.2.8' })).status, 503);
  for (const { reader } of open) await reader.cancel();
  await waitUntil(() => world.live.listeners === 0);
});

test('HEAD takes nobody a place', async () => {
  const world = createWorld({ listenersMax: 1 });
  assert.equal((await world.ask(path, { method: 'HEAD' })).status, 200);
  const { response, reader } = await listen(world);
  assert.equal(response.status, 200);
  await reader.cancel();
});
