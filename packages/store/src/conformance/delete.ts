import assert from 'node:assert/strict';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createAuthor } from './fixtures.ts';
import { type Law, lastingLaw } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');
const carol = createAuthor('carol');

const article = (created_at: number, d: string): VerifiedEvent =>
  alice.event({ kind: 30_023, created_at, tags: [['d', d]] });
const addressOf = (d: string, kind = 30_023): string => `${kind}:${alice.pubkey}:${d}`;

/** Deletion requests (NIP-09), and gift wraps (NIP-59) that their recipient may delete. */
export const deleteLaws: readonly Law[] = [
  lastingLaw(
    8,
    'an author deletes own events by id; the request stays, the events do not come back',
    async (subject) => {
      const notes = [alice.note(10), alice.note(11), alice.note(12)] as const;
      await subject.put(...notes);
      const deletion = alice.deletion(5, [
        ['e', notes[0].id],
        ['e', notes[1].id, 'wss://x'],
        ['k', '1'],
      ]);
      assert.deepEqual(await subject.put(deletion), ['stored']);
      await subject.settle();
      assert.deepEqual(await subject.ids({}), [notes[2].id, deletion.id]);
      assert.deepEqual(await subject.put(...notes), ['deleted', 'deleted', 'duplicate']);
      assert.deepEqual(await subject.ids({}), [notes[2].id, deletion.id]);
    },
  ),
  lastingLaw(8, 'a deletion request holds for events that arrive after it', async (subject) => {
    const [note, profile] = [alice.note(10), alice.event({ kind: 0, created_at: 10 })];
    await subject.put(
      alice.deletion(20, [
        ['e', note.id],
        ['e', profile.id],
      ]),
    );
    await subject.settle();
    assert.deepEqual(await subject.put(note, profile), ['deleted', 'deleted']);
    assert.equal((await subject.ids({})).length, 1);
  }),
  lastingLaw(8, "nobody deletes another's event, before or after it arrives", async (subject) => {
    const [early, late] = [alice.note(10), alice.note(11)];
    await subject.put(early);
    const tags = [
      ['e', early.id],
      ['e', late.id],
      ['p', alice.pubkey],
      ['a', addressOf('x')],
    ];
    await subject.put(bob.deletion(20, tags));
    await subject.settle();
    assert.deepEqual(await subject.put(late, article(12, 'x')), ['stored', 'stored']);
    assert.ok(await subject.has(early));
  }),
  lastingLaw(8, "after a stranger's request the author's own still counts", async (subject) => {
    const note = alice.note(10);
    await subject.put(note, bob.deletion(20, [['e', note.id]]));
    await subject.put(alice.deletion(21, [['e', note.id]]));
    await subject.settle();
    assert.equal(await subject.has(note), false);
    assert.deepEqual(await subject.put(note), ['deleted']);
  }),
  lastingLaw(8, 'a request and its target in one batch leave the request, in both orders', async (subject) => {
    const [first, second] = [alice.note(10), alice.note(11)];
    const requests = [alice.deletion(20, [['e', first.id]]), alice.deletion(21, [['e', second.id]])] as const;
    const outcomes = await subject.put(first, requests[0], requests[1], second);
    assert.deepEqual(outcomes, ['stored', 'stored', 'stored', 'deleted']);
    await subject.settle();
    assert.deepEqual(await subject.ids({}), [requests[1].id, requests[0].id]);
  }),
  lastingLaw(8, 'malformed e and a tags are passed over', async (subject) => {
    const note = alice.note(10);
    const upper = note.id.toUpperCase();
    const tags = [
      ['e'],
      ['e', ''],
      ['e', 'zz'],
      ['e', upper === note.id ? 'x' : upper],
      ['a'],
      ['a', ':'],
      ['a', '0:'],
    ];
    const address = ['a', `1:${alice.pubkey}:`];
    await subject.put(note, alice.deletion(20, [...tags, address, ['e', 'x'.repeat(5_000)]]));
    await subject.settle();
    assert.ok(await subject.has(note));
  }),
  lastingLaw(9, 'by address every version up to the request goes, and later ones are welcome', async (subject) => {
    const [old, next] = [article(10, 'x'), article(21, 'x')];
    await subject.put(old);
    await subject.put(alice.deletion(20, [['a', addressOf('x')]]));
    await subject.settle();
    assert.deepEqual(await subject.put(old, article(20, 'x')), ['deleted', 'deleted']);
    assert.deepEqual(await subject.put(next), ['stored']);
    assert.deepEqual(await subject.ids({ kinds: [30_023] }), [next.id]);
  }),
  lastingLaw(9, 'a version of the very second of the request goes, before or after it', async (subject) => {
    const [before, after] = [article(20, 'x'), article(20, 'y')];
    await subject.put(before);
    await subject.put(
      alice.deletion(
        20,
        ['x', 'y'].map((d) => ['a', addressOf(d)]),
      ),
    );
    await subject.settle();
    assert.deepEqual(await subject.put(before, after), ['deleted', 'deleted']);
    assert.deepEqual(await subject.ids({ kinds: [30_023] }), []);
  }),
  lastingLaw(9, 'by address a version newer than the request stays', async (subject) => {
    const newer = article(21, 'x');
    await subject.put(newer);
    await subject.put(alice.deletion(20, [['a', addressOf('x')]]));
    await subject.settle();
    assert.ok(await subject.has(newer));
    assert.deepEqual(await subject.put(article(20, 'x')), ['deleted']);
  }),
  lastingLaw(9, 'the latest request for an address counts, whichever came first', async (subject) => {
    await subject.put(alice.deletion(20, [['a', addressOf('x')]]));
    await subject.put(alice.deletion(15, [['a', addressOf('x')]]));
    await subject.settle();
    assert.deepEqual(await subject.put(article(18, 'x')), ['deleted']);
  }),
  lastingLaw(9, 'the address with an empty d touches only the empty d', async (subject) => {
    const [empty, named] = [article(10, ''), article(10, 'named')];
    await subject.put(empty, named, alice.deletion(20, [['a', addressOf('')]]));
    await subject.settle();
    assert.deepEqual(await subject.ids({ kinds: [30_023] }), [named.id]);
  }),
  lastingLaw(9, 'replaceable events are deleted by address, with or without the last colon', async (subject) => {
    const [profile, relays] = [alice.event({ kind: 0, created_at: 10 }), alice.event({ kind: 10_002, created_at: 10 })];
    const addresses = [addressOf('', 0), `10002:${alice.pubkey}`];
    await subject.put(
      profile,
      relays,
      alice.deletion(
        20,
        addresses.map((address) => ['a', address]),
      ),
    );
    await subject.settle();
    assert.deepEqual(await subject.put(profile, relays), ['deleted', 'deleted']);
    assert.equal((await subject.ids({})).length, 1);
  }),
  lastingLaw(9, 'an address that is not spelled as its kind asks names nothing', async (subject) => {
    const [profile, named] = [alice.event({ kind: 0, created_at: 10 }), article(10, 'x')];
    const addresses = [
      addressOf('x', 0),
      `00000:${alice.pubkey}:`,
      `30023:${alice.pubkey.toUpperCase()}:x`,
      ` ${addressOf('x')}`,
    ];
    const tags = addresses.map((address) => ['a', address]);
    await subject.put(profile, named, alice.deletion(20, tags));
    await subject.settle();
    assert.equal((await subject.ids({})).length, 3);
  }),
  lastingLaw(9, "another's address, and another kind or d, are not touched", async (subject) => {
    const kept = [
      bob.event({ kind: 30_023, created_at: 10, tags: [['d', 'x']] }),
      alice.event({ kind: 30_024, created_at: 10, tags: [['d', 'x']] }),
      article(10, 'X'),
      article(11, 'x:y'),
    ];
    await subject.put(
      ...kept,
      alice.deletion(20, [
        ['a', addressOf('x')],
        ['a', `30023:${bob.pubkey}:x`],
      ]),
    );
    await subject.settle();
    assert.equal((await subject.ids({})).length, kept.length + 1);
  }),
  lastingLaw(10, 'a deletion request against a deletion or vanish request has no effect', async (subject) => {
    const note = alice.note(10);
    const requests = [alice.deletion(11, [['e', note.id]]), alice.vanish(5, ['wss://elsewhere.example'])] as const;
    await subject.put(
      note,
      ...requests,
      alice.deletion(
        12,
        requests.map(({ id }) => ['e', id]),
      ),
    );
    await subject.settle();
    for (const request of requests) assert.ok(await subject.has(request));
    assert.deepEqual(await subject.put(note), ['deleted']);
    const late = alice.deletion(14, []);
    await subject.put(alice.deletion(13, [['e', late.id]]));
    assert.deepEqual(await subject.put(late), ['stored']);
  }),
  lastingLaw(
    11,
    'gift wraps are deleted by whom they are for, and by their own key, and by nobody else',
    async (subject) => {
      const wrap = (content: string): VerifiedEvent =>
        carol.event({ kind: 1_059, created_at: 10, content, tags: [['p', alice.pubkey]] });
      const [a, b, c, d] = [wrap('a'), wrap('b'), wrap('c'), wrap('d')];
      await subject.put(a, b, c);
      await subject.put(
        alice.deletion(20, [
          ['e', a.id],
          ['e', d.id],
        ]),
      );
      await subject.put(carol.deletion(20, [['e', b.id]]), bob.deletion(20, [['e', c.id]]));
      await subject.settle();
      assert.deepEqual(await subject.ids({ kinds: [1_059] }), [c.id]);
      assert.deepEqual(await subject.put(a, b, d), ['deleted', 'deleted', 'deleted']);
    },
  ),
  lastingLaw(11, 'a p tag gives no right over events that are no gift wraps', async (subject) => {
    const [note, late] = [bob.note(10, { tags: [['p', alice.pubkey]] }), bob.note(11, { tags: [['p', alice.pubkey]] })];
    await subject.put(
      note,
      alice.deletion(20, [
        ['e', note.id],
        ['e', late.id],
      ]),
    );
    await subject.settle();
    assert.ok(await subject.has(note));
    assert.deepEqual(await subject.put(late), ['stored']);
  }),
];
