import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDay } from './day.ts';
import { shortDay } from './script.ts';
import { createTruth, createWorld, fingerprint } from './world.ts';

const size = { follows: 20, strangers: 20, notesEach: 3, notesPerGap: 10 };

test('the same seed makes the same world, whatever the hour and the ports', () => {
  const make = (seed: number, hour: number, port: number): string => {
    const urls = Array.from({ length: 12 }, (_, index) => `ws://127.0.0.1:${port + index}`);
    return fingerprint(createWorld({ seed, size, startSeconds: hour, urls, script: shortDay }));
  };
  assert.equal(make(1, 1_700_000_000, 4_000), make(1, 1_800_000_000, 5_000));
  assert.notEqual(make(1, 1_700_000_000, 4_000), make(2, 1_700_000_000, 4_000));
});

test('the truth knows the newest, the deleted and the genuine', () => {
  const world = createWorld({ seed: 1, size, startSeconds: 1_700_000_000, urls: [], script: shortDay });
  const truth = createTruth();
  for (const { event } of [...world.before, ...world.gaps.flatMap(({ placed }) => placed)]) truth.add(event);
  const feed = truth.notes(world.follows, 50);
  const deleted = world.gaps.flatMap(({ placed }) => placed).filter(({ event }) => event.kind === 5);
  assert.equal(feed.length, 50);
  assert.equal(deleted.length, shortDay.sessions - 1);
  assert.ok(deleted.every(({ event }) => feed.every(({ id }) => id !== event.tags[0]?.[1])));
  const [first] = feed;
  assert.ok(first && truth.isGenuine(first) && !truth.isGenuine({ ...first, content: 'forged' }));
});

test('an app that always asks the network sees nothing wrong, and loses what it does offline', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-bench-day-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const script = shortDay;
  const options = { seed: 1, size, script, patienceMs: 3_000, limitMs: 60_000, rounds: 1, folder };
  await using day = await startDay({ name: 'always-network', adapter: './adapters/always-network.ts' }, options);
  await day.run();
  const { wrong, screens, lostWrites, missingCopies, requests, shown } = await day.finish();
  assert.ok(shown > 100 && requests > 50);
  assert.deepEqual([wrong, screens.feed?.lost, screens.profile?.lost, screens.thread?.lost], [0, 0, 0, 0]);
  assert.equal(screens['feed offline']?.lost, screens['feed offline']?.shown);
  assert.deepEqual([lostWrites, missingCopies], [2, 8]);
});
