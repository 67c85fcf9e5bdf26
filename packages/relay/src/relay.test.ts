import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPolicies } from '@nostrata/ingest';
import { serializeEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { connectClient, createEventBuilder, createFakeClock, waitUntil } from '@nostrata/testing';
import { authenticateWith } from './conformance/law.ts';
import { createTestRelay } from './conformance/test-relay.ts';

const alice = createEventBuilder('alice');
const bob = createEventBuilder('bob');

test('an event that was accepted is served, and comes live to those who asked before', async () => {
  await using relay = await createTestRelay();
  await using writer = await relay.connect();
  await using reader = await relay.connect();
  const first = alice.note('first');
  assert.deepEqual(await writer.publish(first), { ok: true, message: '' });
  const stored = await reader.request('sub', [{ kinds: [1] }], { keepOpen: true });
  assert.deepEqual(stored.events, [first]);
  assert.deepEqual(stored.frame, ['EOSE', 'sub', ['finish']]);
  const second = alice.note('second, with ünicode ☃ and \u2028');
  await writer.publish(second);
  assert.deepEqual(await reader.nextEvent('sub'), second);
});

test('a new REQ with the same id replaces the old one, and CLOSE ends it', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  await client.request('sub', [{ authors: [alice.pubkey] }], { keepOpen: true });
  await client.request('sub', [{ authors: [bob.pubkey] }], { keepOpen: true });
  assert.equal(relay.relay.statistics().subscriptions, 1);
  await client.publish(alice.note('not wanted any more'));
  const wanted = bob.note('wanted');
  await client.publish(wanted);
  assert.deepEqual(await client.nextEvent('sub'), wanted);
  client.send('CLOSE', 'sub');
  await client.publish(bob.note('too late'));
  assert.deepEqual(
    client.inbox.filter(([verb]) => verb === 'EVENT'),
    [],
  );
  assert.equal(relay.relay.statistics().subscriptions, 0);
});

test('an event that several filters of a subscription match comes once', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  await client.request('sub', [{ kinds: [1] }, { authors: [alice.pubkey] }, {}, { '#t': ['a', 'b'] }], {
    keepOpen: true,
  });
  const event = alice.note('both', {
    tags: [
      ['t', 'a'],
      ['t', 'b'],
    ],
  });
  await client.publish(event);
  assert.deepEqual(await client.nextEvent('sub'), event);
  await client.count('probe', [{}]);
  assert.deepEqual(
    client.inbox.filter(([verb]) => verb === 'EVENT'),
    [],
  );
});

test('events of every size arrive whole, short frames, long frames and pages of many writes', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  const sizes = [0, 1, 40, 60_000, 65_000, 65_200, 65_300, 65_400, 65_500, 65_536, 100_000, 200_000];
  const events = sizes.map((size) => alice.note(`${'x'.repeat(size)}☃`));
  await relay.store.put(events.map((event) => ({ event, json: serializeEvent(event) })));
  const { events: stored } = await client.request('sizes', [{ authors: [alice.pubkey] }], { keepOpen: true });
  assert.deepEqual(stored, events.toReversed());
  for (const size of sizes) {
    const event = bob.note(`${'☃'.repeat(size / 3)}`, { tags: [['t', 'live']] });
    client.send('REQ', 'live', { '#t': ['live'], limit: 0 });
    await client.waitFor(([verb, id]) => verb === 'EOSE' && id === 'live');
    await relay.store.put([{ event, json: serializeEvent(event) }]);
    assert.deepEqual(await client.nextEvent('live'), event);
  }
});

