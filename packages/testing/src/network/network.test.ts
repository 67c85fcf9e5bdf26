import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createNegentropyClient,
  createSyncItems,
  type NostrEvent,
  parseRelayInformation,
  verifyEvent,
} from '@nostrata/protocol';
import { WebSocket } from 'ws';
import { createEventBuilder, note } from '../builder.ts';
import { connectClient, type TestClient } from '../client.ts';
import { waitUntil } from '../wait.ts';
import type { RelayFaults } from './faults.ts';
import { createTestNetwork, type TestNetwork } from './network.ts';
import type { TestRelay } from './relay.ts';

const alice = createEventBuilder('alice');
const notes = Array.from({ length: 20 }, (_, index) => alice.note(`note ${index}`));

async function start(t: { after(f: () => unknown): void }, faults: Partial<RelayFaults> = {}) {
  const network = await createTestNetwork({ seed: 1 });
  t.after(() => network.stop());
  const relay = network.relay(0);
  relay.set(faults);
  return { network, relay };
}

async function connected(t: { after(f: () => unknown): void }, faults: Partial<RelayFaults> = {}) {
  const { network, relay } = await start(t, faults);
  relay.put(...notes);
  const client = await connectClient(relay.url, { timeoutMs: 2_000 });
  t.after(() => client.close());
  return { network, relay, client };
}

/** Sends a REQ and gives what came until the network was quiet. */
async function framesOf({ network, client }: { network: TestNetwork; client: TestClient }, filter: object = {}) {
  client.send('REQ', 's', filter);
  await network.settle();
  return client.inbox;
}

const verbs = (frames: readonly (readonly unknown[])[]): unknown[] => [...new Set(frames.map(([verb]) => verb))];

test('an honest relay stores, answers, hands on and writes everything down', async (t) => {
  const { relay, client, network } = await connected(t);
  const { events, eose } = await client.request('s', [{ kinds: [1], limit: 3 }], { keepOpen: true });
  assert.deepEqual(events, notes.slice(-3).reverse());
  assert.equal(eose, true);
  await using other = await connectClient(relay.url);
  const fresh = note('bob', 'hello');
  assert.deepEqual(await other.publish(fresh), { ok: true, message: '' });
  assert.deepEqual(await client.nextEvent('s'), fresh);
  assert.deepEqual(await other.publish(fresh), { ok: true, message: 'duplicate: already have this event' });
  assert.equal((await other.publish({ ...fresh, content: 'forged' })).message, 'invalid: id or signature is wrong');
  assert.equal((await other.count('c', [{ authors: [fresh.pubkey] }])).count, 1);
  assert.deepEqual(relay.events({ authors: [fresh.pubkey] }), [fresh]);
  const { ledger } = relay;
  assert.deepEqual(
    ledger.requests.map(({ connection, filters }) => ({ connection, filters })),
    [{ connection: 1, filters: [{ kinds: [1], limit: 3 }] }],
  );
  assert.deepEqual(
    ledger.events.map(({ accepted }) => accepted),
    [true, true, false],
  );
  assert.equal(ledger.connections, 2);
  assert.equal(ledger.counts.length, 1);
  assert.deepEqual(network.totals(), {
    requests: 1,
    events: 3,
    connections: 2,
    framesIn: 5,
    framesOut: 9,
    bytesIn: ledger.bytesIn,
    bytesOut: ledger.bytesOut,
  });
});

test('the newest version, deletions and expiry count as NIP-01, 09 and 40 say', async (t) => {
  const { relay } = await start(t);
  const author = createEventBuilder('carol');
  const [older, newer] = [author.profile({ name: 'old' }), author.profile({ name: 'new' })];
  relay.put(newer, older);
  assert.deepEqual(relay.events({ kinds: [0] }), [newer]);
  const article = author.addressable(30023, 'a:b');
  const gone = author.note('gone');
  relay.put(article, gone, author.deletion([gone]), author.deletionOfAddress(30023, 'a:b'));
  assert.deepEqual(relay.events({ kinds: [1, 30023] }), []);
  relay.put(gone, author.note('over', { tags: [['expiration', '1700000000']] }));
  assert.deepEqual(relay.events({ kinds: [1] }), []);
  const stranger = createEventBuilder('mallory');
  relay.put(stranger.deletion([newer]));
  assert.deepEqual(relay.events({ kinds: [0] }), [newer]);
  relay.set({ versions: 'oldest' });
  await using client = await connectClient(relay.url);
  assert.deepEqual((await client.request('s', [{ kinds: [0] }])).events, [older]);
  relay.set({ versions: 'all' });
  assert.equal((await client.request('s', [{ kinds: [0] }])).events.length, 2);
});

