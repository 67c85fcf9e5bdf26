import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { note } from './builder.ts';
import { connectClient } from './client.ts';

/** A relay of a few lines: it answers every verb in the frames of NIP-01 and remembers nothing. */
async function serve(t: { after(f: () => void): void }): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  await once(server, 'listening');
  const event = note('alice', 'hello');
  server.on('connection', (socket) => {
    const send = (...frame: unknown[]): void => socket.send(JSON.stringify(frame));
    send('AUTH', 'the challenge');
    socket.on('message', (data) => {
      const [verb, second] = JSON.parse(String(data)) as [string, unknown];
      if (verb === 'REQ' && second === 'no') send('CLOSED', second, 'auth-required: no');
      else if (verb === 'REQ')
        for (const frame of [
          ['EVENT', second, event],
          ['EOSE', second],
        ])
          socket.send(JSON.stringify(frame));
      else if (verb === 'COUNT') send('COUNT', second, { count: 3 });
      else if (verb === 'CLOSE') socket.close(1000, 'bye');
      else send('OK', (second as { id: string }).id, false, 'blocked: no');
    });
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the client speaks every verb', async (t) => {
  const url = await serve(t);
  await using client = await connectClient(url);
  const event = note('alice', 'hello');
  assert.equal(await client.challenge(), 'the challenge');
  const result = await client.request('yes', [{}], { keepOpen: true });
  assert.deepEqual(result.events, [event]);
  assert.ok(result.eose);
  assert.equal((await client.request('no', [{}])).closed, 'auth-required: no');
  assert.equal((await client.count('c', [{}])).count, 3);
  assert.deepEqual(await client.publish(event), { ok: false, message: 'blocked: no' });
  client.send('CLOSE', 'yes');
  assert.deepEqual(await client.closed, { code: 1000, reason: 'bye' });
  await assert.rejects(
    client.waitFor(() => true, 'nothing'),
    /ended with code 1000/,
  );
});

test('a wait that is in vain ends at its deadline and says what came instead', async (t) => {
  const url = await serve(t);
  await using client = await connectClient(url, { timeoutMs: 50 });
  await assert.rejects(
    client.waitFor((frame) => frame[0] === 'NOTICE', 'NOTICE'),
    /in vain for NOTICE.*the challenge/,
  );
});
