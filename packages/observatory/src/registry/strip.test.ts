import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDay, toHour } from '../spans.ts';
import { createStrip } from './strip.ts';

const nowMs = Date.UTC(2026, 10, 21, 12, 30);

test('a strip has an hour, a day or two days a piece, and what was not probed is null', () => {
  const lengths = (['24h', '7d', '30d', '90d', 'all'] as const).map(
    (range) => (JSON.parse(createStrip(range, nowMs).write()) as unknown[]).length,
  );
  assert.deepEqual(lengths, [24, 7, 30, 45, 48]);
  const strip = createStrip('24h', nowMs);
  strip.add(toHour(nowMs), 4, 1);
  strip.add(toHour(nowMs) - 23, 2, 2);
  strip.add(toHour(nowMs) - 24, 9, 9);
  strip.add(toHour(nowMs) + 1, 9, 9);
  const pieces = JSON.parse(strip.write()) as (number | null)[];
  assert.deepEqual([pieces[0], pieces[1], pieces[23]], [0, null, 0.75]);
});

test('two days of one piece are one share, and the newest piece is whole', () => {
  const strip = createStrip('90d', nowMs);
  strip.add(toDay(nowMs), 1, 0);
  strip.add(toDay(nowMs) - 1, 3, 2);
  strip.add(toDay(nowMs) - 2, 1, 1);
  const pieces = JSON.parse(strip.write()) as (number | null)[];
  assert.deepEqual(pieces.slice(-3), [null, 0, 0.5]);
});
