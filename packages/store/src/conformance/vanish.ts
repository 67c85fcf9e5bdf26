import assert from 'node:assert/strict';
import { createAuthor } from './fixtures.ts';
import { type Law, lastingLaw } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');

/** Expiration (NIP-40) and requests to vanish (NIP-62). */
export const vanishLaws: readonly Law[] = [
  lastingLaw(12, 'an event that has expired is refused', async (subject) => {
    const now = subject.clock.seconds();
    const at = (second: number | string) => alice.note(10, { tags: [['expiration', String(second)]] });
    assert.deepEqual(await subject.put(at(now), at(now - 1), at(0), at(now + 1)), [
      'expired',
      'expired',
      'expired',
      'stored',
    ]);
    assert.deepEqual(await subject.put(at('soon'), at('-1'), at('1e3')), ['stored', 'stored', 'stored']);
    await subject.settle();
    assert.deepEqual(await subject.put(at(now)), ['expired']);
    assert.equal((await subject.ids({})).length, 4);
  }),
  lastingLaw(
    12,
    'an event is invisible from the second at which it expires, to every kind of read',
    async (subject) => {
      const soon = subject.clock.seconds() + 100;
      const tags = [
        ['expiration', String(soon)],
        ['t', 'brief'],
      ];
      const [brief, lasting] = [
        alice.note(10, { tags, content: 'brief word' }),
        alice.note(11, { content: 'lasting word' }),
      ];
      await subject.put(brief, lasting);
      subject.clock.set((soon - 1) * 1_000 + 999);
      assert.ok(await subject.has(brief));
      subject.clock.set(soon * 1_000);
      await subject.settle();
      assert.equal(await subject.has(brief), false);
      assert.deepEqual(await subject.ids({ tags: { t: ['brief'] } }), []);
      assert.deepEqual(await subject.ids({ search: 'word' }), [lasting.id]);
      assert.equal((await subject.store.count([{}])).count, 1);
      for await (const page of subject.store.items({})) assert.ok(page.every(({ id }) => id === lasting.id));
    },
  ),
  lastingLaw(12, 'expire removes what has expired and nothing else, and says how many', async (subject) => {
    const soon = subject.clock.seconds() + 10;
    const events = Array.from({ length: 2_500 }, (_, i) =>
      alice.note(1_000 + i, { tags: [['expiration', String(soon + (i % 2) * 1_000)]] }),
    );
    await subject.put(...events);
    assert.equal(await subject.store.expire(), 0);
    subject.clock.advance(10_000);
    assert.equal(await subject.store.expire(), 1_250);
    assert.equal(await subject.store.expire(), 0);
    await subject.settle();
    assert.equal((await subject.store.statistics()).events, 1_250);
    const removed = (await subject.changes()).filter((change) => change.type === 'removed');
    assert.equal(removed.length, 1_250);
    assert.ok(removed.every(({ reason, cause }) => reason === 'expired' && cause === undefined));
  }),
  lastingLaw(13, 'a request to vanish removes everything of its author up to its second', async (subject) => {
    const note = alice.note(10);
    const gone = [note, alice.event({ kind: 0, created_at: 20 }), alice.deletion(11, [['e', 'ab'.repeat(32)]])];
    const kept = [alice.note(21), bob.note(10, { tags: [['p', alice.pubkey]] })];
    await subject.put(...gone, ...kept);
    const request = alice.vanish(20, ['ALL_RELAYS']);
    assert.deepEqual(await subject.put(request), ['stored']);
    await subject.settle();
    assert.deepEqual((await subject.ids({})).toSorted(), [...kept, request].map(({ id }) => id).toSorted());
  }),
  lastingLaw(
    13,
    'what has vanished is refused when it comes again, and younger events are welcome',
    async (subject) => {
      const [before, after] = [alice.note(20), alice.note(21)];
      await subject.put(before);
      await subject.put(alice.vanish(20, ['ALL_RELAYS']));
      await subject.settle();
      assert.deepEqual(await subject.put(before, alice.note(1), after), ['vanished', 'vanished', 'stored']);
      assert.deepEqual(await subject.put(alice.deletion(19, [])), ['vanished']);
      assert.deepEqual(await subject.ids({ kinds: [1] }), [after.id]);
    },
  ),
  lastingLaw(13, 'gift wraps for the author vanish too, others do not', async (subject) => {
    const wrap = (created_at: number, to: string) => bob.event({ kind: 1_059, created_at, tags: [['p', to]] });
    const [mine, later, others] = [wrap(10, alice.pubkey), wrap(21, alice.pubkey), wrap(10, bob.pubkey)];
    await subject.put(mine, later, others);
    await subject.put(alice.vanish(20, ['ALL_RELAYS']));
    await subject.settle();
    assert.deepEqual(await subject.ids({ kinds: [1_059] }), [later.id, others.id]);
    assert.deepEqual(await subject.put(mine, wrap(11, alice.pubkey)), ['vanished', 'vanished']);
  }),
  lastingLaw(13, "a wrap whose p tag is no pubkey is nobody's, whatever it looks like", async (subject) => {
    const wrapTo = (text: string) => bob.event({ kind: 1059, created_at: 5, tags: [['p', text]] });
    const { pubkey } = alice;
    const odd = [
      pubkey.toUpperCase(),
      `${pubkey} `,
      pubkey.slice(0, 63),
      `${pubkey.slice(0, 62)}zz`,
      '',
      'z'.repeat(64),
    ];
    const wraps = odd.map(wrapTo);
    assert.deepEqual(await subject.put(alice.vanish(20, ['ALL_RELAYS']), wrapTo(pubkey), ...wraps), [
      'stored',
      'vanished',
      ...odd.map(() => 'stored'),
    ]);
    const deletion = alice.deletion(
      30,
      wraps.map(({ id }) => ['e', id]),
    );
    assert.deepEqual(await subject.put(deletion), ['stored']);
    await subject.settle();
    for (const wrap of wraps) assert.ok(await subject.has(wrap));
  }),
  lastingLaw(13, 'the own relay counts in every spelling, another relay does not', async (subject) => {
    const spellings = [
      'wss://relay.example.com',
      'WSS://Relay.EXAMPLE.com/',
      'wss://relay.example.com:443',
      ' wss://relay.example.com// ',
    ];
    const others = [
      'wss://relay.example.org',
      'wss://example.com',
      'wss://relay.example.com:444',
      'wss://relay.example.com/x',
      'all_relays',
      '',
      'x',
    ];
    const authors = [...spellings, ...others].map((url, i) => ({ url, author: createAuthor(`spelling ${i}`) }));
    for (const { url, author } of authors) await subject.put(author.note(10), author.vanish(20, [url]));
    await subject.settle();
    for (const { url, author } of authors) {
      const left = await subject.ids({ authors: [author.pubkey], kinds: [1] });
      assert.equal(left.length, spellings.includes(url) ? 0 : 1, JSON.stringify(url));
    }
  }),
  lastingLaw(13, 'one of several relay tags is enough, and a request without any is invalid', async (subject) => {
    await subject.put(alice.note(10), bob.note(10));
    assert.deepEqual(await subject.put(bob.vanish(20, [])), ['invalid']);
    assert.deepEqual(await subject.put(alice.vanish(20, ['wss://elsewhere.example', 'wss://relay.example.com/'])), [
      'stored',
    ]);
    await subject.settle();
    assert.deepEqual(await subject.ids({ kinds: [1] }), [bob.note(10).id]);
  }),
  lastingLaw(13, 'an earlier request to vanish goes with a later one, and does not come back', async (subject) => {
    const [early, late] = [alice.vanish(10, ['ALL_RELAYS']), alice.vanish(20, ['ALL_RELAYS'])];
    assert.deepEqual(await subject.putEach([early, late, early]), ['stored', 'stored', 'vanished']);
    await subject.settle();
    assert.deepEqual(await subject.ids({}), [late.id]);
  }),
  lastingLaw(13, 'two requests of one second both stay, whichever came first', async (subject) => {
    const event = (content: string) =>
      alice.event({ kind: 62, created_at: 20, content, tags: [['relay', 'ALL_RELAYS']] });
    assert.deepEqual(await subject.putEach([event('a'), event('b')]), ['stored', 'stored']);
    await subject.settle();
    assert.equal((await subject.ids({})).length, 2);
  }),
  lastingLaw(13, 'a deletion request that has vanished still deletes what is younger', async (subject) => {
    const note = alice.note(30);
    const deletion = alice.deletion(10, [['e', note.id]]);
    assert.deepEqual(await subject.putEach([note, alice.vanish(20, ['ALL_RELAYS']), deletion]), [
      'stored',
      'stored',
      'vanished',
    ]);
    await subject.settle();
    assert.equal(await subject.has(note), false);
    assert.deepEqual(await subject.put(note), ['deleted']);
  }),
];
