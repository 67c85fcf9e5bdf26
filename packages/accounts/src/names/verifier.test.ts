import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createOutgoing, type Lookup, type Outgoing, type OutgoingOptions, Problem } from '@nostrata/http';
import { createCertificate, createFakeClock, createKeys } from '@nostrata/testing';
import { type AuditHost, createHostAudit } from './audit-host.ts';
import { lookUpsMax } from './limits.ts';
import { createVerifier } from './verifier.ts';

const { certificate, key } = createCertificate(['names.example.com']);
const { pubkey } = createKeys('bob');
const host = 'names.example.com';
const address = `bob@${host}`;
const json = { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' };
const noAnswers = { find: async () => ({ body: '', etag: '', found: undefined }), forget: () => {} };

/** Timers of the machine, cut short: what hangs is given up at once. */
const hasty = {
  after: (_ms: number, callback: () => void) => {
    const timer = setTimeout(callback, 300);
    return () => clearTimeout(timer);
  },
};

/** A host that serves names as the listener says, and a guarded way to it. */
async function serve(listener: RequestListener, options: Partial<OutgoingOptions> = {}) {
  const seen: string[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    seen.push(request.url ?? '');
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  const { port } = server.address() as AddressInfo;
  const guarded = createOutgoing({
    clock: hasty,
    lookup: async () => [{ address: '127.0.0.2', family: 4 }],
    isPublic: (ip) => ip === '127.0.0.2',
    certificates: certificate,
    allowedPorts: [port],
    ...options,
  });
  // The port alone is another than in the world.
  const outgoing: Outgoing = async (url, request) =>
    await guarded(url.replace(`${host}/`, `${host}:${port}/`), request);
  const clock = createFakeClock();
  return {
    seen,
    clock,
    outgoing,
    verify: createVerifier({ outgoing, clock, answers: noAnswers, hosts: [] }),
    audit: createHostAudit({ outgoing, origin: 'https://example.com' }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const reply = (body: unknown, headers: Record<string, string> = json, status = 200): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
};

const failed = async (audit: AuditHost, name = 'bob'): Promise<string[]> => {
  const { checks } = await audit({ host, name });
  for (const { message } of checks) assert.match(message, /^[A-Za-z0-9].*\.$/);
  return checks.filter(({ ok }) => !ok).map(({ id }) => id);
};

test('a host that does everything right identifies its names', async () => {
  const relays = { [pubkey]: ['wss://relay.example.com/', 'wss://127.0.0.1', 7, 'nonsense'] };
  await using place = await serve(reply({ names: { bob: pubkey }, relays }));
  const answer = await place.verify({ address: `BOB@${host.toUpperCase()}` });
  assert.deepEqual(answer, {
    address,
    pubkey,
    relays: ['wss://relay.example.com'],
    state: 'identified',
    checkedAt: new Date(place.clock.now()).toISOString(),
  });
  assert.deepEqual(place.seen, ['/.well-known/nostr.json?name=bob']);
  assert.deepEqual(await failed(place.audit), []);
});

test('what a host does wrong is told by name, and its audit says which thing it is', async () => {
  const big = JSON.stringify({ names: { bob: pubkey }, more: 'x'.repeat(70_000) });
  const cases: readonly [RequestListener, string, string[]][] = [
    [reply('', { Location: 'https://names.example.com/other' }, 302), 'redirect', ['redirect']],
    [reply('', { Location: 'http://169.254.169.254/' }, 307), 'redirect', ['redirect']],
    [reply('no such file', { 'Access-Control-Allow-Origin': '*' }, 404), 'not-found', ['status']],
    [reply('oh', json, 500), 'unreachable', ['status']],
    [reply({ names: {} }), 'not-found', ['name']],
    [reply('<html>'), 'invalid', ['json']],
    [reply('[1]'), 'invalid', ['json']],
    [reply({ nombres: {} }), 'invalid', ['names']],
    [reply({ names: [pubkey] }), 'invalid', ['names']],
    [reply({ names: { bob: 'npub1qqqq' } }), 'invalid', ['names']],
    [reply({ names: { bob: 7 } }), 'invalid', ['names']],
    [reply({ names: { bob: pubkey.toUpperCase() } }), 'identified', ['names']],
    [reply({ names: { bob: pubkey } }, { 'Content-Type': 'text/html' }), 'identified', ['cors', 'content-type']],
    [
      reply({ names: { bob: pubkey } }, { ...json, 'Access-Control-Allow-Origin': 'https://names.example.com' }),
      'identified',
      ['cors'],
    ],
    [reply(big), 'too-large', ['size']],
    [(_request, response) => void response.writeHead(200, json).write('{"names":'), 'unreachable', ['reachable']],
    [(request) => void request.socket.destroy(), 'unreachable', ['reachable']],
    [(_request, response) => void response.socket?.end('garbage'), 'unreachable', ['reachable']],
  ];
  for (const [index, [listener, state, faults]] of cases.entries()) {
    await using place = await serve(listener);
    assert.equal((await place.verify({ address, pubkey })).state, state, `case ${index}`);
    assert.deepEqual(await failed(place.audit), faults, `case ${index}`);
  }
});

test('bytes that are no UTF-8 are no JSON', async () => {
  await using place = await serve(
    (_request, response) => void response.writeHead(200, json).end(Buffer.from([0x7b, 0xff])),
  );
  assert.equal((await place.verify({ address })).state, 'invalid');
});

test('names of the prototype are names like others', async () => {
  await using none = await serve(reply({ names: {} }));
  for (const name of ['__proto__', 'constructor', 'hasownproperty', 'tostring']) {
    assert.equal((await none.verify({ address: `${name}@${host}` })).state, 'not-found');
  }
  await using place = await serve(
    reply(`{"names":{"__proto__":"${pubkey}"},"relays":{"__proto__":["wss://a.example"]}}`),
  );
  const answer = await place.verify({ address: `__proto__@${host}` });
  assert.equal(answer.pubkey, pubkey);
  assert.deepEqual(answer.relays, []);
  assert.equal((await place.verify({ address: `polluted@${host}` })).state, 'not-found');
});

test('a host at a private address is not asked, nor one that turns to it after it was judged', async () => {
  const listener = reply({ names: { bob: pubkey } });
  for (const lists of [['127.0.0.1'], ['10.0.0.7'], ['169.254.169.254'], ['127.0.0.2', '192.168.1.1'], ['::1']]) {
    const lookup: Lookup = async () => lists.map((ip) => ({ address: ip, family: ip.includes(':') ? 6 : 4 }));
    await using place = await serve(listener, { lookup });
    assert.equal((await place.verify({ address })).state, 'refused');
    assert.deepEqual(await failed(place.audit), ['reachable']);
    assert.deepEqual(place.seen, []);
  }
  // DNS rebinding: public when looked up first, private ever after. It is looked up once, and connected to just that.
  let calls = 0;
  const rebinding: Lookup = async () => {
    calls += 1;
    return [{ address: calls === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
  };
  await using place = await serve(listener, { lookup: rebinding });
  assert.equal((await place.verify({ address })).state, 'identified');
  assert.equal(calls, 1);
});

test('a certificate of somebody else is told as such', async () => {
  const other = createCertificate(['other.example.com']);
  await using place = await serve(reply({ names: {} }), { certificates: other.certificate });
  assert.equal((await place.verify({ address })).state, 'unreachable');
  assert.deepEqual(await failed(place.audit), ['tls']);
});

test('an address with an IP literal, a port or a path in it is no address', async () => {
  await using place = await serve(reply({ names: {} }));
  const refused = (error: unknown) => error instanceof Problem && error.status === 400;
  for (const text of [
    'bob@127.0.0.1',
    'bob@[::1]',
    'bob@2130706433',
    'bob@a.example:8080',
    'bob@a.example/x',
    'bob@localhost',
  ]) {
    await assert.rejects(place.verify({ address: text }), refused, text);
    await assert.rejects(place.audit({ host: text.slice(4) }), refused, text);
  }
  assert.deepEqual(place.seen, []);
});

test('the key that an address stands for is kept, whatever key was expected of it', async () => {
  await using place = await serve(reply({ names: { bob: pubkey } }));
  const { pubkey: other } = createKeys('other');
  assert.equal((await place.verify({ address, pubkey: other })).state, 'mismatch');
  assert.equal((await place.verify({ address, pubkey })).state, 'identified');
  assert.equal((await place.verify({ address, pubkey: pubkey.toUpperCase() })).state, 'identified');
  assert.equal((await place.verify({ address })).state, 'identified');
  assert.equal(place.seen.length, 1);
  place.clock.advance(10 * 60_000);
  await place.verify({ address });
  assert.equal(place.seen.length, 2);
});

test('a failure is kept for a minute, and many who ask at once are one look-up', async () => {
  const bodies = [{ names: {} }, { names: { bob: pubkey } }];
  await using place = await serve((request, response) => reply(bodies.shift() ?? {})(request, response));
  const answers = await Promise.all(Array.from({ length: 50 }, async () => await place.verify({ address })));
  assert.ok(answers.every(({ state }) => state === 'not-found'));
  assert.equal(place.seen.length, 1);
  place.clock.advance(59_999);
  assert.equal((await place.verify({ address })).state, 'not-found');
  place.clock.advance(1);
  assert.equal((await place.verify({ address })).state, 'identified');
  assert.equal(place.seen.length, 2);
});

test('so many look-ups run at a time, and so many answers are kept', async () => {
  const { promise: open, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const outgoing: Outgoing = async () => {
    asked += 1;
    await open;
    return { status: 200, headers: {}, body: new TextEncoder().encode(`{"names":{"bob":"${pubkey}"}}`) };
  };
  const verify = createVerifier({ outgoing, clock: createFakeClock(), answers: noAnswers, hosts: [] });
  const running = Array.from(
    { length: 32 },
    async (_, index) => await verify({ address: `bob@host-${index}.example` }),
  );
  await assert.rejects(verify({ address }), (error) => error instanceof Problem && error.status === 503);
  resolve();
  await Promise.all(running);
  for (let index = 0; index < lookUpsMax; index += 1) await verify({ address: `bob@other-${index}.example` });
  asked = 0;
  await verify({ address: `bob@other-${lookUpsMax - 1}.example` });
  assert.equal(asked, 0);
  await verify({ address: 'bob@host-0.example' });
  assert.equal(asked, 1);
});

test('names that are given out here are known without asking anybody', async () => {
  await using place = await serve(reply({ names: {} }));
  const find = async (_host: string, local: string) => ({
    body: '',
    etag: '',
    found: local === 'bob' ? { pubkey, relays: [] } : undefined,
  });
  const verify = createVerifier({ ...place, answers: { ...noAnswers, find }, hosts: [host] });
  assert.equal((await verify({ address, pubkey })).state, 'identified');
  assert.equal((await verify({ address: `eve@${host}` })).state, 'not-found');
  assert.deepEqual(place.seen, []);
});
