import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLatest } from './latest.ts';

test('a slow reader gets the newest value and skips what it missed', async () => {
  const latest = createLatest<number>();
  latest.emit(1);
  const reader = latest.read()[Symbol.asyncIterator]();
  assert.equal((await reader.next()).value, 1);
  for (const value of [2, 3, 4]) latest.emit(value);
  assert.equal((await reader.next()).value, 4);
  const waiting = reader.next();
  latest.emit(5);
  assert.equal((await waiting).value, 5);
});

test('the last value is read before the end', async () => {
  const latest = createLatest<string>();
  latest.emit('last');
  latest.end();
  const seen: string[] = [];
  for await (const value of latest.read()) seen.push(value);
  assert.deepEqual(seen, ['last']);
});

test('a signal ends a reader that waits', async () => {
  const latest = createLatest<string>();
  const controller = new AbortController();
  const next = latest.read(controller.signal)[Symbol.asyncIterator]().next();
  controller.abort();
  assert.equal((await next).done, true);
});
