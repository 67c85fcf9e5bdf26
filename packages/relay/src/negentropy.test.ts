import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNegentropyClient, createSyncItems, type NostrEvent, serializeEvent } from '@nostrata/protocol';
import { createEventBuilder, createFakeClock, seededRandom, type TestClient, testSeed } from '@nostrata/testing';
import { authenticateWith } from './conformance/law.ts';
import { createTestRelay, type TestRelay } from './conformance/test-relay.ts';

const alice = createEventBuilder('alice');
const bob = createEventBuilder('bob');

const putAll = (relay: TestRelay, events: readonly ReturnType<typeof alice.note>[]) =>
  relay.store.put(events.map((event) => ({ event, json: serializeEvent(event) })));

/** Syncs over a socket: what only we have, what only the relay has, and in how many messages. */
async function sync(
  client: TestClient,
  ours: readonly NostrEvent[],
  { filter, frameBytesMax }: { readonly filter: object; readonly frameBytesMax?: number },
) {
  const items = createSyncItems();
  for (const { created_at, id } of ours) items.add(created_at, id);
  const side = createNegentropyClient(items, frameBytesMax === undefined ? {} : { frameBytesMax });
  const have: string[] = [];
  const need: string[] = [];
  let largest = 0;
  let messages = 1;
  client.send('NEG-OPEN', 'neg', filter, side.start());
  for (;;) {
    const [verb, , body] = await client.waitFor(([verb, id]) => verb.startsWith('NEG') && id === 'neg');
    assert.equal(verb, 'NEG-MSG', String(body));
    largest = Math.max(largest, String(body).length / 2);
    const next = side.next(String(body));
    have.push(...next.have);
    need.push(...next.need);
    if (next.message === null) break;
    messages += 1;
    client.send('NEG-MSG', 'neg', next.message);
  }
  client.send('NEG-CLOSE', 'neg');
  return { have: have.sort(), need: need.sort(), largest, messages };
}

test('a sync finds exactly what each side lacks, within the filter', async (context) => {
  const seed = testSeed();
  context.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  const events = Array.from({ length: 600 }, (_, index) => alice.note(`${index}`));
  const theirs = events.filter(() => random.next() < 0.9);
  const ours = events.filter(() => random.next() < 0.9);
  await putAll(relay, [...theirs, bob.note('outside the filter')]);
  const { have, need } = await sync(client, ours, { filter: { authors: [alice.pubkey] } });
  const ids = (list: readonly NostrEvent[]) => list.map(({ id }) => id).sort();
  assert.deepEqual(have, ids(ours.filter((event) => !theirs.includes(event))));
  assert.deepEqual(need, ids(theirs.filter((event) => !ours.includes(event))));
});

test('messages stay within the frame bound, and a cut answer is taken up by the next', async () => {
  await using relay = await createTestRelay({ settings: { limits: { negFrameBytesMax: 5_000 } } });
  await using client = await relay.connect();
  const events = Array.from({ length: 1_000 }, (_, index) => alice.note(`${index}`));
  await putAll(relay, events);
  const { need, largest, messages } = await sync(client, [], { filter: {} });
  assert.equal(need.length, 1_000);
  assert.ok(largest <= 5_000, String(largest));
  assert.ok(messages > 5);
});

test('events for others are not in the set', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  const wrap = alice.event({ kind: 1059, tags: [['p', bob.pubkey]] });
  const open = alice.note('open');
  await putAll(relay, [wrap, open]);
  assert.deepEqual((await sync(client, [], { filter: {} })).need, [open.id]);
  client.send('NEG-OPEN', 'secret', { kinds: [1059] }, '61');
  const refused = await client.waitFor(([verb]) => verb === 'NEG-ERR');
  assert.match(String(refused[2]), /^auth-required: /);
  await authenticateWith(client, bob, { challenge: await client.challenge(), url: relay.url });
  assert.deepEqual((await sync(client, [], { filter: { kinds: [1059] } })).need, [wrap.id]);
});

test('a set beyond the bound is refused with the number that would be possible', async () => {
  await using relay = await createTestRelay({ settings: { limits: { negItemsPerSessionMax: 10 } } });
  await using client = await relay.connect();
  await putAll(
    relay,
    Array.from({ length: 11 }, (_, index) => alice.note(`${index}`)),
  );
  client.send('NEG-OPEN', 'big', {}, '61');
  assert.deepEqual(await client.waitFor(([verb]) => verb.startsWith('NEG')), [
    'NEG-ERR',
    'big',
    'blocked: this query is too big',
    10,
  ]);
  const { need } = await sync(client, [], { filter: { limit: 10 } });
  assert.equal(need.length, 10);
});

test('several sessions run side by side up to the bound, and one that ends makes room', async () => {
  await using relay = await createTestRelay({ settings: { limits: { negSessionsPerConnectionMax: 2 } } });
  await using client = await relay.connect();
  const answer = async (id: string) => {
    client.send('NEG-OPEN', id, { kinds: [1] }, '61');
    return (await client.waitFor(([verb, first]) => verb.startsWith('NEG') && first === id)).slice(0, 3);
  };
  assert.deepEqual(await answer('a'), ['NEG-MSG', 'a', '61']);
  assert.deepEqual(await answer('b'), ['NEG-MSG', 'b', '61']);
  assert.match(String((await answer('c'))[2]), /^rate-limited: /);
  assert.deepEqual(await answer('a'), ['NEG-MSG', 'a', '61'], 'the same id replaces its session');
  client.send('NEG-CLOSE', 'b');
  assert.deepEqual(await answer('c'), ['NEG-MSG', 'c', '61']);
});

test('a session that is idle for too long is ended', async () => {
  const clock = createFakeClock(Date.now());
  await using relay = await createTestRelay({ now: clock.now, settings: { limits: { pingSeconds: 600 } } });
  await using client = await relay.connect();
  client.send('NEG-OPEN', 'a', {}, '61');
  await client.waitFor(([verb]) => verb === 'NEG-MSG');
  clock.advance(121_000);
  relay.relay.sweep();
  assert.match(String((await client.waitFor(([verb]) => verb === 'NEG-ERR'))[2]), /^closed: /);
  client.send('NEG-MSG', 'a', '61');
  assert.match(String((await client.waitFor(([verb]) => verb === 'NEG-ERR'))[2]), /^closed: /);
});
