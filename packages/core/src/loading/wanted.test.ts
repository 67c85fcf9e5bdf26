import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCover, keyOf, toFilters, type Wanted, wantAddress } from './wanted.ts';

const [alice, bob, carol] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const address = (kind: number, pubkey: string, identifier = ''): Wanted => wantAddress({ kind, pubkey, identifier });

test('people of whom the same kinds are wanted share one filter', () => {
  const filters = toFilters([
    address(0, alice),
    address(0, bob),
    address(3, bob),
    address(3, carol),
    address(0, carol),
  ]);
  assert.deepEqual(filters, [
    { kinds: [0], authors: [alice] },
    { kinds: [0, 3], authors: [bob, carol] },
  ]);
});

test('addresses of one author and kind share a filter, those of others do not', () => {
  const filters = toFilters([address(30_023, alice, 'x'), address(30_023, alice, 'y'), address(30_023, bob, 'x')]);
  assert.deepEqual(filters, [
    { kinds: [30_023], authors: [alice], tags: { d: ['x', 'y'] } },
    { kinds: [30_023], authors: [bob], tags: { d: ['x'] } },
  ]);
});

test('ids, deletions and references are asked together by their sort', () => {
  const filters = toFilters([
    { type: 'event', id: alice },
    { type: 'event', id: bob },
    { type: 'event', id: alice },
    { type: 'deletion', id: carol, author: alice },
    { type: 'references', id: alice, kinds: [1, 7] },
    { type: 'references', id: bob, kinds: [1, 7] },
  ]);
  assert.deepEqual(filters, [
    { ids: [alice, bob] },
    { kinds: [5], authors: [alice], tags: { e: [carol] } },
    { kinds: [1, 7], tags: { e: [alice, bob] } },
  ]);
});

test('every wish is covered by one of its filters, and by no filter of another', () => {
  const all: Wanted[] = [
    address(0, alice),
    address(3, alice),
    address(30_023, alice, 'x'),
    { type: 'event', id: alice },
    { type: 'deletion', id: alice, author: alice },
    { type: 'references', id: alice, kinds: [1] },
  ];
  for (const wanted of all) {
    assert.ok(
      toFilters([wanted]).some((filter) => createCover(filter)(wanted)),
      keyOf(wanted),
    );
    for (const other of all) {
      const isOwn = keyOf(other) === keyOf(wanted);
      assert.equal(
        toFilters([other]).some((filter) => createCover(filter)(wanted)),
        isOwn,
        `${keyOf(other)} for ${keyOf(wanted)}`,
      );
    }
  }
});

test('no filter names more than 500 values', () => {
  const many = Array.from(
    { length: 1_201 },
    (_, index): Wanted => ({ type: 'event', id: index.toString(16).padStart(64, '0') }),
  );
  assert.deepEqual(
    toFilters(many).map(({ ids }) => ids?.length),
    [500, 500, 201],
  );
});
