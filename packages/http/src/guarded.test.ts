import assert from 'node:assert/strict';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createCertificate } from '@nostrata/testing';
import { createOutgoing, type OutgoingOptions } from './guarded.ts';
import type { Lookup } from './lookup.ts';
import { OutgoingError, type OutgoingFault, type OutgoingRequest } from './outgoing.ts';
import { createTimers } from './test-world.ts';

const { certificate, key } = createCertificate(['names.example.com']);

interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly seen: string[];
}

/** A server on one address of this machine; `127.0.0.2` plays an address of the public Internet. */
async function serve(answer: RequestListener, { address = '127.0.0.2', isSecure = true } = {}): Promise<TestServer> {
  const seen: string[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(`${request.method} ${request.headers.host} ${request.url}`);
    answer(request, response);
  };
  const server = isSecure ? createHttps({ key, cert: certificate }, listener) : createHttp(listener);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A look-up that gives one list after the other, the last for ever. */
function resolveTo(...lists: readonly (readonly string[])[]): Lookup & { calls: number } {
  const lookup = async () => {
    const list = lists[Math.min(lookup.calls, lists.length - 1)] ?? [];
    lookup.calls += 1;
    return list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  lookup.calls = 0;
  return lookup;
}

const isPublic = (address: string) => address === '127.0.0.2';

function guard(options: Partial<OutgoingOptions> = {}, port?: number) {
  const clock = createTimers();
  const lookup = resolveTo(['127.0.0.2']);
  const allowedPorts = port === undefined ? [] : [port];
  return {
    clock,
    ask: createOutgoing({ clock, lookup, isPublic, certificates: certificate, allowedPorts, ...options }),
  };
}

async function faultOf(asked: Promise<unknown>): Promise<OutgoingFault | 'none'> {
  try {
    await asked;
    return 'none';
  } catch (error) {
    assert.ok(error instanceof OutgoingError, String(error));
    assert.ok(error.message.length > 0);
    return error.fault;
  }
}

describe('what may be asked', () => {
  const refused: readonly string[] = [
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'not a URL',
    '',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://example.com:22/',
    'https://example.com:80/',
    'https://example.com:8443/',
    'https://127.0.0.1/',
    'https://1.1.1.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://0/',
    'https://①②⑦.0.0.1/',
    'https://127.0.0.1./',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[2606:4700::1111]/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
    'https://nas/',
    'https://nas.local/',
    'https://metadata.google.internal/',
    `https://${'a'.repeat(56)}.onion/`,
  ];

  test('by the text of the URL: https, a name of the public Internet, a port that is allowed', async () => {
    const lookup = resolveTo(['1.1.1.1']);
    const { ask } = guard({ lookup, isPublic: undefined });
    for (const url of refused) assert.equal(await faultOf(ask(url)), 'refused', url);
    assert.equal(lookup.calls, 0, 'nothing of that is even looked up');
  });

  const special: Readonly<Record<string, readonly string[]>> = {
    loopback: ['127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '::'],
    private: ['10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.0.1'],
    'carrier-grade NAT': ['100.64.0.1', '100.127.255.254'],
    'link-local': ['169.254.169.254', 'fe80::1', 'fe80::1%eth0'],
    'unique local': ['fc00::1', 'fd00:ec2::254'],
    'mapped IPv4': ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:10.0.0.1', '::127.0.0.1'],
    NAT64: ['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b:1::1'],
    '6to4': ['2002:7f00:1::', '2002:a9fe:a9fe::1'],
    Teredo: ['2001:0:4136:e378::'],
    'multicast and reserved': ['224.0.0.1', '255.255.255.255', '240.0.0.1', 'ff02::1', '192.0.2.1', '2001:db8::1'],
    'no address at all': ['localhost', ''],
  };

  test('by what the name resolves to: one address that is not public refuses them all', async () => {
    for (const [what, addresses] of Object.entries(special)) {
      for (const address of addresses) {
        for (const list of [[address], ['1.1.1.1', address], [address, '2606:4700::1111']]) {
          const { ask } = guard({ lookup: resolveTo(list), isPublic: undefined });
          assert.equal(await faultOf(ask('https://example.com/')), 'refused', `${what}: ${list}`);
        }
      }
    }
  });

  test('a name without an address, and a look-up that fails or never ends', async () => {
    const failing = (code: string) => async () => Promise.reject(Object.assign(new Error(code), { code }));
    assert.equal(await faultOf(guard({ lookup: resolveTo([]) }).ask('https://example.com/')), 'unknown-host');
    assert.equal(await faultOf(guard({ lookup: failing('ENOTFOUND') }).ask('https://a.example.com/')), 'unknown-host');
    assert.equal(await faultOf(guard({ lookup: failing('EAI_AGAIN') }).ask('https://a.example.com/')), 'unreachable');
    const { ask, clock } = guard({ lookup: () => new Promise(() => undefined) });
    const asked = faultOf(ask('https://example.com/'));
    clock.advance(5_000);
    assert.equal(await asked, 'timeout');
  });
});

describe('how it is asked', () => {
  const url = (port: number, path = '/.well-known/nostr.json?name=a') => `https://names.example.com:${port}${path}`;

  test('the name is asked at the address that was judged, by TLS, and the answer comes as it is', async () => {
    await using server = await serve(async (request, response) => {
      const body = await text(request);
      response.writeHead(request.method === 'POST' ? 404 : 200, { 'X-Seen': JSON.stringify(request.headers) });
      response.end(body || '{"names":{}}');
    });
    const { ask } = guard({}, server.port);
    const reply = await ask(url(server.port), { headers: { Host: 'evil.example.com', 'Accept-Encoding': 'br' } });
    assert.equal(reply.status, 200);
    assert.equal(Buffer.from(reply.body).toString(), '{"names":{}}');
    assert.match(reply.headers['x-seen'] ?? '', /"accept-encoding":"identity"/);
    assert.deepEqual(server.seen, [`GET names.example.com:${server.port} /.well-known/nostr.json?name=a`]);
    const posted = await ask(url(server.port, '/'), { method: 'POST', body: 'täst', headers: { 'X-A': 'b' } });
    assert.deepEqual([posted.status, Buffer.from(posted.body).toString()], [404, 'täst']);
    assert.equal(await faultOf(ask(url(server.port), { headers: { 'X-A': 'a\r\nX-B: c' } })), 'refused');
  });

  test('a name that changes its mind after it was judged changes nothing', async () => {
    await using inside = await serve((_, response) => response.end('secret'), { address: '127.0.0.1' });
    await using outside = await serve((_, response) => response.end('public'));
    const lookup = resolveTo(['127.0.0.2'], ['127.0.0.1']);
    const { ask } = guard({ lookup, allowedPorts: [outside.port, inside.port] });
    assert.equal(Buffer.from((await ask(url(outside.port))).body).toString(), 'public');
    assert.equal(lookup.calls, 1);
    assert.equal(await faultOf(ask(url(inside.port))), 'refused');
    assert.deepEqual(inside.seen, []);
  });

  test('no redirect is followed, wherever it leads', async () => {
    await using inside = await serve((_, response) => response.end('secret'), { address: '127.0.0.1' });
    for (const status of [301, 302, 303, 307, 308]) {
      await using server = await serve((_, response) => {
        response.writeHead(status, { Location: url(inside.port) }).end();
      });
      assert.equal(await faultOf(guard({}, server.port).ask(url(server.port))), 'redirect', String(status));
    }
    assert.deepEqual(inside.seen, []);
  });

  const answers: Readonly<Record<string, readonly [OutgoingFault, RequestListener]>> = {
    'a body that says it is too large': ['too-large', (_, response) => void response.end('x'.repeat(1_001))],
    'a body without end': [
      'too-large',
      (_, response) => {
        const more = () => void response.write('x'.repeat(500), (error) => error || more());
        more();
      },
    ],
    'a small body that hides a huge one': [
      'too-large',
      (_, response) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000)));
      },
    ],
    'headers without end': [
      'too-large',
      (_, response) => void response.writeHead(200, { 'X-A': 'x'.repeat(20_000) }).end(),
    ],
    'an encoding that nobody asked for': [
      'unreachable',
      (_, response) => void response.writeHead(200, { 'Content-Encoding': 'compress' }).end('x'),
    ],
    'a body that breaks off': [
      'unreachable',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': '900' });
        response.write('x', () => response.destroy());
      },
    ],
    'no answer': ['unreachable', (request) => request.socket.destroy()],
  };

  test('what comes back is bounded in bytes, packed and unpacked', async () => {
    for (const [what, [fault, answer]] of Object.entries(answers)) {
      await using server = await serve(answer);
      const { ask } = guard({}, server.port);
      assert.equal(await faultOf(ask(url(server.port), { bytesMax: 1_000 })), fault, what);
    }
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('x'.repeat(900)));
    });
    const reply = await guard({}, server.port).ask(url(server.port), { bytesMax: 1_000 });
    assert.equal(reply.body.byteLength, 900);
  });

  test('the time in all is bounded, however often something comes', async () => {
    const begun: (() => void)[] = [];
    const drip: RequestListener = (_, response) => {
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
      response.write('x', () => begun.shift()?.());
    };
    const silent: RequestListener = () => begun.shift()?.();
    for (const answer of [drip, silent]) {
      await using server = await serve(answer);
      const { ask, clock } = guard({}, server.port);
      const started = new Promise<void>((resolve) => begun.push(resolve));
      const request: OutgoingRequest = { timeoutMs: 2_000 };
      const asked = faultOf(ask(url(server.port), request));
      await started;
      clock.advance(2_000);
      assert.equal(await asked, 'timeout');
    }
  });

  test('a certificate that is not trusted or is for another name is a fault of TLS', async () => {
    await using server = await serve((_, response) => response.end('x'));
    assert.equal(await faultOf(guard({ certificates: undefined }, server.port).ask(url(server.port))), 'tls');
    const { ask } = guard({}, server.port);
    assert.equal(await faultOf(ask(`https://other.example.com:${server.port}/`)), 'tls');
    await using plain = await serve((_, response) => response.end('x'), { isSecure: false });
    assert.equal(await faultOf(guard({}, plain.port).ask(url(plain.port))), 'tls');
    assert.deepEqual(server.seen, []);
  });

  test('a port where nobody listens is unreachable, and every address that was judged is tried', async () => {
    await using server = await serve((_, response) => response.end('x'));
    const { port } = server;
    const only = guard({ lookup: resolveTo(['127.0.0.3']), isPublic: () => true }, port);
    assert.equal(await faultOf(only.ask(url(port))), 'unreachable');
    const both = guard({ lookup: resolveTo(['127.0.0.3', '127.0.0.2']), isPublic: () => true }, port);
    assert.equal((await both.ask(url(port))).status, 200);
  });

  test('closed networks may be asked without TLS where the operator allows private addresses', async () => {
    await using server = await serve((_, response) => response.end('x'), { address: '127.0.0.1', isSecure: false });
    const { ask } = guard({ allowPrivate: true });
    assert.equal((await ask(`http://127.0.0.1:${server.port}/`)).status, 200);
    const named = guard({ allowPrivate: true, lookup: resolveTo(['127.0.0.1']) });
    assert.equal((await named.ask(`http://shop:${server.port}/`)).status, 200);
    assert.equal(await faultOf(ask(`ftp://127.0.0.1:${server.port}/`)), 'refused');
  });
});
