import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder } from './builder.ts';
import { createFakeClock } from './clock.ts';
import { createNaiveStore, naiveQuery } from './naive.ts';
import { seededRandom } from './random.ts';
import { readJsonLines, readText, requireSharedData, skipWithout } from './shared-data.ts';

const clock = createFakeClock();

test('filters are cut at their own limit, merged without doubles, newest first and then lowest id', () => {
  const alice = createEventBuilder('alice');
  const events = [1, 2, 3, 3, 3].map((created_at, index) => alice.note(String(index), { created_at }));
  const ties = events.slice(2).sort((a, b) => (a.id < b.id ? -1 : 1));
  assert.deepEqual(naiveQuery(events, [{ kinds: [1], limit: 2 }, { until: 1 }, { since: 3, limit: 1 }]), [
    ties[0],
    ties[1],
    events[0],
  ]);
  assert.deepEqual(naiveQuery(events, [{ limit: 0 }]), []);
  assert.deepEqual(naiveQuery(events, [{ kinds: [] }]), []);
});

test('every rule of replacement, deletion, expiry and vanishing holds', () => {
  const alice = createEventBuilder('alice');
  const bob = createEventBuilder('bob');
  const store = createNaiveStore({ now: clock.now });
  const [first, second] = [alice.addressable(30_023, 'x'), alice.addressable(30_023, 'x')];
  assert.deepEqual([second, first, second, first].map(store.put), ['stored', 'superseded', 'duplicate', 'superseded']);
  assert.equal(store.put(bob.deletion([second])), 'stored');
  assert.equal(store.query([{ kinds: [30_023] }]).length, 1, 'a stranger deletes nothing');
  assert.equal(store.put(alice.deletionOfAddress(30_023, 'x')), 'stored');
  assert.equal(store.query([{ kinds: [30_023] }]).length, 0);
  assert.equal(store.put(second), 'deleted');
  const wrap = bob.event({ kind: 1059, tags: [['p', alice.pubkey]] });
  assert.equal(store.put(wrap), 'stored');
  assert.equal(store.put(alice.deletion([wrap])), 'stored');
  assert.equal(store.put(wrap), 'deleted', 'the recipient may delete a gift wrap');
  assert.equal(store.put(alice.note('old', { tags: [['expiration', '1600000000']] })), 'expired');
  assert.equal(store.put(alice.event({ kind: 20_001 })), 'ephemeral');
  assert.equal(store.put(alice.vanish([])), 'invalid');
  assert.equal(store.put(alice.vanish(['wss://elsewhere.example'])), 'stored');
  const note = alice.note('soon gone');
  assert.equal(store.put(note), 'stored');
  assert.equal(store.put(alice.vanish(['ALL_RELAYS'])), 'stored');
  assert.equal(store.put(note), 'vanished');
  assert.equal(store.count([{ authors: [alice.pubkey], limit: 0 }]), 1, 'the request itself stays');
});

const files = ['events/permissive.jsonl.gz', 'events/survivor-ids-permissive.txt.gz'];
test('a sample of the real events leaves the survivors that were computed elsewhere', {
  skip: skipWithout(...files),
}, () => {
  const events = readJsonLines<NostrEvent>(requireSharedData('events/permissive.jsonl.gz'));
  const survivors = new Set(readText(requireSharedData('events/survivor-ids-permissive.txt.gz')).split(/\s+/));
  // The model is quadratic: take the authors with a deletion or a replaced event, in random order.
  const authors = new Set(
    events.filter(({ kind, id }) => kind === 5 || !survivors.has(id)).map(({ pubkey }) => pubkey),
  );
  const sample = events.filter(({ pubkey }) => authors.has(pubkey));
  const random = seededRandom(7);
  const shuffled = sample.map((event) => [random.next(), event] as const).sort((a, b) => a[0] - b[0]);
  const store = createNaiveStore({ now: () => 0 });
  for (const [, event] of shuffled) store.put(event);
  const expected = sample.filter(({ id }) => survivors.has(id)).map(({ id }) => id);
  assert.deepEqual(new Set(store.events().map(({ id }) => id)), new Set(expected));
});
