import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecentIds } from './recent-ids.ts';

test('the newest half of the bound is always remembered, and never more than the bound', () => {
  const recent = createRecentIds(100);
  for (let n = 0; n < 1_000; n++) {
    recent.add(`id ${n}`, `sig ${n}`);
    for (const back of [0, 25, 49]) if (n >= back) assert.equal(recent.get(`id ${n - back}`), `sig ${n - back}`);
    if (n >= 100) assert.equal(recent.get(`id ${n - 100}`), undefined);
  }
});
