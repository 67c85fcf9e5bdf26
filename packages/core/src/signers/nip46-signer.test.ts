import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Clock, createPool } from '@nostrata/network';
import {
  decryptNip44,
  encryptNip44,
  formatBunkerUrl,
  formatClientUrl,
  formatRemoteResponse,
  getConversationKey,
  type NostrEvent,
  parseRemoteRequest,
  type RemoteRequest,
  type RemoteResponse,
} from '@nostrata/protocol';
import {
  connectClient,
  createKeys,
  createTestNetwork,
  signEvent,
  type TestClient,
  type TestNetwork,
  waitUntil,
} from '@nostrata/testing';
import { encrypt } from 'nostr-tools/nip04';
import { BunkerSigner, parseBunkerInput } from 'nostr-tools/nip46';
import { systemClock } from '../clock.ts';
import { SignerError } from '../errors.ts';
import { openCore } from '../open.ts';
import { createKeySigner } from './key-signer.ts';
import { createNip46Signer, type Nip46Options, type RemoteSession, type RemoteSigner } from './nip46-signer.ts';

const user = createKeys('user');
const bunkerKeys = createKeys('bunker');
const client = createKeys('client');
const bob = createKeys('bob');
const template = { kind: 1, created_at: 1_700_000_000, tags: [['t', 'x']], content: 'hello' };
const fails = (fault: string) => (error: unknown) => error instanceof SignerError && error.fault === fault;

/** What the bunker says to a request, and whatever the test wants it to say instead. */
type Reply = RemoteResponse | readonly RemoteResponse[] | undefined;
type Override = (request: RemoteRequest) => Reply | 'default';

interface Bunker {
  readonly requests: readonly RemoteRequest[];
  override: Override;
  send(response: RemoteResponse, to?: string): void;
  connect(url: string): Promise<void>;
  stop(): Promise<void>;
}

let network: TestNetwork;
let bunker: Bunker;
const signers: RemoteSigner[] = [];

before(async () => {
  network = await createTestNetwork({ seed: 46, relays: 2 });
});
after(async () => {
  await Promise.all(signers.map((signer) => signer.stop()));
  await bunker.stop();
  await network.stop();
});
beforeEach(async () => {
  await bunker?.stop();
  bunker = createBunker();
  await bunker.connect(network.relay(0).url);
  network.relay(0).resetLedger();
});

/** A remote signer as NIP-46 describes it, on the wire of a test relay. */
function createBunker(): Bunker {
  const requests: RemoteRequest[] = [];
  const seen = new Set<string>();
  const clients: TestClient[] = [];
  const keySigner = createKeySigner(user.secret);
  const own: Bunker = {
    requests,
    override: () => 'default',
    send(response, to = client.pubkey) {
      const content = encryptNip44(formatRemoteResponse(response), getConversationKey(bunkerKeys.secret, to));
      const created_at = Math.floor(Date.now() / 1_000);
      const unsigned = { pubkey: bunkerKeys.pubkey, kind: 24_133, created_at, tags: [['p', to]], content };
      for (const relay of clients) relay.send('EVENT', signEvent(unsigned, bunkerKeys.secret));
    },
    async connect(url) {
      const relay = await connectClient(url);
      clients.push(relay);
      if (network.relays.some((one) => one.url === url && one.faults.authToRead)) {
        const tags = [
          ['relay', url],
          ['challenge', await relay.challenge()],
        ];
        const created_at = Math.floor(Date.now() / 1_000);
        await relay.auth(
          signEvent({ pubkey: bunkerKeys.pubkey, kind: 22_242, created_at, tags, content: '' }, bunkerKeys.secret),
        );
      }
      await relay.request('bunker', [{ kinds: [24_133], '#p': [bunkerKeys.pubkey] }], { keepOpen: true });
      void listen(relay);
    },
    async stop() {
      await Promise.all(clients.map((relay) => relay.close()));
    },
  };
  return own;

  async function listen(relay: TestClient): Promise<void> {
    while (relay.isOpen) {
      const frame = await Promise.race([relay.waitFor(([verb]) => verb === 'EVENT').catch(() => null), relay.closed]);
      if (Array.isArray(frame)) await take(frame[2] as NostrEvent);
    }
  }

  async function take(event: NostrEvent): Promise<void> {
    if (seen.has(event.id)) return;
    seen.add(event.id);
    const text = decryptNip44(event.content, getConversationKey(bunkerKeys.secret, event.pubkey));
    const request = parseRemoteRequest(text);
    requests.push(request);
    const reply = own.override(request);
    const responses = reply === 'default' ? [await answer(request)] : reply === undefined ? [] : [reply].flat();
    for (const response of responses as RemoteResponse[]) own.send(response, event.pubkey);
  }

  async function answer({ id, method, params }: RemoteRequest): Promise<RemoteResponse> {
    const [first = '', second = ''] = params;
    const result = (text: string | null): RemoteResponse => ({ type: 'result', id, result: text });
    if (method === 'connect') return result('ack');
    if (method === 'get_public_key') return result(user.pubkey);
    if (method === 'sign_event') return result(JSON.stringify(await keySigner.signEvent(JSON.parse(first))));
    if (method === 'nip44_encrypt') return result(await keySigner.nip44Encrypt(first, second));
    if (method === 'nip44_decrypt') return result(await keySigner.nip44Decrypt(first, second));
    if (method === 'nip04_decrypt') return result(await keySigner.nip04Decrypt(first, second));
    if (method === 'ping') return result('pong');
    if (method === 'switch_relays') return result(null);
    if (method === 'logout') return result('ack');
    return { type: 'error', id, error: `unknown method ${method}` };
  }
}

