import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '@nostrata/testing';
import { createCoverage } from './coverage.ts';
import { type CoverageRow, createLedger } from './ledger.ts';
import type { Source } from './source.ts';

const hourMs = 3_600_000;
const startMs = 500_000 * hourMs;

function setUp() {
  const clock = createFakeClock(startMs);
  const ledger = createLedger();
  const coverage = createCoverage({ now: clock.now, ledger, stepMsMax: 120_000 });
  const source: Source = {
    ...{ relay: 1, url: '', newest: 0, watermark: 0, forged: 0, genuine: 0 },
    ...{ isCaughtUp: false, isConnected: false, isRecovering: false },
  };
  const rows = (): readonly CoverageRow[] => ledger.cut().coverage;
  return { clock, coverage, source, rows };
}

test('time counts as connected or as a gap, to the second, also where it is looked at often', () => {
  const { clock, coverage, source, rows } = setUp();
  coverage.begin(source, clock.now());
  for (let step = 0; step < 30; step++) {
    clock.advance(1_700);
    coverage.settle(source);
    source.isConnected = step % 3 > 0;
    coverage.write();
  }
  coverage.end(source);
  const [row, ...others] = rows();
  assert.deepEqual([row?.hour, row?.connected, row?.gap, others], [500_000, 32, 18, []]);
});

test('the time in which no collector ran is a gap of each hour that it lasted', () => {
  const { clock, coverage, source, rows } = setUp();
  clock.advance(600_000);
  coverage.begin(source, startMs - 1.5 * hourMs);
  assert.deepEqual(
    rows().map(({ hour, connected, gap }) => [hour - 500_000, connected, gap]),
    [
      [-2, 0, 1_800],
      [-1, 0, 3_600],
      [0, 0, 600],
    ],
  );
});

test('a clock that jumps adds no more than a step, in either direction', () => {
  const { clock, coverage, source, rows } = setUp();
  source.isConnected = true;
  coverage.begin(source, clock.now());
  clock.advance(24 * hourMs);
  coverage.write();
  clock.set(startMs);
  coverage.write();
  clock.advance(60_000);
  coverage.end(source);
  assert.equal(
    rows().reduce((sum, { connected, gap }) => sum + connected + gap, 0),
    180,
  );
});
