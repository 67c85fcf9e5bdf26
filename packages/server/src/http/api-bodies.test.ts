import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import { createHttpApi, defaultHttpSettings, type HttpRoute } from '@nostrata/http';
import { createApp } from './app.ts';
import { type Listener, listen } from './listen.ts';
import { createResolveOrigin } from './proxy.ts';

const faults: string[] = [];
let listener: Listener;

const echo: HttpRoute = {
  method: 'POST',
  path: '/api/v1/echo',
  access: { kind: 'anyone' },
  isCounted: false,
  bodyBytesMax: 200_000,
  operation: undefined,
  async serve({ readBody, headers, host }) {
    return new Response(Uint8Array.from(await readBody()), { headers: { ...headers, 'X-Host': host } });
  },
};
const names: HttpRoute = {
  ...echo,
  method: 'GET',
  path: '/.well-known/nostr.json',
  serve: ({ query, headers }) =>
    Response.json({ names: { [query.get('name') ?? '']: '' } }, { headers: { ...headers } }),
};

before(async () => {
  const clock = {
    now: Date.now,
    after(milliseconds: number, callback: () => void) {
      const timer = setTimeout(callback, milliseconds / 20);
      return () => clearTimeout(timer);
    },
  };
  const api = createHttpApi({
    routes: [echo, names],
    cache: createMemoryCache({ clock }),
    clock,
    logger: { error: (fields) => faults.push(JSON.stringify(fields)) },
    metrics: {},
    settings: defaultHttpSettings,
  });
  const app = createApp({
    information: () => ({ supported_nips: [], limitation: {} }),
    health: () => Promise.reject(new Error('nobody asks')),
    version: '0',
    api,
  });
  const resolveOrigin = createResolveOrigin([]);
  const limits = { maxMessageBytes: 1_000, compression: false };
  listener = await listen({ app, host: '127.0.0.1', port: 0, resolveOrigin, ...limits, accept: (s) => s.close() });
  process.on('uncaughtException', (error) => faults.push(error.message));
});
after(() => {
  listener.stop();
  assert.deepEqual(faults, [], 'nothing fails behind an answer');
});

/** Sends these pieces and gives what came back until the connection ended. */
async function speak(pieces: readonly (string | Uint8Array)[], end = false): Promise<string> {
  const socket = connect(listener.port, '127.0.0.1');
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

const heading = (length: number) =>
  `POST /api/v1/echo HTTP/1.1\r\nHost: A.example.com\r\nContent-Length: ${length}\r\n`;

test('a body reaches its route byte for byte', async () => {
  const bytes = Uint8Array.from({ length: 150_000 }, (_, index) => (index * 31) % 256);
  const response = await fetch(`http://127.0.0.1:${listener.port}/api/v1/echo`, { method: 'POST', body: bytes });
  assert.equal(response.headers.get('x-host'), `127.0.0.1:${listener.port}`);
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
});

test('a body that is too large is refused, whether it says so or not, and its connection ends', async () => {
  assert.match(await speak([`${heading(10_000_000)}\r\n`, 'x'.repeat(100_000)]), /^HTTP\/1.1 413/);
  const chunk = `${(100_000).toString(16)}\r\n${'x'.repeat(100_000)}\r\n`;
  const begin = 'POST /api/v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  assert.match(await speak([begin, chunk, chunk, chunk, chunk]), /^HTTP\/1.1 413/);
});

test('a body that stops coming is given up', async () => {
  assert.match(await speak([`${heading(1_000)}\r\n`, 'x']), /^HTTP\/1.1 408/);
});

test('a body that ends too early leaves the server whole', async () => {
  await speak([`${heading(1_000)}\r\n`, 'x'], true);
  assert.match(await speak([`${heading(1)}Connection: close\r\n\r\n`, 'x']), /^HTTP\/1.1 200/);
});

test('names are answered by the API', async () => {
  const response = await fetch(`http://127.0.0.1:${listener.port}/.well-known/nostr.json?name=alice`);
  assert.deepEqual(await response.json(), { names: { alice: '' } });
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  const options = await fetch(`http://127.0.0.1:${listener.port}/api/v1/echo`, { method: 'OPTIONS' });
  assert.equal(options.headers.get('allow'), 'POST, OPTIONS');
});
