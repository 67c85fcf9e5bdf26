import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type Event, EventRepository, type Filter } from '@nostr-relay/common';
import { NostrRelay } from '@nostr-relay/core';
import { Validator } from '@nostr-relay/validator';
import { createKeySigner, openCore } from '@nostrata/core';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, createKeys, waitUntil } from '@nostrata/testing';
import { finalizeEvent, SimplePool } from 'nostr-tools';
import { type WebSocket, WebSocketServer } from 'ws';
import { createFolder, startRelay } from './program.ts';

/** The shelf of a relay that nobody here wrote: what it does with events is its own. */
interface ListRepository extends EventRepository {
  readonly events: Map<string, Event>;
}

function createRepository(): ListRepository {
  const events = new Map<string, Event>();
  const isReplaceable = ({ kind }: Event): boolean => kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000);
  const upsert = (event: Event): { isDuplicate: boolean } => {
    if (events.has(event.id)) return { isDuplicate: true };
    for (const other of events.values()) {
      const isOlder = isReplaceable(event) && other.kind === event.kind && other.pubkey === event.pubkey;
      if (isOlder) events.delete(other.id);
    }
    events.set(event.id, event);
    return { isDuplicate: false };
  };
  const find = ({ ids, authors, kinds, since = 0, until = Number.POSITIVE_INFINITY, limit = 500 }: Filter): Event[] =>
    [...events.values()]
      .filter((event) => (ids?.includes(event.id) ?? true) && (authors?.includes(event.pubkey) ?? true))
      .filter(
        (event) => (kinds?.includes(event.kind) ?? true) && event.created_at >= since && event.created_at <= until,
      )
      .sort((one, other) => other.created_at - one.created_at)
      .slice(0, limit);
  const own = { events, upsert, find, isSearchSupported: () => false, destroy: async () => events.clear() };
  return Object.assign(Object.create(EventRepository.prototype) as EventRepository, own);
}

/** The same event in the types of the stranger, whose lists may be changed. */
function toTheirs(event: NostrEvent): Event {
  return { ...event, tags: event.tags.map((tag) => [...tag]) };
}

/** `@nostr-relay/core` on a free port, as its documentation shows it. */
async function startStranger(): Promise<
  AsyncDisposable & { readonly url: string; readonly repository: ListRepository }
> {
  const repository = createRepository();
  const relay = new NostrRelay(repository);
  const validator = new Validator();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket: WebSocket) => {
    relay.handleConnection(socket);
    socket.on('message', (data: Buffer) => {
      validator.validateIncomingMessage(data).then(
        (message) => relay.handleMessage(socket, message),
        (error: unknown) => relay.handleDisconnect(socket) ?? error,
      );
    });
    socket.on('close', () => relay.handleDisconnect(socket));
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    repository,
    [Symbol.asyncDispose]: async () => {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
      await relay.destroy();
    },
  };
}

const alice = createKeys('alice');
const bob = createEventBuilder('bob', Math.floor(Date.now() / 1_000) - 1_000);

test('the core reads, publishes, edits and follows at a relay that nobody here wrote', {
  timeout: 30_000,
}, async () => {
  await using stranger = await startStranger();
  const { repository, url } = stranger;
  repository.upsert(toTheirs(bob.profile({ name: 'Bob' })));
  const signer = createKeySigner(alice.secret);
  await using core = await openCore({ store: 'memory:', relays: [url], signer, allowLocalRelays: true });
  assert.equal((await core.profile(bob.pubkey)).value?.name, 'Bob');

  const note = await core.publish({ kind: 1, content: 'to a stranger', tags: [] });
  assert.equal((await note.settled).status, 'delivered');
  assert.ok(repository.events.has(note.id));

  for (const pubkey of [bob.pubkey, 'd'.repeat(64)]) {
    const edit = await core.edit({ kind: 3 }, (draft) => void draft.tags.push(['p', pubkey]));
    assert.equal((await edit.settled).status, 'delivered');
  }
  const lists = [...repository.events.values()].filter(({ kind }) => kind === 3);
  assert.deepEqual(
    lists.map(({ tags }) => tags.length),
    [2],
  );

  await using timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] });
  await timeline.loaded;
  const pool = new SimplePool();
  const live = finalizeEvent(
    { kind: 1, created_at: bob.note('x').created_at, tags: [], content: 'live' },
    bob.keys.secret,
  );
  await Promise.all(pool.publish([url], live));
  pool.destroy();
  await waitUntil(() => timeline.events[0]?.content === 'live', { what: 'the note of another client' });
});

test('what a core has gathered is served to a client that nobody here wrote', { timeout: 60_000 }, async () => {
  await using folder = await createFolder();
  await using stranger = await startStranger();
  const notes = Array.from({ length: 30 }, (_, index) => bob.note(`note ${index}`));
  for (const event of [...notes, bob.profile({ name: 'Bob' })]) stranger.repository.upsert(toTheirs(event));
  {
    const options = { store: `sqlite:${folder.path}`, relays: [stranger.url], allowLocalRelays: true };
    await using core = await openCore({ ...options, signer: createKeySigner(alice.secret) });
    await core.profile(bob.pubkey);
    const timeline = await core.timeline({ kinds: [1], authors: [bob.pubkey] });
    await timeline.loaded;
    await core.publish({ kind: 1, content: 'own', tags: [] });
  }
  await using server = await startRelay(['--data', folder.path]);
  const pool = new SimplePool();
  const authors = [bob.pubkey, alice.pubkey];
  const found = await pool.querySync([server.url], { authors, limit: 100 });
  pool.destroy();
  assert.equal(found.filter(({ kind }) => kind === 1).length, 31);
  assert.equal(found.filter(({ kind }) => kind === 0).length, 1);
});
