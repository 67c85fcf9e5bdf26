import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fc } from '@nostrata/testing';
import { realClock } from '../test-clock.ts';
import { startTestRelay } from '../test-relay.ts';
import { findAddressFault, isPublicAddress } from './address.ts';
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

const privateAddresses = [
  ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.0.1', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.168.1.1', '198.18.0.1', '198.19.255.255'],
  ...['198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::127.0.0.1', '64:ff9b::10.0.0.1'],
  ...['64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '2002:a00:1::1', 'fc00::1', 'fd12::1'],
  ...['fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'ff02::1', '3fff::1', '4000::1', 'e000::1'],
];
const publicAddresses = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.0.0.1', '128.0.0.1'],
  ...['169.253.0.1', '172.15.0.1', '172.32.0.1', '192.167.0.1', '192.169.0.1', '198.17.0.1', '198.20.0.1', '223.0.0.1'],
  ...['2606:4700::1111', '2a00:1450:4001:800::200e', '::ffff:1.1.1.1', '64:ff9b::1.1.1.1', '2002:101:101::1'],
];

describe('addresses', () => {
  test('private, local, shared, link-local, multicast and embedded ones are not public', () => {
    for (const address of privateAddresses) assert.equal(isPublicAddress(address), false, address);
    for (const address of publicAddresses) assert.equal(isPublicAddress(address), true, address);
  });

  test('what is no address is not public', () => {
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1:2', ':::', '1::2::3', '12345::', 'g::'])
      assert.equal(isPublicAddress(text), false, text);
    fc.assert(fc.property(fc.string(), (text) => void isPublicAddress(text)));
  });

  test('an IPv4 address and the same one mapped into IPv6 are judged alike', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        assert.equal(isPublicAddress(`::ffff:${address}`), isPublicAddress(address));
      }),
    );
  });

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
