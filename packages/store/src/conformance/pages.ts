import assert from 'node:assert/strict';
import { type Filter, idOfSerialized, type NostrEvent, type VerifiedEvent } from '@nostrata/protocol';
import type { StoredEvent } from '../contract.ts';
import { createAuthor, createEvent, hashHex, inOrder } from './fixtures.ts';
import { type Law, lastingLaw, law, needing, type Subject } from './harness.ts';
import { assertAnswer } from './query.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');

/** How large answers are read: the index, the pages, what happens in between, and who may see what. */
export const pageLaws: readonly Law[] = [
  lastingLaw(20, '1,000 authors with two kinds are answered like any other list', async (subject) => {
    const authors = Array.from({ length: 1_000 }, (_, i) => hashHex(`follow ${i}`));
    const events = authors.flatMap((pubkey, i) =>
      [1, 6, 7].map((kind, j) => createEvent(pubkey, { kind, created_at: 100 + ((i * 7 + j) % 500) })),
    );
    await subject.put(...events, ...Array.from({ length: 500 }, (_, i) => alice.note(400 + i)));
    await subject.settle();
    const filter = { authors, kinds: [1, 6] };
    for (const extra of [{ limit: 20 }, { limit: 1_500, until: 450 }, { since: 300, until: 310 }, {}]) {
      await assertAnswer(subject, events, { ...filter, ...extra });
      await assertAnswer(subject, events, { authors, ...extra });
    }
  }),
  law(20, 'quiet authors are found behind a crowd of louder ones', async (subject) => {
    const quiet = Array.from({ length: 40 }, (_, i) => createEvent(hashHex(`quiet ${i}`), { created_at: 100 + i }));
    const crowd = Array.from({ length: 4_000 }, (_, i) =>
      createEvent(hashHex(`crowd ${i % 20}`), { created_at: 1_000 + i }),
    );
    await subject.put(...crowd, ...quiet);
    const authors = quiet.map(({ pubkey }) => pubkey);
    for (const limit of [1, 10, 500]) {
      await assertAnswer(subject, quiet, { authors, kinds: [1], limit });
      await assertAnswer(subject, quiet, { authors, limit });
      await assertAnswer(subject, quiet, { authors: authors.slice(0, 1), limit });
    }
    await assertAnswer(subject, quiet, { authors: [hashHex('nobody')] });
  }),
  needing(
    'explain',
    law(20, 'the narrowest index answers', async (subject) => {
      const { explain } = subject.options;
      assert.ok(explain);
      const target = hashHex('target');
      const popular = Array.from({ length: 400 }, (_, i) => bob.note(1_000 + i, { tags: [['p', target]] }));
      const reactions = [1, 2, 3].map((i) => bob.event({ kind: 7, created_at: 2_000 + i, tags: [['e', target]] }));
      await subject.put(...popular, ...reactions, alice.note(10, { tags: [['p', target]], content: 'word' }));
      const many = Array.from({ length: 1_000 }, (_, i) => hashHex(`follow ${i}`));
      const expectations: readonly (readonly [Filter, string])[] = [
        [{ ids: [target] }, 'ids'],
        [{ ids: [target], kinds: [1], authors: [bob.pubkey] }, 'ids'],
        [{ search: 'word' }, 'search'],
        [{ tags: { e: [target] } }, 'tag'],
        [{ tags: { e: [target] }, kinds: [7], authors: [bob.pubkey] }, 'tag'],
        [{ tags: { p: [target] }, kinds: [1], authors: [alice.pubkey] }, 'author'],
        [{ authors: [alice.pubkey], kinds: [1] }, 'author'],
        [{ authors: many, kinds: [1] }, 'author'],
        [{ kinds: [7] }, 'kind'],
        [{ since: 10 }, 'time'],
      ];
      for (const [filter, index] of expectations) {
        const chosen = await explain(subject.store, filter);
        assert.ok(chosen.includes(index), `${JSON.stringify(filter).slice(0, 100)} is answered by ${chosen}`);
      }
    }),
  ),
  lastingLaw(21, 'events of one second keep the order of their ids from page to page', async (subject) => {
    const events = Array.from({ length: 2_200 }, (_, i) => alice.note(10, { content: String(i), tags: [['t', 'x']] }));
    await subject.put(...events);
    await subject.settle();
    const expected = inOrder(events);
    for (const filter of [{}, { kinds: [1] }, { authors: [alice.pubkey] }, { tags: { t: ['x'] } }]) {
      assert.deepEqual(await subject.ids(filter), expected);
      assert.deepEqual(await subject.ids({ ...filter, limit: 777 }), expected.slice(0, 777));
    }
  }),
  law(21, 'a page holds at most 1,000 events', async (subject) => {
    await subject.put(...Array.from({ length: 2_500 }, (_, i) => alice.note(10 + i)));
    let total = 0;
    for await (const page of subject.store.query([{ kinds: [1] }])) {
      assert.ok(page.length <= 1_000, `a page of ${page.length} events`);
      total += page.length;
    }
    assert.equal(total, 2_500);
  }),
  ...[{ kinds: [1] }, { authors: [alice.pubkey], kinds: [1, 6] }, { tags: { t: ['x'] } }, {}].map((filter) =>
    law(
      22,
      `a read of ${Object.keys(filter).join(' and ') || 'everything'} holds while the store changes`,
      async (subject) => {
        await assertSteady(subject, filter);
      },
    ),
  ),
  law(23, 'an aborted read ends with the reason of its signal', async ({ store, put }) => {
    await put(...Array.from({ length: 2_500 }, (_, i) => alice.note(10 + i)));
    const controller = new AbortController();
    const reason = new Error('the client went away');
    const read = store.query([{ kinds: [1] }], { signal: controller.signal })[Symbol.asyncIterator]();
    assert.equal((await read.next()).done, false);
    controller.abort(reason);
    await assert.rejects(async () => {
      for (let i = 0; i < 10; i += 1) await read.next();
    }, reason);
    const options = { signal: controller.signal };
    await assert.rejects(async () => await store.query([{}], options)[Symbol.asyncIterator]().next(), reason);
    await assert.rejects(async () => await store.items({}, options)[Symbol.asyncIterator]().next(), reason);
    await assert.rejects(async () => await store.count([{}], options), reason);
  }),
  law(23, 'a read that its caller leaves early keeps nothing from working', async (subject) => {
    await subject.put(...Array.from({ length: 1_500 }, (_, i) => alice.note(10 + i)));
    for await (const page of subject.store.query([{}])) if (page.length > 0) break;
    for await (const page of subject.store.items({})) if (page.length > 0) break;
    assert.deepEqual(await subject.put(alice.note(5)), ['stored']);
    assert.equal((await subject.store.count([{}])).count, 1_501);
  }),
  law(24, 'what may not be seen does not eat the limit', async (subject) => {
    const wraps = Array.from({ length: 300 }, (_, i) =>
      bob.event({ kind: i % 2 ? 1_059 : 4, created_at: 1_000 + i, tags: [['p', alice.pubkey]] }),
    );
    const mine = [1, 2, 3].map((i) => bob.event({ kind: 1_059, created_at: 500 + i, tags: [['p', hashHex('me')]] }));
    const notes = [1, 2, 3].map((i) => bob.note(100 + i, { tags: [['p', alice.pubkey]] }));
    await subject.put(...wraps, ...mine, ...notes);
    const isMine = (event: NostrEvent) => event.tags.some(([, value]) => value === hashHex('me'));
    const visibility = { kinds: new Set([4, 1_059]), isVisible: isMine };
    const expected = inOrder([...mine, ...notes]);
    const shapes: readonly Filter[] = [{}, { authors: [bob.pubkey] }, { kinds: [1, 4, 1_059] }];
    for (const shape of shapes) {
      assert.deepEqual(await subject.ids({ ...shape, limit: 4 }, { visibility }), expected.slice(0, 4));
      assert.equal((await subject.store.count([shape], { visibility })).count, 6);
    }
    assert.deepEqual(
      await subject.ids({ tags: { p: [alice.pubkey] }, limit: 2 }, { visibility }),
      inOrder(notes).slice(0, 2),
    );
    assert.deepEqual(await subject.ids({ ids: wraps.map(({ id }) => id) }, { visibility }), []);
    const items: string[] = [];
    for await (const page of subject.store.items({}, { visibility })) items.push(...page.map(({ id }) => id));
    assert.deepEqual(items.toReversed(), expected);
  }),
  law(24, 'what has expired does not eat the limit', async (subject) => {
    const soon = subject.clock.seconds() + 1;
    const brief = Array.from({ length: 300 }, (_, i) =>
      alice.note(1_000 + i, { tags: [['expiration', String(soon)]] }),
    );
    const notes = [1, 2, 3].map((i) => alice.note(100 + i));
    await subject.put(...brief, ...notes);
    subject.clock.advance(2_000);
    for (const shape of [{}, { authors: [alice.pubkey] }, { kinds: [1] }]) {
      assert.deepEqual(await subject.ids({ ...shape, limit: 2 }), inOrder(notes).slice(0, 2));
      assert.equal((await subject.store.count([shape])).count, 3);
    }
  }),
];

