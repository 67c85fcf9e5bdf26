import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toSeq } from '@nostrata/store';
import { loadBatch } from './batch.ts';
import { createEvent, createStore } from './test-world.ts';

test('a batch ends by its size where events are long, and by its number where they are not', async () => {
  const store = createStore();
  const content = 'x'.repeat(65_000);
  await store.put(Array.from({ length: 300 }, (_, i) => ({ event: createEvent(`${i}`, { kind: 4, content }) })));
  const long = await loadBatch({ store, batchChanges: 1_000 }, toSeq(0));
  assert.deepEqual([long.changes.length, Number(long.to), long.isLast], [250, 250, false]);
  const rest = await loadBatch({ store, batchChanges: 1_000 }, long.to);
  assert.deepEqual([rest.changes.length, Number(rest.to), rest.isLast], [50, 300, true]);
  const few = await loadBatch({ store, batchChanges: 7 }, toSeq(0));
  assert.deepEqual([few.changes.length, Number(few.to), few.isLast], [7, 7, false]);
  const exact = await loadBatch({ store, batchChanges: 50 }, long.to);
  assert.deepEqual([exact.changes.length, exact.isLast], [50, false]);
  const none = await loadBatch({ store, batchChanges: 50 }, exact.to);
  assert.deepEqual([none.changes.length, Number(none.to), none.isLast], [0, 300, true]);
});

test('the removal of a version is in one batch with the version that replaced it', async () => {
  const store = createStore();
  const versions = [1, 2, 3].map((created_at) => createEvent('alice', { kind: 0, created_at }));
  for (const event of [createEvent('bob'), ...versions]) await store.put([{ event }]);
  const typesOf = async (from: number) => {
    const { changes } = await loadBatch({ store, batchChanges: 3 }, toSeq(from));
    return changes.map(({ type }) => type);
  };
  assert.deepEqual(await typesOf(0), ['stored']);
  assert.deepEqual(await typesOf(1), ['removed', 'removed', 'stored']);
});

test('a batch goes no further than its ceiling', async () => {
  const store = createStore();
  for (let i = 0; i < 9; i += 1) await store.put([{ event: createEvent(`${i}`) }]);
  const batch = await loadBatch({ store, batchChanges: 100 }, toSeq(2), toSeq(5));
  assert.deepEqual([batch.changes.length, Number(batch.to), batch.isLast], [3, 5, false]);
});
