import assert from 'node:assert/strict';
import { serializeEvent, type VerifiedEvent } from '@nostrata/protocol';
import { createAuthor } from './fixtures.ts';
import { type Law, lastingLaw, law, type Subject } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');

/** What `put` does with a batch, and that events come back as they went in. */
export const putLaws: readonly Law[] = [
  law(1, 'every event of a batch has its outcome, in order', async ({ store }) => {
    const note = alice.note(10);
    const batch = [note, alice.event({ kind: 20_001 }), alice.vanish(11, []), note, bob.note(12)];
    const results = await store.put(batch.map((event) => ({ event })));
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['stored', 'ephemeral', 'invalid', 'duplicate', 'stored'],
    );
    assert.ok((results[0]?.seq ?? 0) > 0 && (results[4]?.seq ?? 0) > (results[0]?.seq ?? 0));
    assert.ok((results[2]?.reason ?? '') !== '', 'what is invalid says why');
  }),
  law(1, 'an empty batch gives an empty answer', async ({ store }) => {
    assert.deepEqual(await store.put([]), []);
    assert.equal(store.lastSeq(), 0);
  }),
  lastingLaw(1, 'a batch of 5,000 events is stored whole', async (subject) => {
    const events = Array.from({ length: 5_000 }, (_, i) => alice.note(1_000 + i, { tags: [['t', `t${i % 50}`]] }));
    const outcomes = await subject.put(...events);
    assert.ok(outcomes.every((outcome) => outcome === 'stored'));
    await subject.settle();
    assert.equal((await subject.store.count([{}])).count, 5_000);
    assert.equal((await subject.ids({ tags: { t: ['t7'] } })).length, 100);
  }),
  law(1, 'puts that are not waited for all end in the store', async (subject) => {
    const events = Array.from({ length: 40 }, (_, i) => alice.note(1_000 + i));
    const outcomes = await Promise.all(events.map((event) => subject.put(event)));
    assert.ok(outcomes.every(([outcome]) => outcome === 'stored'));
    assert.equal((await subject.ids({})).length, 40);
  }),
  lastingLaw(2, 'an event that is there is a duplicate, alone or within its batch', async (subject) => {
    const note = alice.note(10);
    assert.deepEqual(await subject.put(note, note), ['stored', 'duplicate']);
    await subject.settle();
    assert.deepEqual(await subject.put(note), ['duplicate']);
    assert.deepEqual(await subject.ids({}), [note.id]);
  }),
  lastingLaw(
    3,
    'control characters, lone surrogates and line separators come back as they went in',
    async (subject) => {
      const texts = [
        'a\u0000b',
        '\ud800',
        'x\udfff\ud800y',
        '\u2028\u2029',
        '"\\\n\r\t\b\f/',
        '\ufeff',
        '👩‍👩‍👧 e\u0301',
        "'; --",
      ];
      const events = texts.map((content, i) =>
        alice.note(10 + i, {
          content,
          tags: [['t', content, content], ['d', `${content}${content}`], [], [''], ['t']],
        }),
      );
      await subject.put(...events);
      await subject.settle();
      for (const event of events) await assertKept(subject, event);
      for (const [i, text] of texts.entries()) {
        assert.deepEqual(await subject.ids({ tags: { t: [text] } }), [events[i]?.id], JSON.stringify(text));
      }
    },
  ),
  lastingLaw(3, 'created_at beyond 32 bits is kept and ordered', async (subject) => {
    const seconds = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 33, 2 ** 53 - 1];
    const events = seconds.map((created_at) => alice.note(created_at));
    await subject.put(...events);
    await subject.settle();
    assert.deepEqual(
      await subject.ids({}),
      events.toReversed().map(({ id }) => id),
    );
    for (const event of events) await assertKept(subject, event);
    assert.deepEqual(await subject.ids({ since: 2 ** 32, until: 2 ** 33 }), [events[5]?.id, events[4]?.id]);
  }),
  lastingLaw(3, 'tag values of 100 kB are kept, found whole and not by their beginning', async (subject) => {
    const long = 'x'.repeat(100_000);
    const one = alice.event({
      kind: 30_023,
      created_at: 10,
      tags: [
        ['d', `${long}1`],
        ['t', `${long}1`],
        ['r', long],
      ],
    });
    const two = alice.event({
      kind: 30_023,
      created_at: 11,
      tags: [
        ['d', `${long}2`],
        ['t', `${long}2`],
        ['r', long],
      ],
    });
    assert.deepEqual(await subject.put(one, two), ['stored', 'stored']);
    await subject.settle();
    await assertKept(subject, one);
    assert.deepEqual(await subject.ids({ tags: { t: [`${long}1`] } }), [one.id]);
    assert.deepEqual(await subject.ids({ tags: { d: [`${long}2`] } }), [two.id]);
    assert.deepEqual(await subject.ids({ tags: { r: [long] } }), [two.id, one.id]);
    assert.deepEqual(await subject.ids({ tags: { r: [long.slice(1)] } }), []);
  }),
  lastingLaw(3, 'an event with 5,000 tags is kept and found by the first and the last', async (subject) => {
    const tags = Array.from({ length: 5_000 }, (_, i) => ['t', `tag ${i}`]);
    const event = alice.note(10, { tags });
    await subject.put(event, bob.note(11));
    await subject.settle();
    await assertKept(subject, event);
    assert.deepEqual(await subject.ids({ tags: { t: ['tag 0'] } }), [event.id]);
    assert.deepEqual(await subject.ids({ tags: { t: ['tag 4999'] } }), [event.id]);
  }),
  lastingLaw(3, 'an event of a megabyte is kept', async (subject) => {
    const event = alice.note(10, { content: 'word '.repeat(200_000) });
    await subject.put(event);
    await subject.settle();
    await assertKept(subject, event);
  }),
  lastingLaw(3, 'a text that the caller already has is the text that is kept', async (subject) => {
    const event = alice.note(10, { content: 'é \u0001' });
    const json = serializeEvent(event);
    await subject.store.put([{ event, json }]);
    await subject.settle();
    await assertKept(subject, event);
  }),
  lastingLaw(4, 'ephemeral events are not kept', async (subject) => {
    const events = [20_000, 22_242, 29_999].map((kind) => alice.event({ kind, created_at: 10 }));
    assert.deepEqual(await subject.put(...events), ['ephemeral', 'ephemeral', 'ephemeral']);
    assert.deepEqual(await subject.put(alice.event({ kind: 19_999 }), alice.event({ kind: 30_000 })), [
      'stored',
      'stored',
    ]);
    await subject.settle();
    assert.equal((await subject.ids({})).length, 2);
  }),
  lastingLaw(
    43,
    'what a later event of its batch replaces or deletes was stored, and shows as removed',
    async (subject) => {
      const [first, second, third] = [10, 11, 12].map((created_at) => alice.event({ kind: 0, created_at }));
      assert.ok(first && second && third);
      const note = bob.note(10);
      const deletion = bob.deletion(13, [['e', note.id]]);
      const batch = [first, note, third, second, first, deletion, note];
      const expected = ['stored', 'stored', 'stored', 'superseded', 'superseded', 'stored', 'deleted'];
      assert.deepEqual(await subject.put(...batch), expected);
      await subject.settle();
      const told = (await subject.changes()).map((change) =>
        change.type === 'stored' ? `stored ${change.event.id}` : `${change.reason} ${change.id} by ${change.cause}`,
      );
      assert.deepEqual(
        told.toSorted(),
        [
          `deleted ${note.id} by ${deletion.id}`,
          `replaced ${first.id} by ${third.id}`,
          `stored ${deletion.id}`,
          `stored ${third.id}`,
        ].toSorted(),
      );
    },
  ),
  law(43, 'outcomes do not depend on where one batch ends and the next begins', async (subject) => {
    const history = Array.from({ length: 60 }, (_, i) => {
      const author = createAuthor(`${i % 3}`);
      const created_at = (i * 7) % 30;
      if (i % 10 === 9) return author.deletion(created_at, [['a', `0:${author.pubkey}:`]]);
      return i % 2 === 0 ? author.event({ kind: 0, created_at }) : author.note(created_at);
    });
    const alone = await subject.putEach(history);
    assert.ok(new Set(alone).size >= 3, 'several outcomes');
    for (const size of [60, 7, 2]) {
      const store = await subject.options.open({ now: subject.clock.now });
      const outcomes: string[] = [];
      for (let start = 0; start < history.length; start += size) {
        const batch = history.slice(start, start + size).map((event) => ({ event }));
        outcomes.push(...(await store.put(batch)).map(({ outcome }) => outcome));
      }
      await store.stop();
      assert.deepEqual(outcomes, alone, `batches of ${size}`);
    }
  }),
];

async function assertKept(subject: Subject, event: VerifiedEvent): Promise<void> {
  const found: string[] = [];
  for await (const page of subject.store.query([{ ids: [event.id] }])) {
    for (const stored of page) {
      assert.equal(stored.kind, event.kind);
      assert.equal(stored.created_at, event.created_at);
      found.push(stored.json);
    }
  }
  assert.deepEqual(found, [serializeEvent(event)]);
}
