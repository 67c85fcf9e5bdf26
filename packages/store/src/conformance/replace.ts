import assert from 'node:assert/strict';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createAuthor } from './fixtures.ts';
import { type Law, lastingLaw } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');
const kinds = [0, 3, 10_002, 19_999] as const;

/** Replaceable and addressable events (NIP-01). */
export const replaceLaws: readonly Law[] = [
  lastingLaw(5, 'a newer replaceable event removes the older one', async (subject) => {
    for (const kind of kinds) {
      const [older, newer] = [alice.event({ kind, created_at: 10 }), alice.event({ kind, created_at: 11 })];
      assert.deepEqual(await subject.put(older), ['stored']);
      assert.deepEqual(await subject.put(newer), ['stored']);
      await subject.settle();
      assert.deepEqual(await subject.ids({ kinds: [kind] }), [newer.id]);
      assert.deepEqual(await subject.put(older), ['superseded']);
      assert.deepEqual(await subject.put(newer), ['duplicate']);
      assert.equal(await subject.has(older), false);
    }
  }),
  lastingLaw(5, 'of two versions of one second the lowest id stays, whichever came first', async (subject) => {
    for (const kind of [0, 30_023]) {
      const [low, high] = pair(kind);
      assert.deepEqual(await subject.putEach([high, low]), ['stored', 'stored']);
      const [low2, high2] = pair(kind + 3);
      assert.deepEqual(await subject.putEach([low2, high2]), ['stored', 'superseded']);
      await subject.settle();
      assert.deepEqual(await subject.ids({ kinds: [kind] }), [low.id]);
      assert.deepEqual(await subject.ids({ kinds: [kind + 3] }), [low2.id]);
      assert.deepEqual(await subject.put(high, high2), ['superseded', 'superseded']);
    }
  }),
  lastingLaw(5, 'authors and kinds do not replace one another', async (subject) => {
    const events = [alice, bob].flatMap((author) => kinds.map((kind) => author.event({ kind, created_at: 10 })));
    await subject.put(...events);
    await subject.settle();
    assert.equal((await subject.ids({})).length, events.length);
  }),
  lastingLaw(5, 'regular events of one author all stay', async (subject) => {
    const events = [1, 2, 4, 7, 1_059, 9_999, 40_000].flatMap((kind) => [
      alice.event({ kind, created_at: 10, tags: [['d', 'x']] }),
      alice.event({ kind, created_at: 11, tags: [['d', 'x']] }),
    ]);
    await subject.put(...events);
    await subject.settle();
    assert.equal((await subject.ids({})).length, events.length);
  }),
  lastingLaw(6, 'an addressable event replaces the one of its kind, author and first d tag only', async (subject) => {
    const article = (created_at: number, ...d: string[]) =>
      alice.event({ kind: 30_023, created_at, tags: d.map((value) => ['d', value]) });
    const kept = [article(20, 'a'), article(21, 'b', 'a'), article(22, 'A'), article(23, 'a ')];
    const others = [
      bob.event({ kind: 30_023, created_at: 5, tags: [['d', 'a']] }),
      alice.event({ kind: 30_024, created_at: 5, tags: [['d', 'a']] }),
    ];
    await subject.put(article(10, 'a', 'b'), ...others, article(11, 'b'), ...kept);
    await subject.settle();
    assert.equal((await subject.ids({})).length, kept.length + others.length);
    for (const event of [...kept, ...others]) assert.ok(await subject.has(event));
  }),
  lastingLaw(6, 'an empty, a valueless and a missing d tag are one address', async (subject) => {
    const versions = [[['d', '']], [['d']], [], [['d'], ['d', '']]].map((tags, i) =>
      alice.event({ kind: 30_000, created_at: 10 + i, tags }),
    );
    const other = alice.event({ kind: 30_000, created_at: 5, tags: [['d', ':']] });
    await subject.put(...versions, other);
    await subject.settle();
    assert.deepEqual(await subject.ids({}), [versions[3]?.id, other.id]);
  }),
  lastingLaw(6, 'identifiers with colons, NUL and 100 kB are told apart', async (subject) => {
    const long = 'd'.repeat(100_000);
    const identifiers = ['a:b', 'a', ':', 'a\u0000', 'a\u0000b', '\ud800', '\udbff', `${long}1`, `${long}2`];
    const versions = [10, 11].map((created_at) =>
      identifiers.map((d) => alice.event({ kind: 30_023, created_at, tags: [['d', d]] })),
    );
    for (const batch of versions) await subject.put(...batch);
    await subject.settle();
    const kept = await subject.ids({});
    assert.deepEqual(kept.toSorted(), versions[1]?.map(({ id }) => id).toSorted());
  }),
  lastingLaw(7, 'two versions of one address in one batch leave the newer, in both orders', async (subject) => {
    const [a1, a2] = [alice.event({ kind: 0, created_at: 10 }), alice.event({ kind: 0, created_at: 11 })];
    const [b1, b2] = [bob.event({ kind: 0, created_at: 10 }), bob.event({ kind: 0, created_at: 11 })];
    assert.deepEqual(await subject.put(a1, a2, b2, b1), ['stored', 'stored', 'stored', 'superseded']);
    await subject.settle();
    assert.deepEqual((await subject.ids({})).toSorted(), [a2.id, b2.id].toSorted());
  }),
  lastingLaw(7, 'a late older version does not show when the newer one was deleted', async (subject) => {
    const [older, newer] = [alice.event({ kind: 0, created_at: 10 }), alice.event({ kind: 0, created_at: 11 })];
    await subject.put(newer);
    await subject.put(alice.deletion(12, [['e', newer.id]]));
    await subject.settle();
    assert.deepEqual(await subject.put(older), ['superseded']);
    assert.deepEqual(await subject.ids({ kinds: [0] }), []);
  }),
  lastingLaw(7, 'an older version goes when a newer one arrives after its own deletion request', async (subject) => {
    const [older, newer] = [alice.event({ kind: 0, created_at: 10 }), alice.event({ kind: 0, created_at: 11 })];
    await subject.put(older);
    await subject.put(alice.deletion(12, [['e', newer.id]]));
    await subject.settle();
    assert.deepEqual(await subject.put(newer), ['deleted']);
    assert.deepEqual(await subject.ids({ kinds: [0] }), []);
    assert.deepEqual(await subject.put(older), ['superseded']);
  }),
  lastingLaw(7, 'a late older version does not show when the newer one has expired', async (subject) => {
    const soon = subject.clock.seconds() + 10;
    const newer = alice.event({ kind: 10_002, created_at: 11, tags: [['expiration', String(soon)]] });
    const older = alice.event({ kind: 10_002, created_at: 10 });
    await subject.put(newer);
    subject.clock.advance(11_000);
    assert.deepEqual(await subject.put(older), ['superseded']);
    assert.equal(await subject.store.expire(), 1);
    await subject.settle();
    assert.deepEqual(await subject.put(older), ['superseded']);
    assert.deepEqual(await subject.ids({ kinds: [10_002] }), []);
  }),
  lastingLaw(7, 'a late older version does not show when retention took the newer one', async (subject) => {
    const [older, newer] = [alice.event({ kind: 0, created_at: 10 }), alice.event({ kind: 0, created_at: 11 })];
    await subject.put(newer);
    await subject.store.retain({ maxAgeSeconds: 1 });
    await subject.settle();
    assert.deepEqual(await subject.put(older), ['superseded']);
    assert.deepEqual(await subject.ids({}), []);
  }),
];

/** Two versions of one second, the lowest id first. */
function pair(kind: number): readonly [low: VerifiedEvent, high: VerifiedEvent] {
  const [a, b] = ['a', 'b'].map((content) => alice.event({ kind, created_at: 10, content, tags: [['d', 'x']] }));
  assert.ok(a && b);
  return a.id < b.id ? [a, b] : [b, a];
}
