import assert from 'node:assert/strict';
import type { Filter } from '@nostrata/protocol';
import type { Item } from '../contract.ts';
import { createAuthor, createEvent, hashHex } from './fixtures.ts';
import { type Law, lastingLaw, law, type Subject } from './harness.ts';

const alice = createAuthor('alice');
const bob = createAuthor('bob');

/** Counting (NIP-45) and items (NIP-77). */
export const countLaws: readonly Law[] = [
  lastingLaw(25, 'the count is exact, each event once, and limits do not count', async (subject) => {
    const events = Array.from({ length: 1_200 }, (_, i) =>
      (i % 4 ? alice : bob).note(10 + i, {
        kind: i % 3 ? 1 : 7,
        tags: [
          ['t', 'x'],
          ['t', 'y'],
        ],
      }),
    );
    await subject.put(...events);
    await subject.settle();
    const expectations: readonly (readonly [readonly Filter[], number])[] = [
      [[{}], 1_200],
      [[{ kinds: [1] }, { kinds: [7] }], 1_200],
      [[{ kinds: [1], limit: 3 }], 800],
      [[{ kinds: [1], limit: 0 }], 800],
      [[{ authors: [bob.pubkey] }, { authors: [bob.pubkey], kinds: [1] }], 300],
      [[{ tags: { t: ['x', 'y'] } }], 1_200],
      [[{ since: 10, until: 109 }], 100],
      [[{ kinds: [] }], 0],
      [[], 0],
    ];
    for (const [filters, count] of expectations) {
      assert.equal((await subject.store.count(filters)).count, count, JSON.stringify(filters));
    }
  }),
  lastingLaw(26, 'the registers of a HyperLogLog value are those of NIP-45', async (subject) => {
    const id = hashHex('counted');
    const address = `30023:${alice.pubkey}:x`;
    const authors = Array.from({ length: 300 }, (_, i) => hashHex(`liker ${i}`));
    // Zeros to the end of the pubkey, and a register that two authors share.
    authors.push('0'.repeat(64), `${'12'.repeat(10)}${'0'.repeat(44)}`);
    const tags = [
      ['e', id],
      ['a', address],
      ['t', 'word'],
    ];
    await subject.put(...authors.map((pubkey) => createEvent(pubkey, { kind: 7, tags })));
    await subject.settle();
    const cases: readonly (readonly [Filter, string])[] = [
      [{ kinds: [7], tags: { e: [id] } }, id],
      [{ kinds: [7], tags: { a: [address] } }, alice.pubkey],
      [{ kinds: [7], tags: { t: ['word'] } }, hashHex('word')],
    ];
    for (const [filter, hex] of cases) {
      const { count, hll } = await subject.store.count([filter]);
      assert.equal(count, authors.length);
      assert.equal(hll, expectedRegisters(hex, authors));
    }
  }),
  law(26, 'filters to which NIP-45 gives no offset have no HyperLogLog value', async ({ store, put }) => {
    await put(alice.note(10, { tags: [['e', hashHex('x')]] }));
    const filter: Filter = { tags: { e: [hashHex('x')] } };
    for (const filters of [[{}], [{ kinds: [1] }], [{ authors: [alice.pubkey] }], [filter, { kinds: [1] }]]) {
      assert.equal((await store.count(filters)).hll, undefined, JSON.stringify(filters));
    }
    const { hll } = await store.count([{ tags: { e: [hashHex('nothing')] } }]);
    assert.equal(hll, '00'.repeat(256), 'nothing counted is all zeros');
  }),
  lastingLaw(27, 'items come oldest first, then lowest id, in bounded pages', async (subject) => {
    const events = Array.from({ length: 6_000 }, (_, i) => alice.note(10 + Math.floor(i / 8), { content: String(i) }));
    await subject.put(...events);
    await subject.settle();
    const expected = events
      .map(({ created_at, id }) => ({ created_at, id }))
      .sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
    assert.deepEqual(await readItems(subject, {}), expected);
    assert.deepEqual(await readItems(subject, { since: 20, until: 29 }), expected.slice(80, 160));
  }),
  law(27, 'the limit of items keeps the newest', async (subject) => {
    const events = [10, 11, 12, 13].map((second) => alice.note(second));
    await subject.put(...events, bob.note(14));
    const ids = async (filter: Filter) => (await readItems(subject, filter)).map(({ created_at }) => created_at);
    assert.deepEqual(await ids({ authors: [alice.pubkey], limit: 2 }), [12, 13]);
    assert.deepEqual(await ids({ limit: 0 }), []);
    assert.deepEqual(await ids({ authors: [] }), []);
    assert.deepEqual(await ids({ kinds: [1], tags: { t: ['x'] } }), []);
  }),
];

async function readItems(subject: Subject, filter: Filter): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of subject.store.items(filter)) {
    assert.ok(page.length <= 20_000, `a page of ${page.length} items`);
    for (const { created_at, id } of page) items.push({ created_at, id });
  }
  return items;
}

/** The algorithm of NIP-45 written over a text of bits. */
function expectedRegisters(hex: string, pubkeys: readonly string[]): string {
  const offset = Number.parseInt(hex.charAt(32), 16) + 8;
  const registers = new Array<number>(256).fill(0);
  for (const pubkey of pubkeys) {
    const bits = [...pubkey].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
    const index = Number.parseInt(bits.slice(8 * offset, 8 * offset + 8), 2);
    const rank = (/^0*/.exec(bits.slice(8 * offset + 8))?.[0].length ?? 0) + 1;
    registers[index] = Math.max(registers[index] ?? 0, rank);
  }
  return registers.map((value) => value.toString(16).padStart(2, '0')).join('');
}
