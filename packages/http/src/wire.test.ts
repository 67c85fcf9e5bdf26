import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { bodyMsMax } from './limits.ts';
import { serveApi } from './test-http.ts';
import { createWorld } from './test-world.ts';

/** Sends these pieces over a socket and gives all that comes back. */
async function speak(port: number, pieces: readonly (string | Uint8Array)[], end = false): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (piece: Buffer) => {
    heard += piece.toString('latin1');
  });
  socket.on('error', () => socket.destroy());
  for (const piece of pieces) socket.write(piece);
  if (end) socket.end();
  await once(socket, 'close');
  return heard;
}

const heading = (length: number | string, more = '') =>
  `POST /api/v1/raw HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n${more}Content-Length: ${length}\r\n\r\n`;

test('the bytes of a body arrive as they were sent, whatever they are', async () => {
  const world = createWorld();
  await using http = await serveApi(world.api);
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256);
  const response = await fetch(`http://127.0.0.1:${http.port}/api/v1/raw`, { method: 'POST', body: bytes });
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
  assert.match(await speak(http.port, [heading(0)]), /^HTTP\/1.1 200/);
});

test('a body that says it is too large is refused before it comes, one that lies while it comes', async () => {
  const world = createWorld();
  await using http = await serveApi(world.api);
  assert.match(
    await speak(http.port, [heading(100_001)]),
    /^HTTP\/1.1 413[\s\S]*Connection: close[\s\S]*100000 bytes/i,
  );
  const chunk = `${(60_000).toString(16)}\r\n${'x'.repeat(60_000)}\r\n`;
  const chunked = 'POST /api/v1/raw HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  assert.match(await speak(http.port, [chunked, chunk, chunk]), /^HTTP\/1.1 413/);
});

test('a body that comes too slowly is given up', async () => {
  const world = createWorld();
  await using http = await serveApi(world.api);
  const timers: number[] = [];
  const after = world.clock.after.bind(world.clock);
  const waiting = Promise.withResolvers<void>();
  Object.assign(world.clock, {
    after(milliseconds: number, callback: () => void) {
      timers.push(milliseconds);
      if (milliseconds === bodyMsMax) waiting.resolve();
      return after(milliseconds, callback);
    },
  });
  const heard = speak(http.port, [heading(10), 'abc']);
  await waiting.promise;
  world.clock.advance(bodyMsMax);
  assert.match(await heard, /^HTTP\/1.1 408[\s\S]*too-slow/);
});

test('a body that ends before its length fails by itself and leaves the server whole', async () => {
  const world = createWorld();
  await using http = await serveApi(world.api);
  await speak(http.port, [heading(10), 'abc'], true);
  assert.match(await speak(http.port, [heading(3), 'abc']), /^HTTP\/1.1 200[\s\S]*\r\nabc\r\n/);
});

test('a route without a body overlooks a small one', async () => {
  const { ask, as } = createWorld();
  const response = await ask('/api/v1/books/7', { method: 'DELETE', body: '{}', ...as('user') });
  assert.equal(response.status, 204);
});
