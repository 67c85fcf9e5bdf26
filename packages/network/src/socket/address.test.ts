import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { realClock } from '../test-clock.ts';
import { startTestRelay } from '../test-relay.ts';
import { findAddressFault } from './address.ts';
import { createFetchInformation, createOpenSocket, type LookupAll } from './node.ts';
import type { SocketEnd } from './socket.ts';

/** A look-up that gives these addresses, whatever the name. */
function resolveTo(...addresses: readonly string[]): LookupAll & { calls: number } {
  const lookup = (_host: string, _options: unknown, callback: Parameters<LookupAll>[2]) => {
    lookup.calls++;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  lookup.calls = 0;
  return lookup;
}

describe('addresses', () => {
  test('URLs are judged by their text: numbers in every spelling, and names that are local', () => {
    const refused = ['ws://127.1', 'ws://0x7f.1', 'ws://2130706433', 'ws://0177.0.0.1', 'wss://[::ffff:7f00:1]:444'];
    for (const url of [...refused, 'ws://localhost', 'ws://a.localhost', 'ws://nas.local', 'ws://nas', 'http://a.com'])
      assert.ok(findAddressFault(url), url);
    for (const url of ['wss://relay.damus.io', 'ws://1.1.1.1:80/x', 'wss://[2606:4700::1111]'])
      assert.equal(findAddressFault(url), undefined, url);
  });
});

describe('dialling', () => {
  const options = { allowLocal: false, messageBytesMax: 10_000, connectMs: 2_000 };
  const dial = (lookup: LookupAll, url: string): Promise<SocketEnd | 'opened'> =>
    new Promise((resolve) => {
      const socket = createOpenSocket(lookup)(
        url,
        {
          opened() {
            resolve('opened');
            socket.terminate();
          },
          received: () => undefined,
          ponged: () => undefined,
          closed: resolve,
        },
        options,
      );
    });

  test('a name that resolves to a private address is refused without touching it', async () => {
    await using relay = await startTestRelay();
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.7', '169.254.169.254']) {
      const lookup = resolveTo(address);
      const end = await dial(lookup, `ws://relay.example.com:${relay.port}`);
      assert.ok(end !== 'opened' && end.isRefused, address);
      assert.match(end.reason, /private or local/);
      assert.equal(lookup.calls, 1, 'one look-up: what was judged is what is dialled');
    }
    assert.equal(relay.connections, 0);
  });

  test('an address written as a number is refused, as no look-up ever sees it', async () => {
    await using relay = await startTestRelay();
    const end = await dial(resolveTo('1.1.1.1'), `ws://127.0.0.1:${relay.port}`);
    assert.ok(end !== 'opened' && end.isRefused);
    assert.equal(relay.connections, 0);
  });

  test('names of hidden services are never looked up', async () => {
    const lookup = resolveTo('1.1.1.1');
    const end = await dial(lookup, `ws://${'a'.repeat(56)}.onion`);
    assert.ok(end !== 'opened' && end.isRefused);
    assert.equal(lookup.calls, 0);
  });

  test('a look-up that fails is a failure and no refusal', async () => {
    const end = await dial((_host, _options, callback) => callback(new Error('ENOTFOUND'), []), 'wss://a.example.com');
    assert.ok(end !== 'opened' && !end.isRefused);
  });

  test('a frame above the maximum ends the connection', async () => {
    await using relay = await startTestRelay();
    relay.welcome = ({ socket }) => socket.send('x'.repeat(20_000));
    const end = await new Promise<SocketEnd>((closed) => {
      const handlers = { opened: () => undefined, received: () => assert.fail(), ponged: () => undefined, closed };
      createOpenSocket()(relay.url, handlers, { ...options, allowLocal: true });
    });
    assert.match(end.reason, /payload|size/i);
  });

  test('an information document is bounded in bytes and time, and behind the same guard', async () => {
    await using relay = await startTestRelay();
    relay.information = (_, response) => response.end(JSON.stringify({ name: 'x'.repeat(2_000) }));
    const fetchInformation = createFetchInformation(resolveTo('127.0.0.1'));
    const controller = new AbortController();
    const local = { allowLocal: true, bytesMax: 5_000, signal: controller.signal };
    assert.equal(((await fetchInformation(relay.url, local)) as { name: string }).name.length, 2_000);
    await assert.rejects(fetchInformation(relay.url, { ...local, bytesMax: 1_000 }), /more than 1000 bytes/);
    const guarded = { ...local, allowLocal: false };
    await assert.rejects(fetchInformation(relay.url, guarded), /private or local/);
    await assert.rejects(fetchInformation(`ws://relay.example.com:${relay.port}`, guarded), /private or local/);
    relay.information = () => realClock.after(1, () => controller.abort());
    await assert.rejects(fetchInformation(relay.url, local), /abort/i);
  });
});
