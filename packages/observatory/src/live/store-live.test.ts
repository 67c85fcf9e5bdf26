import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '@nostrata/store';
import { createEventBuilder } from '@nostrata/testing';
import type { LiveFigures } from '../contract.ts';
import { createTestClock } from '../registry/test-parts.ts';
import { createStoreLive } from './store-live.ts';

test('what enters the store is told every second by kind, and what leaves it is not', async () => {
  const clock = createTestClock();
  await using store = await openStore('memory:', { now: clock.now });
  await using live = createStoreLive({ store, clock });
  const told: LiveFigures[] = [];
  live.onFigures((figures) => told.push(figures));
  const alice = createEventBuilder('alice');
  const note = alice.note('hello');
  await store.put([note, alice.note('again'), alice.profile({ name: 'alice' })].map((event) => ({ event })));
  clock.advance(1_000);
  await store.put([{ event: alice.deletion([note]) }]);
  clock.advance(1_000);
  clock.advance(1_000);
  assert.deepEqual(
    told.map(({ unique, kinds }) => [unique, kinds]),
    [
      [3, { 0: 1, 1: 2 }],
      [1, { 5: 1 }],
      [0, {}],
    ],
  );
  assert.deepEqual(live.recent(), told);
});
