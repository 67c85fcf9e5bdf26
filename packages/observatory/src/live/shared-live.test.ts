import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import { waitUntil } from '@nostrata/testing';
import type { LiveFigures } from '../contract.ts';
import { createTestClock } from '../registry/test-parts.ts';
import { openSharedLive, publishLive } from './shared-live.ts';

const startMs = Date.UTC(2026, 10, 21, 12);

function createCollector() {
  const listeners = new Set<(figures: LiveFigures) => void>();
  return {
    onFigures(listener: (figures: LiveFigures) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    say(atMs: number, unique: number, connected: number) {
      const figures = { atMs, received: unique * 3, unique, invalid: 1, connected, kinds: { 1: unique } };
      for (const listener of listeners) listener(figures);
    },
  };
}

test('what several collectors take in during one second is one figure, told once', async () => {
  const clock = createTestClock(startMs);
  await using cache = createMemoryCache({ clock });
  await using live = await openSharedLive({ cache, clock });
  const told: LiveFigures[] = [];
  live.onFigures((figures) => told.push(figures));
  const [one, other] = [createCollector(), createCollector()];
  publishLive(one, { cache, source: 'one', onFailed: assert.fail });
  publishLive(other, { cache, source: 'other', onFailed: assert.fail });
  one.say(startMs + 100, 5, 100);
  other.say(startMs + 900, 7, 50);
  one.say(startMs + 1_100, 1, 101);
  // What is published reaches listeners in a later moment.
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(3_000);
  await waitUntil(() => told.length > 0, { what: 'the first second' });
  assert.deepEqual(told[0], { atMs: startMs, received: 36, unique: 12, invalid: 2, connected: 151, kinds: { 1: 12 } });
  clock.advance(1_000);
  assert.deepEqual(
    live.recent().map(({ atMs, unique }) => [atMs, unique]),
    [
      [startMs, 12],
      [startMs + 1_000, 1],
    ],
  );
});

test('a collector that falls silent no longer counts as connected', async () => {
  const clock = createTestClock(startMs);
  await using cache = createMemoryCache({ clock });
  await using live = await openSharedLive({ cache, clock });
  const [one, other] = [createCollector(), createCollector()];
  publishLive(one, { cache, source: 'one', onFailed: assert.fail });
  publishLive(other, { cache, source: 'other', onFailed: assert.fail });
  one.say(startMs, 1, 100);
  other.say(startMs, 1, 50);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(20_000);
  other.say(startMs + 20_000, 2, 60);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(4_000);
  assert.equal(live.recent().at(-1)?.connected, 60);
});