test('without a limit the newest events come up to the default, and EOSE says that there are more', async () => {
  await using relay = await createTestRelay({ settings: { limits: { limitEventsDefault: 3, limitEventsMax: 4 } } });
  await using client = await relay.connect();
  const events = Array.from({ length: 5 }, (_, index) => alice.note(`${index}`));
  for (const event of events) await client.publish(event);
  const newest = events.toReversed();
  const none = await client.request('none', [{ kinds: [1] }]);
  assert.deepEqual([none.events, none.frame], [newest.slice(0, 3), ['EOSE', 'none', ['more']]]);
  const many = await client.request('many', [{ kinds: [1], limit: 100 }]);
  assert.deepEqual([many.events, many.frame], [newest.slice(0, 4), ['EOSE', 'many', ['more']]]);
  const two = await client.request('two', [{ kinds: [1], limit: 2 }]);
  assert.deepEqual([two.events, two.frame], [newest.slice(0, 2), ['EOSE', 'two']]);
  const all = await client.request('all', [{ kinds: [1], since: events[3]?.created_at ?? 0 }]);
  assert.deepEqual([all.events, all.frame], [newest.slice(0, 2), ['EOSE', 'all', ['finish']]]);
});

test('a limit is filled although newer events were deleted, have expired or are hidden from the reader', async () => {
  const clock = createFakeClock();
  await using relay = await createTestRelay({ now: clock.now });
  await using client = await relay.connect();
  const wanted = [alice.note('1'), alice.note('2'), alice.note('3')];
  const deleted = alice.note('deleted');
  const expired = alice.note('expired', { tags: [['expiration', String(clock.seconds() + 10)]] });
  const hidden = alice.event({ kind: 4, tags: [['p', bob.pubkey]] });
  for (const event of [...wanted, deleted, expired, hidden, alice.deletion([deleted])]) await client.publish(event);
  clock.advance(20_000);
  const { events } = await client.request('page', [{ authors: [alice.pubkey], kinds: [1, 4], limit: 3 }]);
  assert.deepEqual(events, wanted.toReversed());
});

test('what was just stored, replaced or deleted shows in the very next answer', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  for (let round = 0; round < 20; round++) {
    const profile = alice.profile({ round });
    await client.publish(profile);
    const { events } = await client.request('profile', [{ kinds: [0], authors: [alice.pubkey] }]);
    assert.deepEqual(events, [profile]);
  }
  const note = alice.note('regretted');
  await client.publish(note);
  await client.publish(alice.deletion([note]));
  assert.deepEqual((await client.request('note', [{ ids: [note.id] }])).events, []);
});

test('wraps and direct messages come live to those involved alone', async () => {
  await using relay = await createTestRelay();
  await using recipient = await relay.connect();
  await using stranger = await relay.connect();
  const challenge = await recipient.challenge();
  const now = Math.floor(Date.now() / 1_000);
  const auth = await recipient.auth(bob.authentication(challenge, relay.url, { created_at: now }));
  assert.ok(auth.ok);
  for (const client of [recipient, stranger]) await client.request('all', [{}], { keepOpen: true });
  const secrets = [4, 1059, 21_059].map((kind) => alice.event({ kind, tags: [['p', bob.pubkey]] }));
  for (const event of secrets) await stranger.publish(event);
  for (const event of secrets) assert.deepEqual(await recipient.nextEvent('all'), event);
  const open = alice.note('for all');
  await stranger.publish(open);
  assert.deepEqual(await stranger.nextEvent('all'), open);
});

test('COUNT counts what the reader may see, and refuses with CLOSED', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  const target = alice.note('target');
  for (const event of [
    target,
    bob.reaction(target),
    alice.reaction(target),
    alice.event({ kind: 4, tags: [['p', bob.pubkey]] }),
  ]) {
    await client.publish(event);
  }
  assert.equal((await client.count('all', [{ authors: [alice.pubkey] }])).count, 2);
  const reactions = await client.count('reactions', [{ kinds: [7], '#e': [target.id] }]);
  assert.equal(reactions.count, 2);
  assert.match(reactions.hll ?? '', /^[0-9a-f]{512}$/);
  assert.match((await client.count('secrets', [{ kinds: [4] }])).closed ?? '', /^auth-required: /);
  assert.match((await client.count('wrong', [{ kinds: ['1'] }])).closed ?? '', /^invalid: /);
});

