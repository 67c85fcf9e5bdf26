import assert from 'node:assert/strict';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createAuthor, inOrder } from './fixtures.ts';
import { type Law, lastingLaw, law } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');
const content = 'some text that makes the event as long as a usual one '.repeat(20);

/** Retention by age and by size, and the care of the store. */
export const retainLaws: readonly Law[] = [
  lastingLaw(36, 'what is older than the age goes, what is protected stays', async (subject) => {
    const now = subject.clock.seconds();
    const old = Array.from({ length: 250 }, (_, i) => alice.note(now - 1_001 - i));
    const kept = [alice.note(now - 1_000), alice.event({ kind: 0, created_at: 10 }), bob.note(10)];
    await subject.put(...old, ...kept);
    const policy = {
      maxAgeSeconds: 1_000,
      protectedKinds: new Set([0]),
      protectedPubkeys: new Set([bob.pubkey]),
      batchEvents: 100,
    };
    const planned = await subject.store.retain({ ...policy, dryRun: true });
    assert.equal(planned.removed, 250);
    assert.equal((await subject.store.count([{}])).count, 253, 'a dry run removes nothing');
    const report = await subject.store.retain(policy);
    assert.equal(report.removed, 250);
    assert.ok(report.batches >= 3, 'no transaction removes more than batchEvents');
    assert.equal(report.incomplete, false);
    await subject.settle();
    assert.deepEqual(await subject.ids({}), inOrder(kept));
    const removed = (await subject.changes()).flatMap((change) => (change.type === 'removed' ? [change] : []));
    assert.equal(removed.length, 250);
    assert.ok(removed.every(({ reason, cause }) => reason === 'retained' && cause === undefined));
    assert.equal((await subject.store.retain(policy)).removed, 0);
  }),
  lastingLaw(36, 'down to a size the oldest go first, and only as many as must', async (subject) => {
    const events = Array.from({ length: 1_500 }, (_, i) => alice.note(1_000 + i, { content: `${i} ${content}` }));
    await subject.put(...events);
    const policy = { maxBytes: 1_000_000 };
    const report = await subject.store.retain(policy);
    assert.ok(report.removed > 0 && report.removed < 1_500, `${report.removed} of 1,500 went`);
    assert.equal(report.incomplete, false);
    assert.ok(report.bytesBefore > 0 && report.bytesAfter <= report.bytesBefore);
    await subject.settle();
    assert.deepEqual(await subject.ids({}), inOrder(events.slice(report.removed)));
    assert.equal((await subject.store.retain(policy)).removed, 0, 'a second run finds nothing more to do');
  }),
  law(36, 'a size that cannot be reached is reported', async (subject) => {
    const events = [1, 2, 3].flatMap((second) => [alice.note(second, { content }), bob.note(second, { content })]);
    await subject.put(...events);
    const report = await subject.store.retain({ maxBytes: 1, protectedPubkeys: new Set([alice.pubkey]) });
    assert.equal(report.removed, 3);
    assert.equal(report.incomplete, true);
    assert.equal((await subject.store.count([{ authors: [alice.pubkey] }])).count, 3);
  }),
  law(36, 'a policy that asks for nothing removes nothing', async (subject) => {
    await subject.put(alice.note(1));
    const report = await subject.store.retain({});
    assert.deepEqual([report.removed, report.batches, report.incomplete], [0, 0, false]);
    assert.ok(await subject.has(alice.note(1)));
  }),
  lastingLaw(36, 'what retention removed keeps its effect', async (subject) => {
    const note = alice.note(10);
    const requests: readonly VerifiedEvent[] = [alice.deletion(20, [['e', note.id]]), bob.vanish(20, ['ALL_RELAYS'])];
    await subject.put(...requests);
    assert.equal((await subject.store.retain({ maxAgeSeconds: 1 })).removed, 2);
    await subject.settle();
    assert.deepEqual(await subject.put(note, bob.note(10)), ['deleted', 'vanished']);
  }),
  lastingLaw(37, 'a sound store has no problems and says how many events it holds', async (subject) => {
    const events = Array.from({ length: 40 }, (_, i) =>
      alice.event({
        kind: i % 4 ? 1 : 30_023,
        created_at: 10 + i,
        content: `word ${i}`,
        tags: [
          ['d', `${i % 8}`],
          ['t', 'x'],
          ['g', 'u4pr'],
        ],
      }),
    );
    await subject.put(...events, alice.deletion(100, [['e', events[1]?.id ?? '']]));
    await subject.settle();
    const expected = (await subject.store.count([{}])).count;
    assert.deepEqual(await subject.store.check(), { events: expected, problems: [] });
    const { events: counted, bytes } = await subject.store.statistics();
    assert.equal(counted, expected);
    assert.ok(bytes > 0);
  }),
];
