import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { waitUntil } from '@nostrata/testing';
import { liveFigures, startMs } from './test-figures.ts';
import { serveApi } from './test-http.ts';
import { createWorld } from './test-world.ts';

function open(origin: string, path: string) {
  const { port, host } = new URL(origin);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return socket;
}

test('a listener that leaves frees its place', async () => {
  const world = createWorld();
  await using http = await serveApi(world.api);
  const socket = open(http.origin, '/api/v1/stats/live');
  await waitUntil(() => world.live.listeners === 1);
  socket.destroy();
  await waitUntil(() => world.live.listeners === 0);
});

test('a listener whose socket takes nothing more is dropped, while others hear everything', async () => {
  const world = createWorld();
  await using http = await serveApi(world.api);
  const slow = open(http.origin, '/api/v1/stats/live');
  slow.pause();
  const quick = open(http.origin, '/api/v1/stats/live');
  let heard = 0;
  quick.on('data', (piece: Buffer) => {
    heard += piece.length;
  });
  await waitUntil(() => world.requests.length === 2);
  // Enough to fill what the system keeps for a socket that is not read.
  const kinds = Object.fromEntries(Array.from({ length: 20_000 }, (_, kind) => [kind, 123_456]));
  let said = 0;
  let isClosed = false;
  slow.on('close', () => {
    isClosed = true;
  });
  const size = JSON.stringify({ ...liveFigures(startMs), kinds }).length;
  while (said < 150) {
    world.live.say({ ...liveFigures(startMs + said), kinds });
    said += 1;
    await waitUntil(() => heard >= said * size, { what: 'the quick one' });
  }
  slow.resume();
  await waitUntil(() => isClosed, { what: 'the end of the slow one' });
  assert.equal(world.live.listeners, 1);
  quick.destroy();
  await waitUntil(() => world.live.listeners === 0);
});

test('an export that cannot be read to its end never looks whole', async () => {
  const world = createWorld();
  await using http = await serveApi(world.api);
  const { calls } = world.database;
  const failure = { get: () => (calls.length > 3 ? new Error('away') : undefined) };
  Object.defineProperty(world.database, 'failure', failure);
  const asked = fetch(`${http.origin}/api/v1/export/relay-days.csv`);
  await assert.rejects(async () => await (await asked).text());
});
