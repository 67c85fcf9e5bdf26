import assert from 'node:assert/strict';
import { type Filter, matchFilter, type VerifiedEvent } from '@nostrata/protocol';
import { naiveQuery } from '@nostrata/testing';
import { createAuthor, createEvent, hashHex, inOrder } from './fixtures.ts';
import { type Law, lastingLaw, law, type Subject } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');

/** What filters match, and in which order the answer comes. */
export const queryLaws: readonly Law[] = [
  lastingLaw(15, 'the answer is newest first, then lowest id, with and without a limit', async (subject) => {
    const events = Array.from({ length: 60 }, (_, i) => alice.note(10 + Math.floor(i / 4), { content: String(i) }));
    await subject.put(...events);
    await subject.settle();
    const expected = inOrder(events);
    for (const filter of [{}, { kinds: [1] }, { authors: [alice.pubkey] }, { kinds: [1], authors: [alice.pubkey] }]) {
      assert.deepEqual(await subject.ids(filter), expected);
      assert.deepEqual(await subject.ids({ ...filter, limit: 7 }), expected.slice(0, 7));
      assert.deepEqual(await subject.ids({ ...filter, limit: 1_000 }), expected);
    }
  }),
  law(15, 'since and until are inclusive, and alone or together cut every index alike', async (subject) => {
    const tags = [['t', 'x']];
    const events = Array.from({ length: 20 }, (_, i) => alice.note(10 + i, { tags }));
    await subject.put(...events);
    const shapes: readonly Filter[] = [{}, { kinds: [1] }, { authors: [alice.pubkey] }, { tags: { t: ['x'] } }];
    for (const shape of [...shapes, { ids: events.map(({ id }) => id) }]) {
      await assertAnswer(subject, events, { ...shape, since: 15 });
      await assertAnswer(subject, events, { ...shape, until: 15 });
      await assertAnswer(subject, events, { ...shape, since: 15, until: 15 });
      await assertAnswer(subject, events, { ...shape, since: 12, until: 20, limit: 3 });
      await assertAnswer(subject, events, { ...shape, since: 30 });
      await assertAnswer(subject, events, { ...shape, until: 9 });
    }
  }),
  law(15, 'a filter with nothing but many kinds finds events of every one of them', async (subject) => {
    // Engines merge a few ordered runs one by one and many in another way.
    for (const count of [16, 17, 40]) {
      const kinds = Array.from({ length: count }, (_, i) => 40_000 + 100 * count + i);
      const events = kinds.flatMap((kind, i) => [alice.note(1_000 - i, { kind }), bob.note(500 + i, { kind })]);
      await subject.put(...events);
      const expected = inOrder(events);
      assert.deepEqual(await subject.ids({ kinds }), expected);
      assert.deepEqual(await subject.ids({ kinds, limit: 9 }), expected.slice(0, 9));
      await assertAnswer(subject, events, { kinds, since: 505, until: 990, limit: 20 });
      assert.equal((await subject.store.count([{ kinds }])).count, events.length);
    }
  }),
  lastingLaw(16, 'several tag conditions may be met by several tags of one event', async (subject) => {
    const [x, y, z] = ['x', 'y', 'z'].map(hashHex);
    assert.ok(x && y && z);
    const tagLists = [
      [
        ['e', x],
        ['p', y],
        ['t', 'a'],
      ],
      [
        ['e', x],
        ['p', z],
      ],
      [
        ['e', z],
        ['p', y],
      ],
      [
        ['p', y],
        ['e', z],
        ['e', x],
        ['t', 'b'],
        ['t', 'a'],
      ],
      [
        ['E', x],
        ['P', y],
      ],
      [
        ['e', y],
        ['p', x],
      ],
      [
        ['e', x, y],
        ['r', 'p', y],
      ],
    ];
    const events = tagLists.map((tags, i) => alice.note(10 + i, { tags, kind: 7 }));
    await subject.put(...events);
    await subject.settle();
    const both = { e: [x], p: [y] };
    assert.deepEqual(await subject.ids({ tags: both }), [events[3]?.id, events[0]?.id]);
    for (const tags of [
      both,
      { e: [x, z], p: [y] },
      { e: [x], t: ['a', 'b'] },
      { E: [x], P: [y] },
      { ...both, t: ['b'] },
    ]) {
      await assertAnswer(subject, events, { tags });
      await assertAnswer(subject, events, { tags, kinds: [7], authors: [alice.pubkey], limit: 1 });
    }
  }),
  law(16, 'every condition must hold, whichever index answers', async (subject) => {
    const events = [alice, bob].flatMap((author) =>
      [1, 7].flatMap((kind) => ['a', 'b'].map((t, i) => author.event({ kind, created_at: 10 + i, tags: [['t', t]] }))),
    );
    await subject.put(...events);
    const ids = events.slice(0, 5).map(({ id }) => id);
    const conditions: readonly Filter[] = [
      { ids },
      { authors: [bob.pubkey] },
      { kinds: [7] },
      { tags: { t: ['a'] } },
      { since: 11 },
    ];
    for (let mask = 0; mask < 2 ** conditions.length; mask += 1) {
      const chosen = conditions.filter((_, i) => mask & (1 << i));
      await assertAnswer(subject, events, Object.assign({}, ...chosen) as Filter);
    }
  }),
  law(16, 'values match whole and by letter case, and only the first value of a tag counts', async (subject) => {
    const values = ['Bitcoin', 'bitcoin', 'bit', 'bitcoin ', '', 'ab'.repeat(32)];
    const events = values.map((value, i) =>
      alice.note(10 + i, {
        tags: [
          ['t', value, 'second'],
          ['client', 'x'],
        ],
      }),
    );
    await subject.put(...events);
    for (const value of [...values, 'BITCOIN', 'second']) await assertAnswer(subject, events, { tags: { t: [value] } });
    await assertAnswer(subject, events, { tags: { T: ['bitcoin'] } });
    const upper = { ids: [events[0]?.id.toUpperCase() ?? ''] };
    assert.deepEqual(await subject.ids(upper), [], 'ids are lower-case');
    assert.deepEqual(await subject.ids({ authors: [alice.pubkey.toUpperCase()] }), []);
    assert.deepEqual(await subject.ids({ ids: [events[0]?.id.slice(0, 12) ?? ''] }), [], 'ids are whole');
    assert.deepEqual(await subject.ids({ authors: [alice.pubkey.slice(0, 12)] }), []);
  }),
  law(16, 'ids and pubkeys that share their beginning are told apart', async (subject) => {
    const twin = (digit: string) => hashHex('twin').slice(0, 12) + digit.repeat(52);
    const pubkeys = ['1', '2', '3'].map(twin);
    const events = ['a', 'b', 'c', 'd'].map((digit, i) =>
      createEvent(pubkeys[i % 3] ?? '', { id: twin(digit), created_at: 10 }),
    );
    await subject.put(...events);
    assert.deepEqual(
      await subject.ids({}),
      events.map(({ id }) => id),
    );
    for (const { id } of events) await assertAnswer(subject, events, { ids: [id] });
    for (const pubkey of pubkeys) await assertAnswer(subject, events, { authors: [pubkey] });
    assert.deepEqual(await subject.ids({ ids: [twin('e')] }), []);
    for (const limit of [1, 2, 3]) await assertAnswer(subject, events, { kinds: [1], limit });
  }),
  law(17, 'empty lists, limit 0 and since after until match nothing', async (subject) => {
    const event = alice.note(10, { tags: [['t', 'x']] });
    await subject.put(event);
    const nothing: readonly Filter[] = [
      { ids: [] },
      { authors: [] },
      { kinds: [] },
      { tags: { t: [] } },
      { kinds: [1], tags: { t: ['x'], e: [] } },
      { limit: 0 },
      { since: 11, until: 9 },
    ];
    for (const filter of nothing) assert.deepEqual(await subject.ids(filter), [], JSON.stringify(filter));
    assert.deepEqual(await subject.ids([]), []);
    assert.deepEqual(await subject.ids([...nothing, { kinds: [1] }]), [event.id]);
  }),
  lastingLaw(
    18,
    'several filters give a union without doubles in which each limit holds for its filter',
    async (subject) => {
      const events = Array.from({ length: 90 }, (_, i) =>
        (i % 2 ? alice : bob).note(10 + Math.floor(i / 3), { kind: [1, 6, 7][i % 3] ?? 1, tags: [['t', `t${i % 5}`]] }),
      );
      await subject.put(...events);
      await subject.settle();
      const lists: readonly (readonly Filter[])[] = [
        [
          { kinds: [1], limit: 2 },
          { kinds: [7], limit: 3 },
        ],
        [{ limit: 5 }, { limit: 8 }, { kinds: [6] }],
        [{ authors: [alice.pubkey] }, { authors: [bob.pubkey], limit: 1 }, { tags: { t: ['t1', 't2'] }, limit: 4 }],
        [{ until: 15, limit: 3 }, { since: 30 }],
        [{}, {}],
      ];
      for (const filters of lists) await assertAnswers(subject, events, filters);
    },
  ),
  law(18, 'values that stand twice in a list change nothing', async (subject) => {
    const note = alice.note(10, {
      tags: [
        ['t', 'x'],
        ['t', 'x'],
        ['t', 'y'],
      ],
    });
    await subject.put(note);
    const { id, pubkey } = note;
    const filters: Filter[] = [
      { ids: [id, id] },
      { authors: [pubkey, pubkey], kinds: [1, 1] },
      { tags: { t: ['x', 'y', 'x'] } },
    ];
    for (const filter of filters) assert.deepEqual(await subject.ids({ ...filter, limit: 2 }), [id]);
    for (const filter of filters) assert.equal((await subject.store.count([filter])).count, 1);
  }),
  lastingLaw(19, 'a geohash ending in one star finds every geohash that it begins', async (subject) => {
    const values = [
      'u4pruydqqvj',
      'u4pr',
      'u4px',
      'u4',
      'u',
      'ezs42',
      'U4PR',
      'u4pr*',
      'u4a',
      '*',
      '',
      'u4pruydqqvj8x',
      'u4pruydqqvj8',
    ];
    const events = values.map((value, i) =>
      alice.note(10 + i, {
        tags: [
          ['g', value],
          ['t', value],
        ],
      }),
    );
    await subject.put(...events);
    await subject.settle();
    for (const g of [
      'u4*',
      'u4pr*',
      'u4pr',
      'u*',
      'u4pruydqqvj*',
      'u4pruydqqvj8*',
      '*',
      'u4a*',
      'U4*',
      'u4**',
      'u4pr*x',
      'u4pruydqqvj8x*',
      '',
    ]) {
      await assertAnswer(subject, events, { tags: { g: [g] } });
      await assertAnswer(subject, events, { tags: { g: [g, 'ezs42'] }, kinds: [1], limit: 2 });
    }
    assert.deepEqual(await subject.ids({ tags: { t: ['u4*'] } }), [], 'only #g knows the star');
  }),
];

/** Compares the answer to one filter with the definition of matching. */
export async function assertAnswer(subject: Subject, events: readonly VerifiedEvent[], filter: Filter): Promise<void> {
  const matches = events.filter((event) => matchFilter(filter, event));
  const title = JSON.stringify(filter).slice(0, 300);
  assert.deepEqual(await subject.ids(filter), inOrder(matches).slice(0, filter.limit), title);
  assert.equal((await subject.store.count([filter])).count, matches.length, title);
}

async function assertAnswers(
  subject: Subject,
  events: readonly VerifiedEvent[],
  filters: readonly Filter[],
): Promise<void> {
  const expected = naiveQuery(events, filters).map(({ id }) => id);
  assert.deepEqual(await subject.ids(filters), expected, JSON.stringify(filters));
}
