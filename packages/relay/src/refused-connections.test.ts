import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createTestRelay } from './conformance/test-relay.ts';

const upgrade =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

test('a connection beyond the bound is gone soon, also where its client does not answer the goodbye', async () => {
  await using relay = await createTestRelay({ settings: { limits: { connectionsPerIpMax: 1 } } });
  await using client = await relay.connect();
  const socket = connect(Number(new URL(relay.url).port), '127.0.0.1');
  let heard = '';
  socket
    .on('error', () => undefined)
    .on('data', (bytes) => {
      heard += bytes.toString('latin1');
    });
  socket.write(upgrade);
  const timeout = AbortSignal.timeout(10_000);
  await once(socket, 'close', { signal: timeout });
  assert.match(heard, /too many connections from this address/);
  assert.ok(client.isOpen);
});
