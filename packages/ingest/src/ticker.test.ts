import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTicker } from './ticker.ts';

test('what comes in one turn is handled together, in order and at most so many a turn', async () => {
  const turns: number[][] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const ticker = createTicker<number>(3, (values) => {
    turns.push([...values]);
    // What comes while a turn is handled waits for a later one.
    if (turns.length === 1) ticker.push(7);
    if (values.includes(7)) resolve();
  });
  for (let n = 0; n < 7; n++) ticker.push(n);
  assert.deepEqual(turns, []);
  await promise;
  assert.deepEqual(turns, [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7],
  ]);
});