test('what a fault does to a REQ', async (t) => {
  const laws: readonly [string, Partial<RelayFaults>, (frames: readonly (readonly unknown[])[]) => void][] = [
    ['silent', { silent: true }, (frames) => assert.deepEqual(frames, [])],
    ['notice', { noticeInsteadOfEose: true }, (frames) => assert.deepEqual(verbs(frames), ['NOTICE'])],
    ['no EOSE', { withoutEose: true }, (frames) => assert.deepEqual(verbs(frames), ['EVENT'])],
    ['cap', { limitMax: 5 }, (frames) => assert.equal(frames.length, 6)],
    ['loss', { lossShare: 1 }, (frames) => assert.deepEqual(frames, [])],
    ['unasked', { unasked: true }, (frames) => assert.equal(frames.length, 22)],
    ['too many', { subscriptionsMax: 0 }, (frames) => assert.match(String(frames[0]), /^CLOSED,s,error: too many/)],
    [
      'a share',
      { holdShare: 0.5 },
      (frames) => assert.ok(frames.length > 4 && frames.length < 18, `${frames.length} frames`),
    ],
  ];
  for (const [name, faults, check] of laws) {
    await t.test(name, async (inner) => {
      const talk = await connected(inner, faults);
      check(await framesOf(talk));
      assert.equal(talk.relay.ledger.requests.length, 1);
      talk.relay.heal();
      assert.equal((await talk.client.request('again', [{ limit: 2 }])).events.length, 2);
    });
  }
});

test('forged copies bear the genuine id and fail the check', async (t) => {
  for (const part of ['body', 'sig'] as const) {
    const { client } = await connected(t, { forge: { share: 1, part } });
    const { events } = await client.request('s', [{ limit: 1 }]);
    assert.equal(events[0]?.id, notes.at(-1)?.id);
    assert.equal(verifyEvent(events[0] as NostrEvent), null);
  }
});

test('garbage comes before the answer, and the answer comes', async (t) => {
  const { relay } = await start(t, { garbageFrames: 30 });
  relay.put(...notes);
  const texts: string[] = [];
  const socket = new WebSocket(relay.url);
  t.after(() => socket.terminate());
  socket.on('open', () => socket.send('["REQ","s",{"limit":1}]'));
  socket.on('message', (data) => texts.push(data.toString()));
  await waitUntil(() => texts.at(-1) === '["EOSE","s"]');
  assert.equal(texts.length, 32);
});

test('a stream without end goes on until CLOSE, and settle does not wait for it', async (t) => {
  const talk = await connected(t, { endlessPerSecond: 500 });
  assert.deepEqual(verbs(await framesOf(talk, { kinds: [1] })), ['EVENT']);
  await waitUntil(() => talk.client.inbox.length > 100);
  talk.client.send('CLOSE', 's');
  await talk.network.settle();
  const { length } = talk.client.inbox;
  await talk.network.settle({ quietMs: 60 });
  assert.equal(talk.client.inbox.length, length);
});

test('reading and writing wait for authentication where the relay asks for it', async (t) => {
  const { relay, client } = await connected(t, { authToRead: true, authToWrite: true, authPubkeys: [alice.pubkey] });
  const challenge = await client.challenge();
  const createdAt = Math.floor(Date.now() / 1_000);
  assert.match((await client.request('s', [{}])).closed ?? '', /^auth-required: /);
  assert.match((await client.publish(note('bob', 'no'))).message, /^auth-required: /);
  const mallory = createEventBuilder('mallory', createdAt);
  assert.match((await client.auth(mallory.authentication('wrong', relay.url))).message, /challenge/);
  assert.equal((await client.auth(mallory.authentication(challenge, relay.url))).ok, true);
  assert.match((await client.request('s', [{}])).closed ?? '', /^restricted: /);
  const signed = createEventBuilder('alice', createdAt).authentication(challenge, relay.url);
  assert.deepEqual(await client.auth(signed), { ok: true, message: '' });
  assert.equal((await client.request('s', [{}])).eose, true);
  assert.deepEqual(relay.ledger.authentications, [mallory.pubkey, alice.pubkey]);
});

test('too many messages are refused by OK and CLOSED, or by NOTICE alone', async (t) => {
  const { relay, client, network } = await connected(t, { rateLimit: { messagesMax: 0, answer: 'refusal' } });
  assert.match((await client.request('s', [{}])).closed ?? '', /^rate-limited: /);
  assert.match((await client.publish(note('bob', 'no'))).message, /^rate-limited: /);
  relay.set({ rateLimit: { messagesMax: 0, answer: 'notice' } });
  client.send('REQ', 's', {});
  await network.settle();
  assert.deepEqual(client.inbox, [['NOTICE', 'rate-limited: slow down']]);
});

test('what OK says and what is stored can differ', async (t) => {
  const { relay, client, network } = await connected(t, { okDuplicate: true });
  const [first, second, third] = [note('bob', '1'), note('bob', '2'), note('bob', '3')];
  assert.match((await client.publish(first)).message, /^duplicate: /);
  relay.set({ okDuplicate: false, okFalse: 'blocked: no' });
  assert.deepEqual(await client.publish(second), { ok: false, message: 'blocked: no' });
  relay.set({ okFalse: undefined, okLost: true });
  client.send('EVENT', third);
  await network.settle();
  assert.deepEqual(client.inbox, []);
  assert.deepEqual(
    [first, second, third].map(({ id }) => relay.has(id)),
    [true, false, true],
  );
});

