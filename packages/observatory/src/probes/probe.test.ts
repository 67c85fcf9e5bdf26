import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRelayInformation } from '@nostrata/protocol';
import {
  createCertificate,
  createKeys,
  note,
  readJsonLines,
  requireSharedData,
  signEvent,
  skipWithout,
} from '@nostrata/testing';
import { probeLimits } from './limits.ts';
import { type ProbeParts, probeRelay } from './probe.ts';
import { startNameServer } from './test-name-server.ts';
import { createMemory, findClosedPort, startRelay, startTcp } from './test-relay.ts';

/** What is expected to answer has the time that it has in life; what is expected not to is not waited for as long. */
const impatient = { ...probeLimits, dnsMs: 300, phaseMs: 300 };
const parts: ProbeParts = {
  clock: {
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  },
  monotonicMs: () => performance.now(),
  now: () => Date.now(),
  random: Math.random,
  allowLocal: true,
  limits: { ...probeLimits, dnsMs: 5_000 },
  lookupHost: async () => [{ address: '127.0.0.1' }],
};
const hasty: ProbeParts = { ...parts, limits: impatient };
const keys = createKeys('prober');
const write = {
  sign: async (event: Parameters<NonNullable<ProbeParts['write']>['sign']>[0]) =>
    signEvent({ ...event, pubkey: keys.pubkey }, keys.secret),
};
const phasesOf = (ms: ReadonlyMap<string, number>): string => [...ms.keys()].sort().join(' ');