const methods = (): string[] => bunker.requests.map(({ method }) => method);
const bunkerUrl = (): string =>
  formatBunkerUrl({ remoteSigner: bunkerKeys.pubkey, relays: [network.relay(0).url], secret: 'once' });

function openSigner(options: Partial<Nip46Options> = {}): RemoteSigner {
  const signer = createNip46Signer({
    connection: bunkerUrl(),
    clientSecret: client.secret,
    createPool: (hooks) => createPool({ ...hooks, random: () => 0.5, allowLocal: true, fetchInformation: null }),
    ...options,
  });
  signers.push(signer);
  return signer;
}

/** Real time, but waits of at least `least` milliseconds end when the test says so. */
function createManualDeadlines(least: number): Clock & { ring(): void } {
  const callbacks = new Set<() => void>();
  return {
    now: () => Date.now(),
    after(milliseconds, callback) {
      if (milliseconds < least) return systemClock.after(milliseconds, callback);
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    ring() {
      for (const callback of [...callbacks]) callback();
    },
  };
}

test('a client nobody here wrote gets along with this test’s bunker', async () => {
  const pointer = await parseBunkerInput(bunkerUrl());
  assert.ok(pointer);
  const theirs = BunkerSigner.fromBunker(Uint8Array.from(client.secret), pointer);
  await theirs.connect();
  assert.equal(await theirs.getPublicKey(), user.pubkey);
  const event = await theirs.signEvent({ ...template, tags: [['t', 'x']] });
  assert.equal(event.pubkey, user.pubkey);
  await theirs.close();
});

test('what a bunker that is down does not sign waits in the outbox until the bunker is back', async () => {
  const relay = network.relay(0);
  await bunker.stop();
  await relay.stop();
  const signer = openSigner({
    connection: { remoteSigner: bunkerKeys.pubkey, relays: [relay.url], pubkey: user.pubkey },
  });
  const relays = [network.relay(1).url];
  await using core = await openCore({ store: 'memory:', relays, signer, allowLocalRelays: true });
  const draft = await core.publish(template, { awaitSignature: {} });
  assert.deepEqual([draft.status, draft.event.pubkey], ['unsigned', user.pubkey]);
  assert.match(draft.reason ?? '', /no relay takes requests for the signer/);
  await relay.start();
  bunker = createBunker();
  await bunker.connect(relay.url);
  core.setOnline(true);
  const settled = await draft.settled;
  assert.deepEqual([settled.status, settled.id], ['delivered', draft.id]);
  assert.ok(network.relay(1).has(draft.id));
});

test('a remote signer connects once, signs and encrypts', async () => {
  const signer = openSigner({ permissions: ['sign_event:1', 'nip44_encrypt'], metadata: { name: 'test' } });
  const events = await Promise.all([signer.signEvent(template), signer.signEvent({ ...template, content: 'two' })]);
  assert.deepEqual(
    events.map(({ content, pubkey }) => [content, pubkey]),
    [
      ['hello', user.pubkey],
      ['two', user.pubkey],
    ],
  );
  const payload = await signer.nip44Encrypt(bob.pubkey, 'secret');
  assert.equal(await createKeySigner(bob.secret).nip44Decrypt(user.pubkey, payload), 'secret');
  assert.equal(await signer.nip44Decrypt(bob.pubkey, payload), 'secret');
  const old = encrypt(Uint8Array.from(bob.secret), user.pubkey, 'old');
  assert.equal(await signer.nip04Decrypt(bob.pubkey, old), 'old');
  await signer.ping();
  assert.deepEqual(bunker.requests[0]?.params, [
    bunkerKeys.pubkey,
    'once',
    'sign_event:1,nip44_encrypt',
    '{"name":"test"}',
  ]);
  assert.equal(methods().filter((method) => method === 'connect').length, 1);
  assert.equal(methods().filter((method) => method === 'get_public_key').length, 1);
});

test('a session is kept and taken up again without connecting', async () => {
  let session: RemoteSession | undefined;
  const first = openSigner({ onSession: (made) => (session = made) });
  await first.connect();
  await first.stop();
  assert.deepEqual(session, { remoteSigner: bunkerKeys.pubkey, relays: [network.relay(0).url], pubkey: user.pubkey });
  const again = openSigner({ connection: session ?? '' });
  assert.equal((await again.signEvent(template)).pubkey, user.pubkey);
  assert.equal(methods().filter((method) => method === 'connect').length, 1);
});

test('a signer that answers a nostrconnect URL is taken only with its secret', async () => {
  const connection = formatClientUrl({
    client: client.pubkey,
    relays: [network.relay(0).url],
    secret: 'proof',
    permissions: [],
  });
  const signer = openSigner({ connection });
  const connecting = signer.connect();
  await waitUntil(() =>
    network.relay(0).ledger.requests.some(({ filters }) => JSON.stringify(filters).includes(client.pubkey)),
  );
  bunker.send({ type: 'result', id: 'x', result: 'ack' });
  bunker.send({ type: 'result', id: 'x', result: 'guess' });
  bunker.send({ type: 'result', id: 'x', result: 'proof' });
  assert.equal((await connecting).remoteSigner, bunkerKeys.pubkey);
  assert.equal((await signer.signEvent(template)).pubkey, user.pubkey);
  assert.deepEqual(methods().includes('connect'), false);
});

test('a sign-in page is shown, and the answer after it counts', async () => {
  const pages: string[] = [];
  const signer = openSigner({
    onAuthUrl(url) {
      pages.push(url);
      const { id = '' } = bunker.requests.find(({ method }) => method === 'connect') ?? {};
      bunker.send({ type: 'result', id, result: 'ack' });
    },
  });
  bunker.override = ({ id, method }) =>
    method === 'connect' ? { type: 'auth-url', id, url: 'https://auth.example/1' } : 'default';
  await signer.connect();
  assert.deepEqual(pages, ['https://auth.example/1']);
});

test('without anybody to show a page, and with a page that is none, the request fails', async () => {
  bunker.override = ({ id }) => ({ type: 'auth-url', id, url: 'https://auth.example/1' });
  await assert.rejects(openSigner().connect(), fails('unsupported'));
  bunker.override = ({ id }) => ({ type: 'auth-url', id, url: 'javascript:alert(1)' });
  await assert.rejects(openSigner({ onAuthUrl: () => assert.fail('shown') }).connect(), fails('invalid'));
});

test('a refusal is told with the signer’s words, and the next try may succeed', async () => {
  bunker.override = ({ id }) => ({ type: 'error', id, error: 'not you' });
  const signer = openSigner();
  await assert.rejects(signer.connect(), /not you/);
  await assert.rejects(signer.getPublicKey(), fails('refused'));
  bunker.override = () => 'default';
  assert.equal(await signer.getPublicKey(), user.pubkey);
});

test('a signer that never answers costs the deadline', async () => {
  const clock = createManualDeadlines(50_000);
  bunker.override = ({ method }) => (method === 'sign_event' ? undefined : 'default');
  const signer = openSigner({ clock, deadlineMs: 60_000 });
  await signer.connect();
  const outcome = assert.rejects(signer.signEvent(template), fails('timeout'));
  await waitUntil(() => methods().includes('sign_event'));
  clock.ring();
  await outcome;
});

test('what is signed is checked', async () => {
  const other = await createKeySigner(bob.secret).signEvent(template);
  const changed = await createKeySigner(user.secret).signEvent({ ...template, content: 'changed' });
  const signer = openSigner();
  await signer.connect();
  for (const result of [JSON.stringify(other), JSON.stringify(changed), '{', '', null]) {
    bunker.override = ({ id }) => ({ type: 'result', id, result });
    await assert.rejects(signer.signEvent(template), fails('invalid'));
  }
});

test('answers of anybody else are not listened to', async () => {
  const stranger = createKeys('stranger');
  bunker.override = (request) => {
    if (request.method !== 'sign_event') return 'default';
    const text = formatRemoteResponse({ type: 'error', id: request.id, error: 'stranger' });
    const content = encryptNip44(text, getConversationKey(stranger.secret, client.pubkey));
    const unsigned = { pubkey: stranger.pubkey, kind: 24_133, created_at: Math.floor(Date.now() / 1_000) };
    network.relay(0).announce(signEvent({ ...unsigned, tags: [['p', client.pubkey]], content }, stranger.secret));
    return 'default';
  };
  assert.equal((await openSigner().signEvent(template)).pubkey, user.pubkey);
});

test('an answer that was lost with the connection is asked for again', async () => {
  const signer = openSigner();
  await signer.connect();
  let isHeld = true;
  bunker.override = ({ method }) => (method === 'sign_event' && isHeld ? undefined : 'default');
  const signing = signer.signEvent(template);
  await waitUntil(() => methods().includes('sign_event'));
  isHeld = false;
  await bunker.stop();
  network.relay(0).cut();
  bunker = createBunker();
  await bunker.connect(network.relay(0).url);
  assert.equal((await signing).pubkey, user.pubkey);
});

test('the signer may move to other relays', async () => {
  const next = network.relay(1).url;
  await bunker.connect(next);
  bunker.override = ({ id, method }) =>
    method === 'switch_relays' ? { type: 'result', id, result: JSON.stringify([next, 'x']) } : 'default';
  const sessions: RemoteSession[] = [];
  const signer = openSigner({ onSession: (session) => sessions.push(session) });
  await signer.connect();
  await waitUntil(() => sessions.length === 2);
  assert.deepEqual(sessions[1]?.relays, [next]);
  network.relay(0).resetLedger();
  assert.equal((await signer.signEvent(template)).pubkey, user.pubkey);
  assert.equal(
    network.relay(0).ledger.events.some(({ event }) => event.pubkey === client.pubkey),
    false,
  );
});

test('a relay that asks who connects learns the key of the client, not of the user', async () => {
  const relay = network.relay(1);
  relay.set({ authToRead: true, authToWrite: true });
  await bunker.connect(relay.url);
  const connection = formatBunkerUrl({ remoteSigner: bunkerKeys.pubkey, relays: [relay.url] });
  assert.equal((await openSigner({ connection }).signEvent(template)).pubkey, user.pubkey);
  assert.deepEqual([...new Set(relay.ledger.authentications)].sort(), [bunkerKeys.pubkey, client.pubkey].sort());
  relay.heal();
});

test('where no relay takes requests, the signer is unreachable', async () => {
  network.relay(0).set({ okFalse: 'blocked: no' });
  await assert.rejects(openSigner().connect(), fails('unreachable'));
  network.relay(0).heal();
});

test('logging out tells the signer and ends everything that waits', async () => {
  const signer = openSigner();
  await signer.connect();
  bunker.override = ({ method }) => (method === 'sign_event' ? undefined : 'default');
  const outcome = assert.rejects(signer.signEvent(template), fails('unreachable'));
  await waitUntil(() => methods().includes('sign_event'));
  await signer.logout();
  await outcome;
  assert.ok(methods().includes('logout'));
  await assert.rejects(signer.signEvent(template), fails('unreachable'));
  await signer.stop();
});

test('malformed connections are refused at once', () => {
  const stranger = formatClientUrl({ client: bob.pubkey, relays: ['wss://a.example'], secret: 'x', permissions: [] });
  for (const connection of ['', 'bunker://x', stranger, { remoteSigner: 'x', relays: [], pubkey: user.pubkey }]) {
    assert.throws(() => openSigner({ connection }), fails('invalid'));
  }
  assert.throws(() => openSigner({ clientSecret: new Uint8Array(32) }), fails('invalid'));
});