test('where readers must authenticate, REQ and COUNT wait for it; where writers must, EVENT does', async () => {
  await using relay = await createTestRelay({ settings: { authRequiredToRead: true, authRequiredToWrite: true } });
  await using client = await relay.connect();
  assert.match((await client.request('sub', [{}])).closed ?? '', /^auth-required: /);
  assert.match((await client.count('sub', [{}])).closed ?? '', /^auth-required: /);
  assert.match((await client.publish(alice.note('x'))).message, /^auth-required: /);
  assert.equal(relay.relay.information().limitation.auth_required, true);
  await authenticateWith(client, alice, { challenge: await client.challenge(), url: relay.url });
  assert.ok((await client.publish(alice.note('x'))).ok);
  assert.equal((await client.request('sub', [{}])).events.length, 1);
});

test('AUTH accepts a configured public URL and then no other', async () => {
  await using relay = await createTestRelay({ settings: { publicUrls: ['wss://relay.example.com'] } });
  await using client = await relay.connect();
  const challenge = await client.challenge();
  const created_at = Math.floor(Date.now() / 1_000);
  assert.equal((await client.auth(alice.authentication(challenge, relay.url, { created_at }))).ok, false);
  const right = alice.authentication(challenge, 'wss://relay.example.com/', { created_at });
  const { ok } = await client.auth({ ...right, sig: bob.note('x').sig });
  assert.equal(ok, false, 'a forged signature must not authenticate');
  assert.deepEqual(await client.auth(right), { ok: true, message: '' });
});

test('an event of kind 22242 is neither stored nor handed on', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  await client.request('all', [{}], { keepOpen: true });
  const { ok, message } = await client.publish(alice.authentication('x', relay.url));
  assert.equal(ok, false);
  assert.match(message, /^invalid: /);
  assert.deepEqual(
    client.inbox.filter(([verb]) => verb === 'EVENT'),
    [],
  );
});

test('a store that fails is answered with error, and the relay goes on', async () => {
  let isBroken = true;
  const wrapStore = (store: EventStore): EventStore => ({
    ...store,
    async *query(filters, options) {
      if (isBroken) throw new Error('disk on fire');
      yield* store.query(filters, options);
    },
    count: (filters, options) => (isBroken ? Promise.reject(new Error('disk on fire')) : store.count(filters, options)),
  });
  await using relay = await createTestRelay({ wrapStore });
  await using client = await relay.connect();
  assert.match((await client.request('sub', [{}])).closed ?? '', /^error: /);
  assert.match((await client.count('sub', [{}])).closed ?? '', /^error: /);
  isBroken = false;
  assert.ok((await client.request('sub', [{}])).eose);
});

test('a store that is stopped is answered with error for every kind of request', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  await relay.store.stop();
  for (let round = 0; round < 20; round++) {
    assert.match((await client.request('sub', [{}])).closed ?? '', /^error: /);
    assert.match((await client.count('sub', [{}])).closed ?? '', /^error: /);
    client.send('NEG-OPEN', 'neg', {}, '61');
    assert.match(String((await client.waitFor(([verb]) => verb === 'NEG-ERR'))[2]), /^error: /);
    assert.match((await client.publish(alice.note('x'))).message, /^error: /);
  }
  assert.equal(relay.relay.statistics().subscriptions, 0);
});

test('a client that asks for compression gets the same messages', async () => {
  await using relay = await createTestRelay();
  await using client = await connectClient(relay.url, { compression: true });
  const event = alice.note('x'.repeat(5_000));
  await client.publish(event);
  assert.deepEqual((await client.request('sub', [{}])).events, [event]);
});

