import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { mergeOrdered, type Source } from './merge.ts';

interface Numbered {
  readonly n: number;
}

function sourceOf(values: readonly Numbered[]): Source<Numbered> {
  let index = 0;
  return { next: () => values[index++] };
}

test('merged sources are one ordered source in which each value stands once', () => {
  const list = fc.uniqueArray(fc.integer({ min: 0, max: 50 })).map((ns) => ns.sort((a, b) => a - b));
  fc.assert(
    fc.property(fc.array(list, { maxLength: 12 }), (lists) => {
      const merged = mergeOrdered(
        lists.map((ns) => sourceOf(ns.map((n) => ({ n })))),
        (a, b) => a.n - b.n,
      );
      const taken: number[] = [];
      for (let value = merged.next(); value; value = merged.next()) taken.push(value.n);
      assert.deepEqual(
        taken,
        [...new Set(lists.flat())].sort((a, b) => a - b),
      );
      assert.equal(merged.next(), undefined);
    }),
  );
});

test('sources are read one value ahead of what is taken, and no further', () => {
  let read = 0;
  const endless: Source<Numbered> = {
    next: () => {
      read += 1;
      return { n: read };
    },
  };
  const merged = mergeOrdered([endless, sourceOf([{ n: 0 }])], (a, b) => a.n - b.n);
  assert.equal(merged.next()?.n, 0);
  assert.equal(merged.next()?.n, 1);
  assert.equal(read, 2);
});
