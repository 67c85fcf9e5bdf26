import assert from 'node:assert/strict';
import { createAuthor } from './fixtures.ts';
import { type Law, lastingLaw } from './harness.ts';

const alice = createAuthor('alice');

/** Taking back what nobody else has seen. */
export const withdrawLaws: readonly Law[] = [
  lastingLaw(42, 'a withdrawn event is gone, and may come again', async (subject) => {
    const [note, other] = [alice.note(10), alice.note(11)];
    await subject.put(note, other);
    assert.equal(await subject.store.withdraw(note), true);
    await subject.settle();
    assert.deepEqual(await subject.ids({}), [other.id]);
    assert.equal(await subject.store.withdraw(note), false);
    assert.deepEqual(await subject.put(note), ['stored']);
    assert.equal(await subject.has(note), true);
  }),
  lastingLaw(
    42,
    'the version that a withdrawn one had replaced is back, and later versions replace it',
    async (subject) => {
      for (const kind of [3, 30_003]) {
        const version = (created_at: number) => alice.event({ kind, created_at, tags: [['d', 'x']] });
        const [first, second, third] = [version(10), version(20), version(30)];
        await subject.putEach([first, second]);
        assert.equal(await subject.store.withdraw(second, first), true);
        await subject.settle();
        assert.deepEqual(await subject.ids({ kinds: [kind] }), [first.id]);
        assert.deepEqual(await subject.put(version(5)), ['superseded']);
        assert.deepEqual(await subject.put(third), ['stored']);
        await subject.settle();
        assert.deepEqual(await subject.ids({ kinds: [kind] }), [third.id]);
      }
    },
  ),
  lastingLaw(42, 'a withdrawn first version leaves its address free for any version', async (subject) => {
    const [late, early] = [alice.event({ kind: 0, created_at: 20 }), alice.event({ kind: 0, created_at: 10 })];
    await subject.put(late);
    assert.equal(await subject.store.withdraw(late), true);
    await subject.settle();
    assert.deepEqual(await subject.put(early), ['stored']);
  }),
  lastingLaw(42, 'a newer version that has come meanwhile stays', async (subject) => {
    const version = (created_at: number) => alice.event({ kind: 3, created_at });
    const [first, second, third] = [version(10), version(20), version(30)];
    await subject.putEach([first, second, third]);
    assert.equal(await subject.store.withdraw(second, first), false);
    await subject.settle();
    assert.deepEqual(await subject.ids({}), [third.id]);
  }),
  lastingLaw(42, 'deletion requests are not withdrawn', async (subject) => {
    const note = alice.note(10);
    const deletion = alice.deletion(20, [['e', note.id]]);
    await subject.putEach([note, deletion]);
    assert.equal(await subject.store.withdraw(deletion), false);
    await subject.settle();
    assert.equal(await subject.has(deletion), true);
    assert.equal(await subject.has(note), false);
  }),
  lastingLaw(42, 'the log tells that an event was withdrawn and what came back', async (subject) => {
    const version = (created_at: number) => alice.event({ kind: 0, created_at });
    const [first, second] = [version(10), version(20)];
    await subject.putEach([first, second]);
    await subject.store.withdraw(second, first);
    await subject.settle();
    const told = (await subject.changes()).map((change) =>
      change.type === 'stored' ? ['stored', change.event.id] : [change.reason, change.id],
    );
    assert.deepEqual(told, [
      ['replaced', first.id],
      ['withdrawn', second.id],
      ['stored', first.id],
    ]);
  }),
];
