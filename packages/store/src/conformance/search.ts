import assert from 'node:assert/strict';
import { getSearchText, matchSearch, parseSearch, type VerifiedEvent } from '@nostrata/protocol';
import { seededRandom } from '@nostrata/testing';
import { createAuthor } from './fixtures.ts';
import { type Law, lastingLaw, law, type Subject } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');

/** Full-text search (NIP-50). */
export const searchLaws: readonly Law[] = [
  lastingLaw(28, 'all words must be there, phrases in their order, and minus leaves out', async (subject) => {
    const texts = [
      'red apples and green pears',
      'green apples',
      'pears, red; not apples',
      'Bananas',
      'green red apples',
    ];
    const notes = texts.map((content, i) => alice.note(10 + i, { content }));
    await subject.put(...notes);
    await subject.settle();
    const find = async (search: string) => texts.filter((_, i) => found.has(notes[i]?.id ?? '') && search);
    let found = new Set<string>();
    const expectations: readonly (readonly [string, readonly number[]])[] = [
      ['apples', [0, 1, 2, 4]],
      ['apples red', [0, 2, 4]],
      ['RED -pears', [4]],
      ['"red apples"', [0, 4]],
      ['"green apples"', [1]],
      ['apples -"green pears" -bananas', [1, 2, 4]],
      ['"pears red not"', [2]],
      ['apple', []],
      ['green language:en apples include:spam', [0, 1, 4]],
      ['"green apples', [1]],
    ];
    for (const [search, indexes] of expectations) {
      found = new Set(await subject.ids({ search }));
      assert.deepEqual(
        await find(search),
        indexes.map((index) => texts[index]),
        search,
      );
    }
  }),
  lastingLaw(28, 'a query that requires no word is no search: the newest come first', async (subject) => {
    const notes = [10, 11, 12].map((second) => alice.note(second, { content: second === 11 ? 'other word' : 'word' }));
    await subject.put(...notes);
    await subject.settle();
    const [a, b, c] = notes.map(({ id }) => id);
    for (const search of ['', '  ', 'language:en', '\u{1f919}', '""']) {
      assert.deepEqual(await subject.ids({ search }), [c, b, a], search);
    }
    for (const search of ['-other', '-"other word" -thing']) {
      assert.deepEqual(await subject.ids({ search }), [c, a], search);
      assert.deepEqual(await subject.ids({ search, kinds: [1], limit: 2 }), [c, a]);
      assert.equal((await subject.store.count([{ search }])).count, 2);
    }
  }),
  lastingLaw(28, 'letter case, accents, scripts and punctuation are no obstacle', async (subject) => {
    const texts = [
      'Café Zürich',
      'ÉCOLE',
      'Привет мир',
      '日本語のテキスト',
      "don't stop",
      'GM ☀️ nostr:npub1xyz #nostrich',
      'Ελλάδα',
      'हिन्दी',
    ];
    const notes = texts.map((content, i) => alice.note(10 + i, { content }));
    await subject.put(...notes);
    await subject.settle();
    const queries = ['cafe zurich', 'école', 'привет', '日本', "DON'T", 'nostrich', 'ελλαδα', 'हिन्दी'];
    for (const [i, search] of queries.entries())
      assert.deepEqual(await subject.ids({ search }), [notes[i]?.id], search);
    assert.deepEqual(await subject.ids({ search: '本日' }), []);
  }),
  lastingLaw(
    29,
    'profiles are found by name and about, articles by title, and private kinds never',
    async (subject) => {
      const profile = alice.event({
        kind: 0,
        content: JSON.stringify({ name: 'Zaphod', about: 'president', nip05: 'z@galaxy.example', picture: 'hidden' }),
      });
      const broken = bob.event({ kind: 0, content: 'no JSON {' });
      const article = alice.event({
        kind: 30_023,
        tags: [
          ['d', 'x'],
          ['title', 'Towel day'],
          ['summary', 'zaphod too'],
        ],
        content: 'text',
      });
      const secret = [4, 13, 1_059, 30_078, 10_000].map((kind) => alice.event({ kind, content: 'zaphod towel' }));
      await subject.put(profile, broken, article, ...secret);
      await subject.settle();
      assert.deepEqual((await subject.ids({ search: 'zaphod' })).toSorted(), [profile.id, article.id].toSorted());
      assert.deepEqual(await subject.ids({ search: 'president galaxy' }), [profile.id]);
      assert.deepEqual(await subject.ids({ search: 'towel' }), [article.id]);
      assert.deepEqual(await subject.ids({ search: 'hidden' }), []);
    },
  ),
  lastingLaw(30, 'the best match comes first and the limit cuts after scoring', async (subject) => {
    const padding = 'some other words that fill the text to a usual length and say nothing at all about it';
    const best = alice.note(10, { content: `nostr nostr nostr nostr ${padding}` });
    const weak = Array.from({ length: 30 }, (_, i) =>
      alice.note(100 + i, { content: `${padding} ${padding} nostr ${i}` }),
    );
    const unrelated = Array.from({ length: 50 }, (_, i) => bob.note(500 + i, { content: padding }));
    await subject.put(best, ...weak, ...unrelated);
    await subject.settle();
    assert.deepEqual(await subject.ids({ search: 'nostr', limit: 1 }), [best.id]);
    assert.equal((await subject.ids({ search: 'nostr' })).length, 31);
    assert.equal((await subject.ids({ search: 'nostr', limit: 10 })).length, 10);
    assert.equal((await subject.store.count([{ search: 'nostr', limit: 1 }])).count, 31);
  }),
  law(30, 'matches that are equally good come newest first, then lowest id', async (subject) => {
    const notes = Array.from({ length: 12 }, (_, i) =>
      createAuthor(`echo ${i}`).note(10 + Math.floor(i / 3), { content: 'same words' }),
    );
    await subject.put(...notes);
    const sorted = [...notes].sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
    assert.deepEqual(
      await subject.ids({ search: 'words' }),
      sorted.map(({ id }) => id),
    );
    assert.deepEqual(
      await subject.ids({ search: 'words', limit: 5 }),
      sorted.slice(0, 5).map(({ id }) => id),
    );
  }),
  law(30, 'search is one condition among others', async (subject) => {
    const notes = [alice, bob].flatMap((author) =>
      [1, 1_111].map((kind) => author.note(10, { kind, content: 'shared word', tags: [['t', `k${kind}`]] })),
    );
    await subject.put(...notes, alice.note(11, { content: 'else' }));
    const search = 'word';
    assert.equal((await subject.ids({ search, authors: [alice.pubkey] })).length, 2);
    assert.deepEqual(await subject.ids({ search, authors: [alice.pubkey], tags: { t: ['k1111'] } }), [notes[1]?.id]);
    assert.deepEqual(await subject.ids({ search, ids: [notes[0]?.id ?? ''], since: 10, until: 10 }), [notes[0]?.id]);
    assert.deepEqual(await subject.ids({ search, since: 11 }), []);
    assert.deepEqual(await subject.ids({ search, limit: 0 }), []);
    assert.deepEqual(await subject.ids({ search, kinds: [] }), []);
    const visibility = { kinds: new Set([1]), isVisible: () => false };
    assert.equal((await subject.ids({ search, limit: 2 }, { visibility })).length, 2);
    assert.equal((await subject.store.count([{ search }], { visibility })).count, 2);
  }),
  law(30, 'several filters with a search among them answer in their order, each event once', async (subject) => {
    const [a, b, c] = [alice.note(10, { content: 'first word' }), alice.note(20, { content: 'word' }), bob.note(30)];
    await subject.put(a, b, c);
    assert.deepEqual(await subject.ids([{ search: 'first' }, { authors: [bob.pubkey] }]), [a.id, c.id]);
    assert.deepEqual(await subject.ids([{ authors: [bob.pubkey] }, { search: 'first' }, {}]), [c.id, a.id, b.id]);
  }),
  lastingLaw(30, 'what has left is not found any more', async (subject) => {
    const [note, old, next] = [
      alice.note(10, { content: 'gone word' }),
      profile(10, 'oldname'),
      profile(11, 'newname'),
    ];
    await subject.put(note, old);
    await subject.put(alice.deletion(20, [['e', note.id]]), next);
    await subject.settle();
    assert.deepEqual(await subject.ids({ search: 'word' }), []);
    assert.deepEqual(await subject.ids({ search: 'oldname' }), []);
    assert.deepEqual(await subject.ids({ search: 'newname' }), [next.id]);
  }),
  law(31, 'no text of a query is taken for an operator or breaks the engine', async (subject) => {
    const note = alice.note(10, { content: 'cats AND dogs OR near not text' });
    await subject.put(note);
    for (const search of ['cats AND dogs', 'OR near', 'not text', 'NOT', '"cats AND"']) {
      assert.deepEqual(await subject.ids({ search }), [note.id], search);
    }
    const hostile = [
      'cats*',
      '(cats',
      "cats'); --",
      'NEAR(cats dogs)',
      'content : cats',
      '^cats',
      'cats & | ! <-> dogs',
      'a\u0000b',
      '\ud800',
      '"',
      '-',
      '--',
      '- cats',
      '\\',
      '{cats}',
      ':*',
      "'",
      'x'.repeat(50_000),
      'w '.repeat(5_000),
    ];
    for (const search of hostile) {
      const expected = matchSearch(parseSearch(search), note.content);
      assert.deepEqual(await subject.ids({ search }), expected ? [note.id] : [], JSON.stringify(search).slice(0, 60));
    }
  }),
  law(31, 'random queries find what the definition says', async (subject) => {
    const random = seededRandom(subject.seed);
    const vocabulary = ['ant', 'bee', 'cat', 'Dog', 'été', '魚', '猫', 'x1', '12', 'ox'];
    const text = (words: number) =>
      Array.from({ length: words }, () => random.pick(vocabulary)).join(random.pick([' ', ', ', '-']));
    const notes = Array.from({ length: 150 }, (_, i) => alice.note(10 + i, { content: text(1 + random.integer(8)) }));
    await subject.put(...notes);
    for (let i = 0; i < 60; i += 1) {
      const terms = Array.from({ length: 1 + random.integer(3) }, () => {
        const words = random.integer(3) === 0 ? `"${text(2)}"` : random.pick(vocabulary);
        return random.integer(4) === 0 ? `-${words}` : words;
      });
      await assertFound(subject, notes, terms.join(' '));
    }
  }),
];

async function assertFound(subject: Subject, notes: readonly VerifiedEvent[], search: string): Promise<void> {
  const query = parseSearch(search);
  const expected = notes.filter((note) => matchSearch(query, getSearchText(note)));
  const found = await subject.ids({ search });
  assert.deepEqual(found.toSorted(), expected.map(({ id }) => id).toSorted(), `search ${search}, seed ${subject.seed}`);
}

function profile(created_at: number, name: string): VerifiedEvent {
  return alice.event({ kind: 0, created_at, content: JSON.stringify({ name }) });
}
