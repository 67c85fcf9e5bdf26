import assert from 'node:assert/strict';
import { serializeEvent, type VerifiedEvent } from '@nostrata/protocol';
import { waitUntil } from '@nostrata/testing';
import type { Change, RemovalReason } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { toSeq } from '../seq.ts';
import { createAuthor } from './fixtures.ts';
import { type Law, lastingLaw, law, needing, ownRelayUrl } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');

/** The change log, its followers, and where events came from. */
export const logLaws: readonly Law[] = [
  lastingLaw(32, 'the log tells every event in the order of its positions', async (subject) => {
    const events = Array.from({ length: 30 }, (_, i) => alice.note(1_000 - i));
    const results = await subject.store.put(events.slice(0, 20).map((event) => ({ event })));
    await subject.put(...events.slice(20));
    await subject.settle();
    const changes = await subject.changes();
    assertRising(changes);
    assert.deepEqual(
      changes.map(describe),
      events.map(({ id }) => `stored ${id}`),
    );
    for (const [i, change] of changes.entries()) {
      assert.equal(change.type === 'stored' && change.json, serializeEvent(events[i] as VerifiedEvent));
      assert.deepEqual(change.type === 'stored' && change.event, { ...events[i] });
    }
    assert.deepEqual(
      changes.slice(0, 20).map(({ seq }) => seq),
      results.map(({ seq }) => seq),
    );
    assert.equal(subject.store.lastSeq(), changes.at(-1)?.seq);
    assert.equal((await subject.store.statistics()).lastSeq, changes.at(-1)?.seq);
  }),
  lastingLaw(32, 'the log is read from any position, in parts of any size', async (subject) => {
    await subject.put(
      ...Array.from({ length: 25 }, (_, i) => alice.event({ kind: i % 5 ? 1 : 0, created_at: 10 + i })),
    );
    await subject.settle();
    const whole = await subject.changes();
    for (const limit of [1, 7, 1_000]) {
      const parts: Change[] = [];
      for (let after = toSeq(0); ; ) {
        const part = await subject.store.changes(after, limit);
        assert.ok(part.length <= limit);
        if (part.length === 0) break;
        parts.push(...part);
        after = part.at(-1)?.seq ?? after;
      }
      assert.deepEqual(parts, whole);
    }
    assert.deepEqual(await subject.store.changes(subject.store.lastSeq()), []);
  }),
  lastingLaw(33, 'a removal says what left, why, and what caused it', async (subject) => {
    const [old, next] = [alice.event({ kind: 0, created_at: 10 }), alice.event({ kind: 0, created_at: 11 })];
    const [note, wrap, bobs] = [alice.note(10), bob.event({ kind: 1_059, tags: [['p', alice.pubkey]] }), bob.note(5)];
    const deletion = alice.deletion(20, [
      ['e', note.id],
      ['e', wrap.id],
    ]);
    const vanish = bob.vanish(30, [ownRelayUrl]);
    await subject.putEach([old, note, wrap, bobs, next, deletion, vanish]);
    await subject.settle();
    const removals: readonly (readonly [VerifiedEvent, RemovalReason, string])[] = [
      [old, 'replaced', next.id],
      [note, 'deleted', deletion.id],
      [wrap, 'deleted', deletion.id],
      [bobs, 'vanished', vanish.id],
    ];
    const changes = await subject.changes();
    assertRising(changes);
    const removed = changes.flatMap((change) => (change.type === 'removed' ? [change] : []));
    const sorted = (lines: readonly string[]) => lines.toSorted();
    assert.deepEqual(
      sorted(removed.map((c) => [c.id, c.pubkey, c.kind, c.created_at, c.reason, c.cause].join())),
      sorted(removals.map(([e, reason, cause]) => [e.id, e.pubkey, e.kind, e.created_at, reason, cause].join())),
    );
    const stored = changes.flatMap((change) => (change.type === 'stored' ? [change.event.id] : []));
    assert.deepEqual(stored, [next.id, deletion.id, vanish.id], 'what has left shows only as removed');
  }),
  law(34, 'a follower is told every change exactly once, in the order of the log', async (subject) => {
    const told: Change[] = [];
    subject.store.follow((changes) => told.push(...changes));
    const notes = Array.from({ length: 50 }, (_, i) => alice.note(10 + i));
    for (const note of notes.slice(0, 10)) await subject.put(note);
    await subject.put(...notes.slice(10), ...notes);
    const deletion = alice.deletion(
      100,
      notes.slice(0, 5).map(({ id }) => ['e', id]),
    );
    await subject.put(deletion);
    await subject.put(alice.event({ kind: 20_001 }));
    // 50 notes, 5 removals and the deletion request.
    await waitUntil(() => told.length >= 56, { what: 'the follower' });
    assertRising(told);
    const expected = [...notes, deletion].map(({ id }) => `stored ${id}`);
    assert.deepEqual(told.filter(({ type }) => type === 'stored').map(describe), expected);
    assert.equal(told.filter(({ type }) => type === 'removed').length, 5);
    assert.equal(told.at(-1)?.seq, subject.store.lastSeq());
  }),
  law(34, 'what enters and leaves in one batch is told as the log tells it', async (subject) => {
    const told: Change[] = [];
    subject.store.follow((changes) => told.push(...changes));
    const note = alice.note(10);
    await subject.put(
      note,
      alice.event({ kind: 0, created_at: 5 }),
      alice.deletion(20, [['e', note.id]]),
      alice.event({ kind: 0, created_at: 6 }),
    );
    const log = await subject.changes();
    await waitUntil(() => told.length >= log.length, { what: 'the follower' });
    assert.deepEqual(told, log);
  }),
  law(34, 'a follower that leaves is told no more, and others are still told', async (subject) => {
    const counts = [0, 0];
    const leave = subject.store.follow((changes) => {
      counts[0] = (counts[0] ?? 0) + changes.length;
    });
    subject.store.follow((changes) => {
      counts[1] = (counts[1] ?? 0) + changes.length;
    });
    await subject.put(alice.note(10));
    await waitUntil(() => counts[0] === 1 && counts[1] === 1, { what: 'both followers' });
    leave();
    leave();
    await subject.put(alice.note(11));
    await waitUntil(() => counts[1] === 2, { what: 'the other follower' });
    assert.equal(counts[0], 1);
  }),
  law(34, 'a follower that puts events is told of them after what it was told', async (subject) => {
    const told: Change[] = [];
    const others: Change[] = [];
    subject.store.follow((changes) => {
      told.push(...changes);
      if (told.length === 1) void subject.put(alice.note(11));
    });
    subject.store.follow((changes) => others.push(...changes));
    await subject.put(alice.note(10));
    await waitUntil(() => others.length === 2, { what: 'the second event' });
    assertRising(told);
    assertRising(others);
  }),
  needing(
    'openBeside',
    law(34, 'the commits of another process reach the followers within a second', async (subject) => {
      const { openBeside } = subject.options;
      assert.ok(openBeside);
      const told: Change[] = [];
      subject.store.follow((changes) => told.push(...changes));
      const beside = await openBeside(subject.store, { now: subject.clock.now, relayUrls: [ownRelayUrl] });
      try {
        const [mine, theirs] = [alice.note(10), bob.note(11)];
        await subject.put(mine);
        await beside.put([{ event: theirs }]);
        await waitUntil(() => told.length === 2, { what: 'the other process', timeoutMs: 1_000 });
        assert.deepEqual(told.map(describe), [`stored ${mine.id}`, `stored ${theirs.id}`]);
        assert.deepEqual(await subject.ids({}), [theirs.id, mine.id]);
        assert.equal(subject.store.lastSeq(), told.at(-1)?.seq);
      } finally {
        await beside.stop();
      }
    }),
  ),
  lastingLaw(35, 'an event is known by its id and signature together', async (subject) => {
    const note = alice.note(10);
    await subject.put(note);
    await subject.settle();
    const known = async (id: string, sig: string) => (await subject.store.findKnown([{ id, sig }]))[0];
    assert.equal(await known(note.id, note.sig), true);
    assert.equal(await known(note.id, 'ab'.repeat(64)), false);
    assert.equal(await known(bob.note(10).id, note.sig), false);
    assert.deepEqual([...(await subject.store.findKnown([]))], []);
    await subject.put(alice.deletion(20, [['e', note.id]]));
    assert.equal(await known(note.id, note.sig), false);
  }),
  law(35, 'short look-ups do not overtake long ones', async ({ store }) => {
    const order: number[] = [];
    const look = async (call: number): Promise<void> => {
      const queries = Array.from({ length: call % 2 === 0 ? 3_000 : 1 }, (_, i) => bob.note(i));
      await store.findKnown(queries.map(({ id, sig }) => ({ id, sig })));
      order.push(call);
    };
    const calls = Array.from({ length: 12 }, (_, i) => i);
    await Promise.all(calls.map(look));
    assert.deepEqual(order, calls);
  }),
  lastingLaw(35, 'sightings tell which sources delivered an event, first seen first', async (subject) => {
    const note = alice.note(10);
    const start = subject.clock.now();
    await subject.store.put([{ event: note, source: 'wss://a.example' }]);
    subject.clock.advance(1_000);
    await subject.store.put([{ event: note, source: 'wss://b.example' }]);
    subject.clock.advance(1_000);
    await subject.store.findKnown([
      { id: note.id, sig: note.sig, source: 'wss://c.example' },
      { id: note.id, sig: note.sig, source: 'wss://a.example' },
      { id: note.id, sig: 'ab'.repeat(64), source: 'wss://forger.example' },
    ]);
    await waitUntil(async () => (await subject.store.sightings(note.id)).length === 3, { what: 'the sightings' });
    await subject.settle();
    assert.deepEqual(await subject.store.sightings(note.id), [
      { source: 'wss://a.example', firstSeenMs: start },
      { source: 'wss://b.example', firstSeenMs: start + 1_000 },
      { source: 'wss://c.example', firstSeenMs: start + 2_000 },
    ]);
    assert.deepEqual(await subject.store.sightings('ab'.repeat(32)), []);
  }),
  lastingLaw(38, 'positions go on rising after everything that happened', async (subject) => {
    await subject.put(alice.note(10), alice.note(11));
    await subject.put(
      alice.deletion(
        20,
        [10, 11].map((second) => ['e', alice.note(second).id]),
      ),
    );
    const before = subject.store.lastSeq();
    await subject.settle();
    assert.equal(subject.store.lastSeq(), before);
    const [result] = await subject.store.put([{ event: bob.note(10) }]);
    assert.ok((result?.seq ?? 0) > before);
  }),
  law(
    39,
    'a store stops once, however often it is asked, and takes nothing more',
    async ({ store, put, options, clock }) => {
      await put(alice.note(10));
      const other = await options.open({ now: clock.now });
      const pending = other.put([{ event: alice.note(11) }]);
      await Promise.all([other.stop(), other.stop()]);
      assert.equal((await pending)[0]?.outcome, 'stored');
      await other.stop();
      await assert.rejects(async () => await other.put([{ event: alice.note(12) }]), StoreError);
      await assert.rejects(async () => await other.count([{}]), StoreError);
      assert.equal((await store.statistics()).events, 1, 'two stores have nothing to do with each other');
    },
  ),
];

function describe(change: Change): string {
  return change.type === 'stored' ? `stored ${change.event.id}` : `removed ${change.id}`;
}

function assertRising(changes: readonly Change[]): void {
  for (const [i, { seq }] of changes.entries()) assert.ok(i === 0 || seq > (changes[i - 1]?.seq ?? 0));
}