test('stopping says goodbye to everybody', async () => {
  const relay = await createTestRelay();
  const client = await relay.connect();
  await client.request('sub', [{}], { keepOpen: true });
  await relay[Symbol.asyncDispose]();
  assert.equal((await client.closed).code, 1001);
  await waitUntil(() => relay.relay.statistics().connections === 0);
});

test('a protected event is taken from its author alone, once authenticated', async () => {
  await using relay = await createTestRelay({ policies: createPolicies({}, { now: Date.now }) });
  await using client = await relay.connect();
  assert.ok(relay.relay.information().supported_nips.includes(70));
  const event = alice.note('for this relay', { tags: [['-']] });
  assert.match((await client.publish(event)).message, /^auth-required: /);
  const challenge = await client.challenge();
  await authenticateWith(client, bob, { challenge, url: relay.url });
  assert.match((await client.publish(event)).message, /^restricted: /);
  await authenticateWith(client, alice, { challenge, url: relay.url });
  assert.deepEqual(await client.publish(event), { ok: true, message: '' });
});

test('the information document says what switches, limits and policies make of the relay', async () => {
  const policies = createPolicies(
    { eventBytesMax: 90_000, contentCharactersMax: 5_000, tagsMax: 100, powBits: 8, futureSecondsMax: 900 },
    { now: Date.now },
  );
  const description = { name: 'Test', self: alice.pubkey, contact: '' };
  const settings = { description, count: false, search: false, negentropy: false, limits: { limitEventsMax: 77 } };
  await using relay = await createTestRelay({ policies, settings });
  const { supported_nips, limitation, name, self, ...rest } = relay.relay.information();
  assert.deepEqual([name, self], ['Test', alice.pubkey]);
  assert.equal('contact' in rest, false);
  assert.deepEqual(supported_nips, [1, 2, 4, 9, 11, 13, 17, 40, 42, 59, 62, 65, 67, 70]);
  assert.equal(limitation.max_limit, 77);
  assert.equal(limitation.max_content_length, 5_000);
  assert.equal(limitation.max_event_tags, 100);
  assert.equal(limitation.min_pow_difficulty, 8);
  assert.equal(limitation.created_at_upper_limit, 900);
  assert.equal(limitation.restricted_writes, true);
  await using client = await relay.connect();
  assert.match((await client.count('count', [{}])).closed ?? '', /^unsupported: /);
  assert.match((await client.request('search', [{ search: 'x' }])).closed ?? '', /^unsupported: /);
  client.send('NEG-OPEN', 'neg', {}, '61');
  assert.match(String((await client.waitFor(([verb]) => verb === 'NEG-ERR'))[2]), /^unsupported: /);
});

test('search works on stored and on live events', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  const stored = alice.note('an orange tree');
  await client.publish(stored);
  await client.publish(alice.note('an apple tree'));
  const { events } = await client.request('sub', [{ search: 'orange tree -sour' }], { keepOpen: true });
  assert.deepEqual(events, [stored]);
  await client.publish(alice.note('a sour orange from a tree'));
  const live = alice.note('the tree bears an Orange');
  await client.publish(live);
  assert.deepEqual(await client.nextEvent('sub'), live);
});

test('new events are held back within a bound while stored ones are sent', async () => {
  const gate = Promise.withResolvers<void>();
  const wrapStore = (store: EventStore): EventStore => ({
    ...store,
    async *query(filters, options) {
      await gate.promise;
      yield* store.query(filters, options);
    },
  });
  const limits = { heldEventsPerSubscriptionMax: 2 };
  await using relay = await createTestRelay({ wrapStore, settings: { limits } });
  await using client = await relay.connect();
  client.send('REQ', 'sub', {});
  for (const text of ['1', '2', '3']) await client.publish(alice.note(text));
  const [, , reason] = await client.waitFor(([verb, id]) => verb === 'CLOSED' && id === 'sub');
  assert.match(String(reason), /^error: /);
  gate.resolve();
  assert.equal(relay.relay.statistics().subscriptions, 0);
});
