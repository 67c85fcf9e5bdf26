import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import type { Policy, Source } from '../contract.ts';
import { createCreatedAtWindowPolicy } from './created-at-window.ts';

const author = createEventBuilder('window');
const nowSeconds = 1_700_000_000;
const now = () => nowSeconds * 1000;
const window = { pastSecondsMax: 1_000, futureSecondsMax: 100 };
const policy = createCreatedAtWindowPolicy(window, now);

function isTaken(offset: number, source: Source, by: Policy = policy): boolean {
  return by.check(author.note('', { created_at: nowSeconds + offset }), source, 1) === null;
}

test('both ends of the window belong to it', () => {
  const client: Source = { via: 'client' };
  assert.deepEqual(
    [-1_001, -1_000, 0, 100, 101].map((offset) => isTaken(offset, client)),
    [false, true, true, true, false],
  );
});

test('history may come from other relays, the future may not', () => {
  const relay: Source = { via: 'relay', url: 'wss://relay.example' };
  assert.deepEqual([isTaken(-1_000_000, relay), isTaken(101, relay)], [true, false]);
});

test('imports are held to the window only where told, our own events never', () => {
  const strict = createCreatedAtWindowPolicy({ ...window, bindsImports: true }, now);
  const file: Source = { via: 'import' };
  assert.deepEqual([isTaken(-1_001, file), isTaken(101, file)], [true, true]);
  assert.deepEqual([isTaken(-1_001, file, strict), isTaken(101, file, strict)], [false, false]);
  assert.deepEqual([isTaken(-1_001, { via: 'own' }, strict), isTaken(101, { via: 'own' }, strict)], [true, true]);
});

test('a side without a bound is open and not advertised', () => {
  const upper = createCreatedAtWindowPolicy({ futureSecondsMax: 100 }, now);
  assert.equal(isTaken(-nowSeconds, { via: 'client' }, upper), true);
  assert.deepEqual(upper.information, { limitation: { created_at_upper_limit: 100 } });
});
