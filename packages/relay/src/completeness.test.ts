import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isComplete, planLimits } from './completeness.ts';
import { defaultLimits } from './limits.ts';

const limits = { ...defaultLimits, limitEventsDefault: 10, limitEventsMax: 20 };
const author = 'a'.repeat(64);

test('the default limit holds without a limit, the highest above it, and zero asks for nothing', () => {
  assert.deepEqual(planLimits([{}, { limit: 100 }, { limit: 5 }, { limit: 0 }], limits), {
    filters: [{ limit: 10 }, { limit: 20 }, { limit: 5 }],
    limits: [10, 20, 5],
  });
});

test('where the relay bounds a single filter it asks for one event more', () => {
  assert.deepEqual(planLimits([{}], limits), { filters: [{ limit: 11 }], limits: [10] });
  assert.deepEqual(planLimits([{ limit: 100 }], limits), { filters: [{ limit: 21 }], limits: [20] });
  assert.deepEqual(planLimits([{ limit: 5 }], limits), { filters: [{ limit: 5 }], limits: [5] });
});

test('finish is said only where nothing more can be stored', () => {
  assert.equal(isComplete([{ limit: 5 }], [5], 4), true);
  assert.equal(isComplete([{ limit: 5 }], [5], 5), false);
  assert.equal(isComplete([{ limit: 11 }], [10], 10), true);
  assert.equal(isComplete([{ ids: [author], limit: 1 }], [1], 1), true);
  assert.equal(isComplete([{ kinds: [0, 3], authors: [author], limit: 2 }], [2], 2), true);
  assert.equal(isComplete([{ kinds: [0, 1], authors: [author], limit: 2 }], [2], 2), false);
  assert.equal(isComplete([{ limit: 5 }, { limit: 3 }], [5, 3], 2), true);
  assert.equal(isComplete([{ limit: 5 }, { limit: 3 }], [5, 3], 3), false);
});
