import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Filter, matchFilters, type NostrEvent } from '@nostrata/protocol';
import { seededRandom, testSeed } from '@nostrata/testing';
import { countEntries, createLiveIndex, type LiveFilter } from './live-index.ts';
import { createMatcher } from './matcher.ts';

interface Owner {
  readonly name: number;
  readonly filters: readonly Filter[];
}

const hex = (digit: number) => digit.toString(16).repeat(64);

test('an event finds exactly the owners whose filters match it, each once', (context) => {
  const seed = testSeed();
  context.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const some = <T>(values: readonly T[]) => values.filter(() => random.next() < 0.3);
  const digits = [1, 2, 3, 4].map(hex);
  const hashes = ['u', 'u0', 'u09', 'u09t*', 'u0*', 'x*', 'U*', '*'];
  const makeFilter = (): Filter => ({
    ...(random.next() < 0.2 ? { ids: some(digits) } : {}),
    ...(random.next() < 0.4 ? { authors: some(digits) } : {}),
    ...(random.next() < 0.5 ? { kinds: some([0, 1, 7]) } : {}),
    ...(random.next() < 0.3 ? { tags: { e: some(digits), t: some(['a', 'b']) } } : {}),
    ...(random.next() < 0.2 ? { tags: { g: some(hashes) } } : {}),
    ...(random.next() < 0.2 ? { since: random.integer(10), until: random.integer(10) } : {}),
  });
  const makeEvent = (): NostrEvent => ({
    id: random.pick(digits),
    pubkey: random.pick(digits),
    kind: random.pick([0, 1, 7]),
    created_at: random.integer(10),
    tags: some([['e', hex(1)], ['e', hex(2)], ['t', 'a'], ['t', 'a'], ['g', 'u09tu'], ['g', 'u0*'], ['t']]),
    content: '',
    sig: '',
  });
  const index = createLiveIndex<Owner>();
  const filed: { owner: Owner; live: LiveFilter<Owner>[] }[] = [];
  for (let name = 0; name < 300; name++) {
    const owner = { name, filters: Array.from({ length: 1 + random.integer(3) }, makeFilter) };
    const live = owner.filters.map((filter) => ({ filter, matches: createMatcher(filter), owner }));
    for (const one of live) index.add(one);
    filed.push({ owner, live });
  }
  for (let round = 0; round < 1_000; round++) {
    if (round % 10 === 0) for (const one of filed.pop()?.live ?? []) index.remove(one);
    const event = makeEvent();
    const found: number[] = [];
    index.match(event, ({ name }) => found.push(name));
    const expected = filed.filter(({ owner }) => matchFilters(owner.filters, event)).map(({ owner }) => owner.name);
    assert.deepEqual(
      found.toSorted((a, b) => a - b),
      expected,
    );
  }
  for (const { live } of filed) for (const one of live) index.remove(one);
  assert.equal(index.entries, 0);
});

test('a filter is filed under its narrowest condition', () => {
  assert.equal(countEntries({ kinds: [1, 2, 3], authors: [hex(1)] }), 1);
  assert.equal(countEntries({ ids: [hex(1), hex(2)], authors: [hex(1)] }), 2);
  assert.equal(countEntries({ kinds: [1, 6], authors: [hex(1), hex(2), hex(3)] }), 3);
  assert.equal(countEntries({}), 1);
});

test('an event that repeats a tag thousands of times costs each filter one look', () => {
  const index = createLiveIndex<Owner>();
  let looks = 0;
  const filter: Filter = { tags: { t: ['loud'] }, since: 1_000 };
  const matches = () => {
    looks += 1;
    return false;
  };
  index.add({ filter, matches, owner: { name: 1, filters: [filter] } });
  const tags = Array.from({ length: 5_000 }, () => ['t', 'loud']);
  const event = { id: hex(1), pubkey: hex(2), kind: 1, created_at: 10, tags, content: '', sig: '' };
  index.match(event, () => assert.fail('nothing matches'));
  assert.equal(looks, 1);
});
