import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { seededRandom } from '@nostrata/testing';
import { measureApi } from './api.ts';
import { measureCollect, measureIdle } from './collect.ts';
import { readAnswer } from './load-process.ts';
import { chooseRelays, signEvents } from './plan.ts';
import { bucketsBetween, quantileOf, readMetrics } from './program.ts';
import { measureSnapshots } from './snapshot.ts';
import { formatFigures } from './table.ts';

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-bench-observatory-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('what relays send arrives in the roll-ups, each event once, however many relays have it', async (t) => {
  const options = { relays: 6, events: 600, perMinute: 18_000, settings: { collectFlush: 1 } };
  const result = await measureCollect({ ...options, folder: createFolder(t) });
  assert.equal(result.counted, options.events - result.refused);
  assert.ok(result.refused < 10, `${result.refused} refused`);
  assert.ok(result.deliveriesPerSecond > 2 * (result.perMinute / 60));
  assert.ok(result.residentMb > 20 && result.cpuShare > 0 && result.flushP99Seconds > 0);
  assert.match(result.verifier, /thread/);
});

test('idle connections are counted when all are open', async (t) => {
  const { relays, residentMb, connectSeconds } = await measureIdle({ relays: 5, folder: createFolder(t) }, 100);
  assert.equal(relays, 5);
  assert.ok(residentMb > 20 && connectSeconds > 0);
});

test('a past of a few days gives snapshots of every range, and the program answers from them', async (t) => {
  const folder = createFolder(t);
  mkdirSync(join(folder, 'data'));
  const rollups = { days: 3, eventsPerMinute: 10, authors: 2_000, authorsPerDay: 100, nowMs: Date.now() };
  const path = join(folder, 'data/statistics.db');
  const { coldMs, warmMs } = await measureSnapshots({ rollups, relays: 9, path, rounds: 2 });
  assert.ok(coldMs > 0 && warmMs[0] <= warmMs[1]);
  const { cells } = await measureApi({ folder, seconds: 0.2 });
  assert.ok(cells.filter(({ isCached }) => isCached).length === 3 && cells.length > 6);
  for (const { name, failures, requests, bytesEach } of cells) {
    assert.deepEqual([name, failures], [name, {}]);
    assert.ok(requests > 0 && bytesEach > 300, `${name}: ${requests} requests of ${bytesEach} bytes`);
  }
});

test('an answer ends where its length or its last piece says', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP';
  assert.deepEqual(readAnswer(Buffer.from(text)), { status: '200', bytes: text.length - 4 });
  assert.equal(readAnswer(Buffer.from(text.slice(0, -5))), undefined);
  const pieces = 'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n';
  assert.deepEqual(readAnswer(Buffer.from(pieces)), { status: '404', bytes: pieces.length });
  assert.equal(readAnswer(Buffer.from(pieces.slice(0, -2))), undefined);
});

test('no event is sent twice under one id, and all are dated as they are sent', () => {
  const events = [...signEvents({ relays: 9, events: 600, perMinute: 6_000 }, 1_800_000_000)].map(
    (text) => JSON.parse(text.toString()) as { id: string; created_at: number },
  );
  assert.equal(new Set(events.map(({ id }) => id)).size, 600);
  assert.ok(events.every(({ created_at }) => created_at >= 1_800_000_000 && created_at < 1_800_000_060));
  const random = seededRandom('relays');
  const counts = events.map(() => chooseRelays(random, 250).length);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  assert.ok(Math.min(...counts) >= 4 && mean > 9 && mean < 11, `about ten relays each: ${mean}`);
});

test('quantiles are read from what was added to a histogram', () => {
  const page = (fast: number, slow: number): string =>
    `a_bucket{le="0.5"} ${fast}\na_bucket{le="1"} ${fast + slow}\na_bucket{le="+Inf"} ${fast + slow}\nb{x="y"} 2\nb{x="z"} 3`;
  const [before, after] = [readMetrics(page(100, 0)), readMetrics(page(101, 1))];
  const added = bucketsBetween(before.buckets('a'), after.buckets('a'));
  assert.equal(quantileOf(added, 0.5), 0.5);
  assert.equal(quantileOf(added, 1), 1);
  assert.deepEqual([after.sum('b'), after.sum('b', 'x="z"')], [5, 3]);
});

test('what has a target says whether it was met', () => {
  const [, , first = '', second = ''] = formatFigures([
    { part: 'one', what: 'slow', value: '12', target: '< 10', isMet: false },
    { part: 'other', what: 'seen', value: '1' },
  ]).split('\n');
  assert.match(first, /12 {2}< 10 {4}missed$/);
  assert.match(second, /1$/);
});