test('latency holds every frame back, in order', async (t) => {
  const { client, network } = await connected(t, { latencyMs: [10, 40] });
  const startedMs = performance.now();
  const { events } = await client.request('s', [{}]);
  assert.deepEqual(events, [...notes].reverse());
  assert.ok(performance.now() - startedMs > 9);
  client.send('REQ', 'late', {});
  await network.settle();
  assert.equal(client.inbox.at(-1)?.[0], 'EOSE');
});

test('connections are refused, closed, cut or left hanging', async (t) => {
  const { relay, network } = await start(t, { refuseStatus: 503 });
  relay.put(...notes);
  await assert.rejects(connectClient(relay.url), /503/);
  relay.set({ refuseStatus: 0 });
  await assert.rejects(connectClient(relay.url), /hang up|ECONNRESET/);
  relay.heal();
  relay.set({ closeAtOnce: true });
  assert.equal((await (await connectClient(relay.url)).closed).code, 1013);
  relay.heal();
  relay.set({ dropAfterFrames: 4 });
  const dropped = await connectClient(relay.url);
  dropped.send('REQ', 's', {});
  assert.equal((await dropped.closed).code, 1006);
  assert.equal(dropped.inbox.length, 4);
  relay.heal();
  const hanging = await connectClient(relay.url);
  relay.set({ halfOpen: true });
  hanging.send('REQ', 's', {});
  await network.settle();
  assert.deepEqual([hanging.inbox.length, relay.ledger.requests.length], [0, 1]);
  assert.equal(hanging.isOpen, true);
  relay.heal();
  assert.equal((await hanging.waitFor(([verb]) => verb === 'EOSE'))[1], 's');
  relay.cut();
  await hanging.closed;
});

test('a stopped relay refuses, and comes back under its URL with its events', async (t) => {
  const { relay } = await start(t);
  relay.put(...notes);
  const { url } = relay;
  await relay.stop();
  assert.equal(relay.isRunning, false);
  await assert.rejects(connectClient(url), /ECONNREFUSED/);
  await relay.start();
  await using client = await connectClient(url);
  assert.equal((await client.request('s', [{}])).events.length, notes.length);
});

test('negentropy gives the difference, or is unknown, refused or silent', async (t) => {
  const { relay, client, network } = await connected(t);
  const items = createSyncItems();
  for (const event of notes.slice(0, 15)) items.add(event.created_at, event.id);
  const side = createNegentropyClient(items);
  client.send('NEG-OPEN', 'n', {}, side.start());
  const need: string[] = [];
  for (;;) {
    const [, , message] = await client.waitFor(([verb]) => verb === 'NEG-MSG');
    const step = side.next(String(message));
    need.push(...step.need);
    if (step.message === null) break;
    client.send('NEG-MSG', 'n', step.message);
  }
  assert.deepEqual(
    need.sort(),
    notes
      .slice(15)
      .map(({ id }) => id)
      .sort(),
  );
  const answers: unknown[] = [];
  for (const negentropy of ['off', 'refused', 'silent'] as const) {
    relay.set({ negentropy });
    client.send('NEG-OPEN', 'n', {}, createNegentropyClient(items).start());
    await network.settle();
    answers.push(client.inbox.at(-1)?.[0]);
    if (negentropy === 'refused') client.send('NEG-CLOSE', 'n');
  }
  assert.deepEqual(answers, ['NOTICE', 'NEG-ERR', 'NEG-ERR']);
  assert.equal(relay.ledger.negotiations.length, 1);
});

test('the information document says what the relay enforces', async (t) => {
  const { relay } = await start(t, { limitMax: 77, information: { name: 'Seven' } });
  const load = () => fetch(relay.url.replace('ws', 'http'), { headers: { accept: 'application/nostr+json' } });
  const information = parseRelayInformation(await (await load()).json());
  assert.equal(information.name, 'Seven');
  assert.equal(information.limitation?.max_limit, 77);
  relay.set({ information: null });
  assert.equal((await load()).status, 404);
});

test('the same seed loses, forges and holds the same', async (t) => {
  const run = async (): Promise<string[]> => {
    await using network = await createTestNetwork({ seed: 'same' });
    const relay: TestRelay = network.relay(0);
    relay.set({ lossShare: 0.3, holdShare: 0.7, forge: { share: 0.5, part: 'body' } });
    relay.put(...notes);
    await using client = await connectClient(relay.url);
    client.send('REQ', 's', {});
    await network.settle();
    return client.inbox.map((frame) => JSON.stringify(frame));
  };
  const first = await run();
  assert.ok(first.length > 2 && first.length < notes.length);
  assert.deepEqual(await run(), first);
  t.diagnostic(`${first.length} frames`);
});

test('settle waits for work that no frame tells of, and gives up at its deadline', async (t) => {
  const { network } = await start(t);
  let isBusy = true;
  setTimeout(() => {
    isBusy = false;
  }, 30);
  await network.settle({ isBusy: () => isBusy });
  assert.equal(isBusy, false);
  await assert.rejects(network.settle({ isBusy: () => true, timeoutMs: 30 }), /not quiet after 30 ms/);
});
