import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { addRange, rangeAt, type TimeRange } from './ranges.ts';

test('ranges that touch become one, and those apart stay apart, newest first', () => {
  let ranges = addRange([], { since: 10, until: 20 });
  ranges = addRange(ranges, { since: 40, until: 50 });
  assert.deepEqual(ranges, [
    { since: 40, until: 50 },
    { since: 10, until: 20 },
  ]);
  assert.deepEqual(addRange(ranges, { since: 21, until: 39 }), [{ since: 10, until: 50 }]);
});

test('an empty range adds nothing', () => {
  assert.deepEqual(addRange([{ since: 1, until: 2 }], { since: 9, until: 8 }), [{ since: 1, until: 2 }]);
});

test('after any additions exactly the seconds that were added are known', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(8)).map(([since, length]): TimeRange => ({ since, until: since + length }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), (added) => {
      const ranges = added.reduce<readonly TimeRange[]>(addRange, []);
      for (let second = 0; second <= 70; second += 1) {
        const isKnown = added.some(({ since, until }) => since <= second && second <= until);
        assert.equal(rangeAt(ranges, second) !== undefined, isKnown, `second ${second}`);
      }
      for (const [index, { since }] of ranges.entries()) {
        const older = ranges[index + 1];
        assert.ok(older === undefined || older.until < since - 1);
      }
    }),
  );
});
