import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import { loadObservatoryHealth, type ObservatoryHealthOptions } from './health.ts';
import { createSnapshot, liveFigures, startMs } from './test-figures.ts';

const clock = { now: () => startMs, after: () => () => {} };

function optionsWith(changed: Partial<ObservatoryHealthOptions>): ObservatoryHealthOptions {
  return {
    statistics: { snapshot: async () => createSnapshot('24h') },
    live: { recent: () => [liveFigures(startMs)] },
    cache: createMemoryCache({ clock }),
    clock,
    ...changed,
  };
}

test('a healthy observatory has a young snapshot, connections and a cache', async () => {
  assert.deepEqual(await loadObservatoryHealth(optionsWith({})), {
    snapshotAgeMs: 60_000,
    relaysConnected: 3,
    cache: { engine: 'memory', reachable: true },
    problems: [],
  });
});

test('each thing that is wrong is one sentence', async () => {
  const { problems } = await loadObservatoryHealth(
    optionsWith({
      statistics: { snapshot: async () => createSnapshot('24h', startMs - 3_600_000) },
      live: { recent: () => [{ ...liveFigures(startMs), connected: 0 }] },
      cache: { engine: 'redis', isReachable: async () => false },
    }),
  );
  assert.deepEqual(problems, [
    'the last snapshot is 60 minutes old',
    'the cache is not reachable: answers come from the database',
    'the collector is connected to no relay',
  ]);
});

test('what cannot be known is null, and health itself never fails', async () => {
  const health = await loadObservatoryHealth(
    optionsWith({ live: undefined, statistics: { snapshot: () => Promise.reject(new Error('away')) } }),
  );
  assert.equal(health.snapshotAgeMs, null);
  assert.equal(health.relaysConnected, null);
  assert.deepEqual(health.problems, ['the statistics cannot be read: away']);
});