/** Reads in pages, and between the pages removes, inserts and replaces events on both sides of the reader. */
async function assertSteady(subject: Subject, filter: Filter): Promise<void> {
  const tags = [['t', 'x']];
  const events = Array.from({ length: 3_000 }, (_, i) => alice.note(1_000 + i, { tags, kind: i % 3 ? 1 : 6 }));
  await subject.put(...events);
  const wanted = inOrder(events.filter(({ kind }) => filter.kinds?.includes(kind) ?? true));
  const read = subject.store.query([filter])[Symbol.asyncIterator]();
  const seen: string[] = take(await read.next());
  assert.ok(seen.length < wanted.length, 'the answer comes in pages');
  const gone: VerifiedEvent[] = events.filter((_, i) => i % 10 === 0);
  for (let round = 0; ; round += 1) {
    if (round === 0) {
      await subject.put(
        alice.deletion(
          1,
          gone.map(({ id }) => ['e', id]),
        ),
      );
      await subject.put(...[999, 1_500, 2_500, 9_000].map((second) => alice.note(second, { tags, content: 'late' })));
    }
    const next = await read.next();
    if (next.done) break;
    seen.push(...take(next));
  }
  const before = new Set(seen);
  const left = new Set(gone.map(({ id }) => id));
  assert.equal(before.size, seen.length, 'nothing comes twice');
  const expected = wanted.filter((id) => !left.has(id));
  assert.deepEqual(
    seen.filter((id) => !left.has(id)),
    expected,
    'what stayed comes once and in order; what is new does not',
  );
  const firstGone = wanted.findIndex((id, i) => left.has(id) && i >= 1_000);
  assert.ok(!before.has(wanted[firstGone] ?? ''), 'what left before its page does not come');
}

function take(result: IteratorResult<readonly StoredEvent[]>): string[] {
  return result.done ? [] : result.value.map(({ json }) => idOfSerialized(json));
}
