import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from '@nostrata/testing';
import { RelayPool } from 'applesauce-relay';
import { finalizeEvent, SimplePool } from 'nostr-tools';
import { createFolder, startRelay } from './program.ts';

const alice = createKeys('alice');
const bob = createKeys('bob');
const created_at = Math.floor(Date.now() / 1000);
const note = (content: string) => finalizeEvent({ kind: 1, created_at, tags: [], content }, alice.secret);
const message = finalizeEvent({ kind: 4, created_at, tags: [['p', alice.pubkey]], content: 'secret' }, bob.secret);
const messageFilter = { kinds: [4], '#p': [alice.pubkey] };

/** What an observable gives, as far as this test needs it. */
interface Stream<T> {
  subscribe(observer: { next: (value: T) => void; error: (error: unknown) => void; complete: () => void }): unknown;
}

function collect<T>(stream: Stream<T>): Promise<T[]> {
  const values: T[] = [];
  return new Promise((resolve, reject) => {
    stream.subscribe({ next: (value) => values.push(value), error: reject, complete: () => resolve(values) });
  });
}

test('applesauce publishes, follows, counts, authenticates and syncs', { timeout: 30_000 }, async () => {
  await using folder = await createFolder();
  await using server = await startRelay(['--data', folder.path]);
  const pool = new RelayPool();
  const relay = pool.relay(server.url);
  const live = Promise.withResolvers<string>();
  const ready = Promise.withResolvers<void>();
  const subscription = relay.subscription({ kinds: [1], authors: [alice.pubkey] }).subscribe({
    next: (value) => (value === 'EOSE' ? ready.resolve() : live.resolve(value.content)),
    error: live.reject,
  });
  await ready.promise;
  const [first, second] = [note('from applesauce'), note('once more')];
  assert.equal((await relay.publish(first)).ok, true);
  assert.equal(await live.promise, 'from applesauce');
  subscription.unsubscribe();
  assert.equal((await relay.publish(second)).ok, true);
  const counts = await collect<{ count: number }>(relay.count({ kinds: [1], authors: [alice.pubkey] }));
  assert.equal(counts[0]?.count, 2);
  const found = await collect<{ id: string }>(relay.request({ ids: [first.id, second.id] }));
  assert.deepEqual(found.map(({ id }) => id).sort(), [first.id, second.id].sort());

  assert.equal((await relay.publish(message)).ok, true);
  const signer = {
    signEvent: async (template: Parameters<typeof finalizeEvent>[0]) => finalizeEvent(template, alice.secret),
  };
  assert.equal((await relay.authenticate(signer)).ok, true);
  const messages = await collect<{ id: string }>(relay.request(messageFilter));
  assert.deepEqual(
    messages.map(({ id }) => id),
    [message.id],
  );

  const needed: string[] = [];
  await relay.negentropy([first], { kinds: [1] }, async (_have, need) => void needed.push(...need));
  assert.deepEqual(needed, [second.id]);
  pool.close();
  relay.close();
  assert.equal((await server.stop()).code, 0);
});

test('the SimplePool of nostr-tools publishes, authenticates, reads and counts', { timeout: 30_000 }, async () => {
  await using folder = await createFolder();
  await using server = await startRelay(['--data', folder.path, '--auth-to-read', 'yes']);
  const pool = new SimplePool();
  await Promise.all(pool.publish([server.url], message));
  const received = Promise.withResolvers<string>();
  const subscription = pool.subscribe([server.url], messageFilter, {
    onauth: async (template) => finalizeEvent(template, alice.secret),
    onevent: ({ id }) => received.resolve(id),
  });
  assert.equal(await received.promise, message.id);
  const relay = await pool.ensureRelay(server.url);
  assert.equal(await relay.count([messageFilter], {}), 1);
  subscription.close();
  pool.close([server.url]);
  assert.equal((await server.stop()).code, 0);
});
