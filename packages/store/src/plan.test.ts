import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFilter } from './plan.ts';

/** A list that counts how often one of its values is read. */
function createCountedList<T>(values: readonly T[]): { readonly list: readonly T[]; readonly reads: () => number } {
  let reads = 0;
  const list = new Proxy(values, {
    get(target, name, receiver) {
      if (typeof name === 'string' && /^[0-9]+$/.test(name)) reads += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  return { list, reads: () => reads };
}

test('a filter of thousands of values and thousands of kinds is planned without a run for each pair', () => {
  const texts = Array.from({ length: 1_000 }, (_, i) => `value ${i}`);
  const kinds = createCountedList(Array.from({ length: 1_000 }, (_, i) => i));
  for (const filter of [{ tags: { t: texts } }, { authors: texts }, { tags: { t: texts, p: texts }, authors: texts }]) {
    const plan = planFilter({ ...filter, kinds: kinds.list });
    assert.equal(plan.by === 'streams' && plan.index, 'kind');
  }
  assert.ok(kinds.reads() < 10_000, `the kinds were read ${kinds.reads()} times`);
});

test('more values or kinds than can be merged leave the walk over time', () => {
  const kinds = Array.from({ length: 5_000 }, (_, i) => i);
  const plan = planFilter({ kinds, tags: { t: kinds.map(String) } });
  assert.equal(plan.by === 'streams' && plan.index, 'time');
});
