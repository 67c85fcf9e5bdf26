import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { OrderedRun } from './ordered-run.ts';

const compare = (a: number, b: number): number => a - b;

test('a run holds what was inserted and not removed, in order, at any size', () => {
  const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 3_000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3_000, size: 'max' }), (steps) => {
      const run = new OrderedRun<number>(compare);
      const model = new Set<number>();
      for (const [isRemoval, value] of steps) {
        assert.equal(run.has(value), model.has(value));
        if (isRemoval) assert.equal(run.remove(value), model.delete(value));
        else if (!model.has(value)) {
          run.insert(value);
          model.add(value);
        }
      }
      const sorted = [...model].sort(compare);
      assert.deepEqual([...run], sorted);
      assert.deepEqual([...run.backwards()], sorted.toReversed());
      assert.equal(run.size, sorted.length);
      assert.equal(run.first(), sorted[0]);
      assert.equal(run.last(), sorted.at(-1));
    }),
    { numRuns: 20 },
  );
});

test('a cursor goes on in order while values come and go on both sides of it', () => {
  const changes = fc.array(fc.tuple(fc.nat(2_000), fc.boolean(), fc.nat(2_000)), { maxLength: 200 });
  fc.assert(
    fc.property(changes, fc.nat(2_000), (steps, from) => {
      const run = new OrderedRun<number>(compare);
      for (let value = 0; value <= 2_000; value += 2) run.insert(value);
      const kept = new Set(Array.from({ length: 1_001 }, (_, i) => 2 * i));
      const cursor = run.cursor((value) => value < from);
      const taken: number[] = [];
      for (const [takes, isRemoval, value] of steps) {
        for (let i = 0; i < takes % 10; i += 1) taken.push(...[cursor.next()].filter((next) => next !== undefined));
        if (isRemoval) {
          run.remove(value);
          kept.delete(value);
        } else if (!run.has(value)) run.insert(value);
      }
      for (let value = cursor.next(); value !== undefined; value = cursor.next()) taken.push(value);
      assert.deepEqual(taken, [...new Set(taken)].sort(compare), 'in order and once');
      for (const value of kept) if (value >= from) assert.ok(taken.includes(value), `${value} was there all the time`);
    }),
    { numRuns: 40 },
  );
});

test('a cursor that has not begun keeps its beginning while the run changes', () => {
  const run = new OrderedRun<number>(compare);
  for (const value of [10, 20, 30]) run.insert(value);
  const cursor = run.cursor((value) => value < 15);
  run.insert(5);
  run.insert(16);
  assert.equal(cursor.next(), 16);
  assert.equal(cursor.next(), 20);
});
