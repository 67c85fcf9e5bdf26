import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { serializeEvent } from '@nostrata/protocol';
import { createEventBuilder } from '@nostrata/testing';
import { finalizeEvent, SimplePool } from 'nostr-tools';
import { Relay } from 'nostr-tools/relay';
import { createTestRelay } from './conformance/test-relay.ts';

const alice = createEventBuilder('alice');
const now = () => Math.floor(Date.now() / 1_000);

test('the SimplePool of nostr-tools publishes, finds and follows', async () => {
  await using relay = await createTestRelay();
  const pool = new SimplePool();
  const make = (content: string) => finalizeEvent({ kind: 1, created_at: now(), tags: [], content }, alice.keys.secret);
  const stored = make('stored');
  await Promise.all(pool.publish([relay.url], stored));
  assert.equal((await pool.get([relay.url], { ids: [stored.id] }))?.content, 'stored');
  const live = Promise.withResolvers<string>();
  const ready = Promise.withResolvers<void>();
  const subscription = pool.subscribe(
    [relay.url],
    { authors: [alice.pubkey], limit: 0 },
    { onevent: ({ content }) => live.resolve(content), oneose: () => ready.resolve() },
  );
  await ready.promise;
  await Promise.all(pool.publish([relay.url], make('live')));
  assert.equal(await live.promise, 'live');
  subscription.close();
  pool.close([relay.url]);
});

test('nostr-tools authenticates, reads direct messages and counts', async () => {
  await using relay = await createTestRelay();
  const message = createEventBuilder('bob').event({ kind: 4, tags: [['p', alice.pubkey]] });
  await relay.store.put([{ event: message, json: serializeEvent(message) }]);
  const client = await Relay.connect(relay.url);
  const filter = { kinds: [4], '#p': [alice.pubkey] };
  const read = () =>
    new Promise<string[]>((resolve) => {
      const ids: string[] = [];
      const subscription = client.subscribe([filter], {
        onevent: ({ id }) => ids.push(id),
        oneose: () => {
          resolve(ids);
          subscription.close();
        },
        onclose: (reason) => resolve([reason]),
      });
    });
  assert.match((await read())[0] ?? '', /^auth-required: /);
  await client.auth(async (event) => finalizeEvent(event, alice.keys.secret));
  assert.deepEqual(await read(), [message.id]);
  assert.equal(await client.count([filter], {}), 1);
  client.close();
});

/** Runs in a process of its own: the SDK keeps timers that nothing ends. */
const rustClient = `
import { Client, Duration, EventBuilder, Filter, Keys, loadWasmAsync, NostrSigner, PublicKey, SyncOptions } from '@rust-nostr/nostr-sdk';
const [url, pubkey] = process.argv.slice(1);
await loadWasmAsync();
const keys = Keys.generate();
const client = new Client(NostrSigner.keys(keys));
await client.addRelay(url);
await client.connect();
const { success } = await client.sendEventBuilder(EventBuilder.textNote('from Rust'));
const fetched = await client.fetchEvents(new Filter().author(keys.publicKey), Duration.fromSecs(5));
const { report } = await client.sync(new Filter().author(PublicKey.parse(pubkey)), new SyncOptions());
const received = report.received.map((id) => id.toHex());
process.stdout.write(JSON.stringify({ published: success.length, fetched: fetched.toVec().length, received }), () => process.exit());
`;

test('the Rust SDK publishes, fetches and syncs by negentropy', { timeout: 30_000 }, async () => {
  await using relay = await createTestRelay();
  const events = Array.from({ length: 50 }, (_, index) => alice.note(`${index}`));
  await relay.store.put(events.map((event) => ({ event, json: serializeEvent(event) })));
  const words = ['--input-type=module', '--eval', rustClient, relay.url, alice.pubkey];
  const cwd = new URL('..', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd, timeout: 25_000 });
  const { published, fetched, received } = JSON.parse(stdout) as Record<string, number | string[]>;
  assert.deepEqual([published, fetched], [1, 1]);
  assert.deepEqual((received as string[]).sort(), events.map(({ id }) => id).sort());
});

/** Runs in a process of its own, as it keeps its connections open. */
const ndkClient = `
import NDK, { NDKEvent, NDKPrivateKeySigner, NDKRelayAuthPolicies } from '@nostr-dev-kit/ndk';
const [url, secret, pubkey] = process.argv.slice(1);
const ndk = new NDK({ explicitRelayUrls: [url], signer: new NDKPrivateKeySigner(secret) });
ndk.relayAuthDefaultPolicy = NDKRelayAuthPolicies.signIn({ ndk });
await ndk.connect(5000);
const event = new NDKEvent(ndk, { kind: 1, content: 'from NDK', tags: [['t', 'ndk']] });
const published = await event.publish();
const found = await ndk.fetchEvents({ kinds: [1], '#t': ['ndk'] }, { closeOnEose: true });
const live = new Promise((resolve) => {
  const subscription = ndk.subscribe({ kinds: [1], '#t': ['live'] }, { closeOnEose: false });
  subscription.on('event', ({ content }) => resolve(content));
  subscription.on('eose', () => new NDKEvent(ndk, { kind: 1, content: 'live', tags: [['t', 'live']] }).publish());
});
const liveContent = await live;
const messages = await new Promise((resolve) => {
  const found = [];
  const subscription = ndk.subscribe({ kinds: [4], '#p': [pubkey] }, { closeOnEose: false });
  subscription.on('event', ({ id }) => { found.push(id); resolve(found); });
});
const result = { published: published.size, found: [...found].map(({ content }) => content), liveContent, messages };
process.stdout.write(JSON.stringify(result), () => process.exit());
`;

test('NDK publishes, finds, follows, and authenticates for its direct messages', { timeout: 30_000 }, async () => {
  await using relay = await createTestRelay();
  const message = createEventBuilder('bob').event({ kind: 4, tags: [['p', alice.pubkey]] });
  await relay.store.put([{ event: message, json: serializeEvent(message) }]);
  const secret = Buffer.from(alice.keys.secret).toString('hex');
  const words = ['--input-type=module', '--eval', ndkClient, relay.url, secret, alice.pubkey];
  const cwd = new URL('..', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd, timeout: 25_000 });
  assert.deepEqual(JSON.parse(stdout), {
    published: 1,
    found: ['from NDK'],
    liveContent: 'live',
    messages: [message.id],
  });
});
