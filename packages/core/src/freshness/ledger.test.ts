import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate, openSqlite } from '@nostrata/database';
import { toSeq } from '@nostrata/store';
import { coreMigrations } from '../schema.ts';
import { createTestClock } from '../test-clock.ts';
import { createCoverage } from './coverage.ts';
import { createLedger, isBackingOff, isFresh } from './ledger.ts';
import type { Removals, RoomMade } from './removals.ts';

const freshness = { freshForMs: 1_000, missingForMs: 100, policy: 'cache-first' } as const;
const rethrow = (what: string, error: unknown): never => {
  throw new Error(what, { cause: error });
};

async function openDatabase() {
  const database = openSqlite(':memory:');
  await migrate(database, coreMigrations);
  return database;
}

test('an answer is fresh for strictly less than its time, and what is not there for less', async () => {
  await using database = await openDatabase();
  const clock = createTestClock(10_000);
  const ledger = createLedger(database, clock, rethrow);
  assert.equal(isFresh(await ledger.get('a'), freshness, clock.now()), false);
  ledger.checked('a', { relays: ['wss://r.example'], found: true });
  ledger.checked('b', { relays: ['wss://r.example'], found: false });
  for (const [name, age, expected] of [
    ['a', 999, true],
    ['a', 1_000, false],
    ['b', 99, true],
    ['b', 100, false],
    ['a', -1, false],
  ] as const) {
    assert.equal(isFresh(await ledger.get(name), freshness, 10_000 + age), expected, `${name} at ${age}`);
  }
});

test('a check that nobody answered makes nothing fresh and takes nothing away', async () => {
  await using database = await openDatabase();
  const clock = createTestClock(10_000);
  const ledger = createLedger(database, clock, rethrow);
  ledger.failed('never');
  assert.equal(isFresh(await ledger.get('never'), freshness, clock.now()), false);
  assert.equal(isBackingOff(await ledger.get('never'), clock.now()), true);
  ledger.checked('once', { relays: ['wss://r.example'], found: true });
  clock.advance(500);
  ledger.failed('once');
  assert.equal(isFresh(await ledger.get('once'), freshness, clock.now()), true);
  clock.advance(5_000);
  assert.equal(isBackingOff(await ledger.get('once'), clock.now()), false);
  await ledger.stop();
});

test('checks outlive the process, and are written together', async () => {
  await using database = await openDatabase();
  const clock = createTestClock(10_000);
  const ledger = createLedger(database, clock, rethrow);
  for (let key = 0; key < 1_200; key += 1)
    ledger.checked(`key ${key}`, { relays: [`wss://${key}.example`], found: true });
  await ledger.stop();
  const again = createLedger(database, clock, rethrow);
  assert.deepEqual(await again.get('key 1199'), {
    checkedAtMs: 10_000,
    relays: ['wss://1199.example'],
    found: true,
    failedAtMs: undefined,
    failures: 0,
  });
  assert.equal(await again.get('key 1200'), undefined);
});

test('coverage outlives the process, by atom and relay', async () => {
  await using database = await openDatabase();
  const clock = createTestClock(10_000);
  const options = { database, clock, removals: createRemovedByHand(), onFailed: rethrow };
  const coverage = createCoverage(options);
  coverage.add('x', 'wss://a.example', { since: 5, until: 9 });
  coverage.add('x', 'wss://a.example', { since: 10, until: 12 });
  coverage.add('x', 'wss://b.example', { since: 1, until: 2 });
  await coverage.stop();
  const again = createCoverage(options);
  await again.load(['x', 'y']);
  assert.deepEqual(again.get('x', 'wss://a.example'), [{ since: 5, until: 12 }]);
  assert.deepEqual(again.get('x', 'wss://b.example'), [{ since: 1, until: 2 }]);
  assert.deepEqual(again.get('y', 'wss://a.example'), []);
});

test('spans of which something was removed are not covered any more, in memory and on disk, and later ones are', async () => {
  await using database = await openDatabase();
  const clock = createTestClock(10_000);
  const removals = createRemovedByHand();
  const options = { database, clock, removals, onFailed: rethrow };
  const coverage = createCoverage(options);
  coverage.add('x', 'wss://a.example', { since: 5, until: 9 });
  coverage.add('x', 'wss://a.example', { since: 20, until: 30 });
  coverage.add('x', 'wss://b.example', { since: 1, until: 40 });
  await coverage.flush();
  removals.remove(7);
  assert.deepEqual(coverage.get('x', 'wss://a.example'), [{ since: 20, until: 30 }]);
  assert.deepEqual(coverage.get('x', 'wss://b.example'), []);
  // Nothing of that was written: what is on disk is of before the removal.
  const again = createCoverage(options);
  await again.load(['x']);
  assert.deepEqual(again.get('x', 'wss://a.example'), [{ since: 20, until: 30 }]);
  again.add('x', 'wss://b.example', { since: 2, until: 41 });
  await again.stop();
  const after = createCoverage(options);
  await after.load(['x']);
  assert.deepEqual(after.get('x', 'wss://b.example'), [{ since: 2, until: 41 }]);
});

/** Removals as the log would tell of them. */
function createRemovedByHand(): Removals & { remove(second: number): void } {
  const listeners = new Set<(second: number) => void>();
  const rows: RoomMade[] = [];
  let seq = 0;
  return {
    position: () => toSeq(seq),
    load: async () => rows,
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    remove: (second) => {
      seq += 1;
      rows.push({ seq, second });
      for (const listener of listeners) listener(second);
    },
  };
}