describe('a probe', () => {
  test('of a plain relay measures every phase but TLS, and reads its document', async () => {
    await using relay = await startRelay();
    const result = await probeRelay(relay.url, parts);
    assert.equal(result.failure, null);
    assert.equal(phasesOf(result.ms), 'dns eose information open read tcp');
    assert.deepEqual(result.information, { name: 'a relay' });
    assert.ok((result.ms.get('open') ?? 0) >= (result.ms.get('tcp') ?? 0));
  });

  test('of a relay behind TLS judges its certificate, for the name and by who signed it', async () => {
    const certificate = createCertificate(['localhost']);
    await using relay = await startRelay({ certificate });
    const trusted = await probeRelay(relay.url, { ...parts, certificates: [certificate.certificate] });
    assert.equal(trusted.failure, null);
    assert.equal(phasesOf(trusted.ms), 'dns eose information open read tcp tls');
    assert.deepEqual(trusted.information, { name: 'a relay' });
    const stranger = await probeRelay(relay.url, parts);
    assert.match(stranger.failure ?? '', /^tls: (DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED)/);
    assert.equal(phasesOf(stranger.ms), 'dns tcp');
    const other = createCertificate(['other.example.com']);
    await using wrong = await startRelay({ certificate: other });
    const misnamed = await probeRelay(wrong.url, { ...parts, certificates: [other.certificate] });
    assert.equal(misnamed.failure, 'tls: ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('tries the other addresses of a name, IPv4 first, and no more than three', async () => {
    await using relay = await startRelay();
    const probeAt = async (...addresses: readonly string[]): Promise<boolean> => {
      const lookupHost = async () => addresses.map((address) => ({ address }));
      return (await probeRelay(relay.url, { ...parts, lookupHost })).ok;
    };
    assert.equal(await probeAt('127.0.0.2', '127.0.0.1'), true);
    assert.equal(await probeAt('::1', '::1', '127.0.0.1'), true);
    assert.equal(await probeAt('127.0.0.2', '127.0.0.3'), false);
    assert.equal(await probeAt('127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.1'), false);
  });

  test('asks name servers for names, each time anew, and does not wait longer than it may', async () => {
    await using relay = await startRelay();
    const asked: string[] = [];
    await using server = await startNameServer((name, type) => {
      asked.push(name);
      if (name === 'silent.example.com') return undefined;
      return name === 'relay.example.com' && type === 'A' ? '127.0.0.1' : null;
    });
    const named: ProbeParts = { ...parts, lookupHost: undefined, nameServers: [server.address] };
    const url = `ws://relay.example.com:${relay.port}`;
    for (let times = 1; times <= 2; times++) {
      const { failure, ms } = await probeRelay(url, named);
      assert.equal(failure, null);
      assert.ok((ms.get('dns') ?? 0) > 0);
      assert.ok(asked.filter((name) => name === 'relay.example.com').length >= times);
    }
    const refused = await probeRelay(url, { ...named, allowLocal: false });
    assert.equal(refused.failure, 'refused: the name is at a private or local address');
    assert.equal((await probeRelay('ws://nobody.example.com', named)).failure, 'dns: ENOTFOUND');
    const silent = await probeRelay('ws://silent.example.com', { ...named, limits: impatient });
    assert.match(silent.failure ?? '', /^dns: (?:no answer within 300 ms|ETIMEOUT)$/);
  });

  test('names the phase that failed', async () => {
    const port = await findClosedPort();
    assert.equal((await probeRelay(`ws://localhost:${port}`, parts)).failure, 'tcp: ECONNREFUSED');
    await using halfOpen = await startTcp(() => undefined);
    assert.equal((await probeRelay(halfOpen.url, hasty)).failure, 'open: no answer within 300 ms');
    const secure = halfOpen.url.replace('ws:', 'wss:');
    assert.equal((await probeRelay(secure, hasty)).failure, 'tls: no answer within 300 ms');
    await using garbage = await startTcp((socket) => socket.end('garbage\r\n\r\n'));
    assert.match((await probeRelay(garbage.url, parts)).failure ?? '', /^open: /);
    await using broken = await startRelay({ upgradeStatus: 503 });
    assert.equal((await probeRelay(broken.url, parts)).failure, 'open: Unexpected server response: 503');
    await using moved = await startRelay({ upgradeStatus: 301 });
    assert.equal((await probeRelay(moved.url, parts)).failure, 'open: Unexpected server response: 301');
    const deaf = { ...hasty, lookupHost: () => new Promise<never>(() => undefined) };
    assert.equal((await probeRelay('ws://relay.example.com', deaf)).failure, 'dns: no answer within 300 ms');
    const unknown = { ...parts, lookupHost: () => Promise.reject(Object.assign(new Error(''), { code: 'ENOTFOUND' })) };
    assert.equal((await probeRelay('ws://relay.example.com', unknown)).failure, 'dns: ENOTFOUND');
  });

  test('of a relay that opens and answers nothing fails, and what is no answer is none', async () => {
    await using mute = await startRelay({ answer: () => undefined });
    const silent = await probeRelay(mute.url, hasty);
    assert.equal(silent.failure, 'read: no answer within 300 ms');
    assert.ok(silent.ms.has('open'));
    await using strange = await startRelay({
      answer: (_, socket) => {
        for (const text of ['', '{}', '["NOTICE","no"]', '["EOSE","another"]', '[1]']) socket.send(text);
      },
    });
    assert.equal((await probeRelay(strange.url, hasty)).failure, 'read: no answer within 300 ms');
    await using flood = await startRelay({
      answer: (_, socket) => {
        for (let at = 0; at < 200; at++) socket.send('["NOTICE","no"]');
      },
    });
    assert.equal((await probeRelay(flood.url, parts)).failure, 'read: 100 messages without an answer');
    await using late = await startRelay({
      answer: ([verb, subId], socket) => {
        if (verb === 'REQ') socket.send(JSON.stringify(['EVENT', subId, note('late', 'here')]));
      },
    });
    const half = await probeRelay(late.url, hasty);
    assert.equal(half.failure, 'eose: no answer within 300 ms');
    assert.ok(half.ms.has('read'));
  });

  test('of a relay that only serves those it knows is ok, and its refusal is not measured', async () => {
    await using refusing = await startRelay({
      answer: ([verb, subId], socket) => {
        if (verb === 'REQ') socket.send(JSON.stringify(['CLOSED', subId, 'auth-required: who are you?']));
      },
    });
    await using waiting = await startRelay({
      greet: (socket) => socket.send('["AUTH","challenge"]'),
      answer: () => undefined,
    });
    for (const relay of [refusing, waiting]) {
      const result = await probeRelay(relay.url, { ...hasty, write });
      assert.equal(result.failure, null);
      assert.equal(result.isRestricted, true);
      assert.equal(phasesOf(result.ms), 'dns information open tcp');
      assert.equal(result.write, null);
    }
  });

  test('takes a document that is none for no fault of the relay', async () => {
    const documents: Readonly<Record<string, string>> = {
      'not JSON': '<html>',
      'no object': '[1]',
      'too long': JSON.stringify({ name: 'x'.repeat(300_000) }),
    };
    for (const [what, text] of Object.entries(documents)) {
      await using relay = await startRelay({ http: (_, response) => response.end(text) });
      const result = await probeRelay(relay.url, parts);
      assert.equal(result.failure, null, what);
      assert.equal(result.information, undefined, what);
    }
    for (const status of [302, 404, 500]) {
      await using relay = await startRelay({
        http: (_, response) => response.writeHead(status, { location: 'http://localhost/' }).end('{}'),
      });
      assert.equal((await probeRelay(relay.url, parts)).information, undefined);
    }
    await using slow = await startRelay({ http: (_, response) => void response.write('{"name":') });
    assert.equal((await probeRelay(slow.url, hasty)).failure, null);
  });

  test('reads every real document as its relay sends it', { skip: skipWithout('relays/nip11.jsonl.gz') }, async () => {
    const documents = readJsonLines<{ readonly doc: unknown }>(requireSharedData('relays/nip11.jsonl.gz'));
    let next = 0;
    await using relay = await startRelay({
      http: (_, response) => response.end(JSON.stringify(documents[next]?.doc)),
    });
    for (; next < documents.length; next++) {
      const { information, failure } = await probeRelay(relay.url, parts);
      assert.equal(failure, null);
      assert.deepEqual(information, documents[next]?.doc);
      parseRelayInformation(information);
    }
    assert.equal(documents.length, 47);
  });

  test('writes only when it is told to, a new event each time, which expires', async () => {
    const written: { readonly id: string; readonly kind: number; readonly tags: readonly (readonly string[])[] }[] = [];
    const keep = createMemory();
    await using relay = await startRelay({
      answer: (frame, socket) => {
        if (frame[0] === 'EVENT') written.push(frame[1] as (typeof written)[number]);
        keep(frame, socket);
      },
    });
    await probeRelay(relay.url, parts);
    assert.equal(written.length, 0);
    for (let at = 0; at < 2; at++) {
      const result = await probeRelay(relay.url, { ...parts, write });
      assert.equal(result.failure, null);
      assert.equal(result.write, 'kept');
      assert.ok(result.ms.has('write'));
    }
    assert.equal(new Set(written.map(({ id }) => id)).size, 2);
    for (const { tags } of written) assert.ok(tags.some(([name]) => name === 'expiration'));
  });

  test('counts a write that was accepted and cannot be read as a failure, and a refused one as none', async () => {
    const answer = (accepted: boolean) => ({
      answer: ([verb, second]: readonly unknown[], socket: { send(text: string): void }) => {
        if (verb === 'EVENT') {
          socket.send(JSON.stringify(['OK', (second as { readonly id: string }).id, accepted, 'blocked: not here']));
        }
        if (verb === 'REQ') socket.send(JSON.stringify(['EOSE', second]));
      },
    });
    await using forgetful = await startRelay(answer(true));
    const lost = await probeRelay(forgetful.url, { ...parts, write });
    assert.equal(lost.failure, 'write: accepted, but not there to be read');
    assert.equal(lost.write, 'lost');
    await using strict = await startRelay(answer(false));
    const refused = await probeRelay(strict.url, { ...parts, write });
    assert.equal(refused.failure, null);
    assert.equal(refused.write, 'refused');
    assert.ok(!refused.ms.has('write'));
  });

  test('dials only what it judged: a name is looked up once, and private addresses are never dialled', async () => {
    await using relay = await startRelay();
    let lookups = 0;
    // The second answer is what a rebinding name would give to the connection.
    const answers = ['127.0.0.1', '93.184.216.34'];
    const lookupHost = async () => [{ address: answers[lookups++] ?? '' }];
    const strict = { ...parts, allowLocal: false, lookupHost };
    const named = await probeRelay(`ws://rebind.example.com:${relay.port}`, strict);
    assert.equal(named.failure, 'refused: the name is at a private or local address');
    assert.equal(lookups, 1);
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', 'abc.onion']) {
      const result = await probeRelay(`ws://${host}:${relay.port}`, { ...strict });
      assert.match(result.failure ?? '', /^refused: /, host);
    }
    assert.equal(relay.connections(), 0);
  });
});
