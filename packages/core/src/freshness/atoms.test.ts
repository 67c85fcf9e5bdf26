import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from '@nostrata/protocol';
import { atomsOf, joinAtoms } from './atoms.ts';

const [alice, bob, carol] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];

function keysOf(filter: Filter): string[] {
  return atomsOf(filter).map(({ key }) => key);
}

test('a feed is one atom an author, so that one follow more leaves the others warm', () => {
  const before = keysOf({ kinds: [1, 6], authors: [alice, bob], limit: 50 });
  const after = keysOf({ kinds: [6, 1], authors: [carol, bob, alice], since: 7, until: 9 });
  assert.equal(new Set(before).size, 2);
  assert.ok(before.every((key) => after.includes(key)));
  assert.equal(after.length, 3);
});

test('other kinds, tags or searches are other questions', () => {
  const filters: Filter[] = [
    { kinds: [1], authors: [alice] },
    { kinds: [1, 7], authors: [alice] },
    { authors: [alice] },
    { kinds: [1], tags: { p: [alice] } },
    { kinds: [1], tags: { e: [alice] } },
    { kinds: [1], authors: [alice], tags: { p: [alice] } },
    { kinds: [1], authors: [alice], search: 'x' },
    { kinds: [1] },
    {},
    { ids: [alice] },
  ];
  assert.equal(new Set(filters.flatMap(keysOf)).size, filters.length);
});

test('the order in which a filter was written does not count', () => {
  assert.deepEqual(
    keysOf({ kinds: [2, 10], authors: [alice], tags: { p: [bob, alice], e: [carol] } }),
    keysOf({ tags: { e: [carol], p: [alice, bob] }, authors: [alice], kinds: [10, 2] }),
  );
});

test('atoms join into filters that ask for exactly them', () => {
  const filter = { kinds: [1, 6], authors: [alice, bob, carol] };
  const tagged = { kinds: [7], tags: { e: [alice, bob] } };
  const atoms = [...atomsOf(filter), ...atomsOf(tagged)];
  assert.deepEqual(
    joinAtoms(atoms, 100).map((joined) => joined.filter),
    [filter, tagged],
  );
  assert.deepEqual(
    joinAtoms(atoms, 2).map((joined) => joined.filter),
    [{ ...filter, authors: [alice, bob] }, { ...filter, authors: [carol] }, tagged],
  );
});
