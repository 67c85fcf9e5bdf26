import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFigureBook, renderFigures } from './figures.ts';

const now = { requestsSent: 0, bytesIn: 0, bytesOut: 0, outboxDepth: 0, verifiesPerSecond: 0 };

test('the hit rate counts what was found, with and without waiting', () => {
  const book = createFigureBook();
  for (const result of ['hit', 'hit', 'stale', 'waited', 'missing'] as const) book.read(result, 1);
  const figures = book.snapshot({ ...now, requestsSent: 1 });
  assert.equal(figures.hitRate, 0.75);
  assert.equal(figures.staleServed, 1);
  assert.equal(figures.requestsAvoided, 0.8);
});

test('a core that was never used shows zeros', () => {
  const figures = createFigureBook().snapshot(now);
  for (const [name, value] of Object.entries(figures)) assert.equal(value, 0, name);
});

test('quantiles are right to a sixth', () => {
  const book = createFigureBook();
  for (let sample = 1; sample <= 1_000; sample += 1) book.read('hit', sample / 100);
  const { cachedP50Ms, cachedP99Ms } = book.snapshot(now);
  assert.ok(Math.abs(cachedP50Ms - 5) < 5 / 6, String(cachedP50Ms));
  assert.ok(Math.abs(cachedP99Ms - 9.9) < 9.9 / 6, String(cachedP99Ms));
});

test('the Prometheus text names every metric with help and type, and only numbers', () => {
  const lines = renderFigures(createFigureBook().snapshot(now)).trimEnd().split('\n');
  for (const line of lines)
    assert.match(line, /^(# (HELP|TYPE) nostrata_core_\w+ .+|nostrata_core_\w+(\{[^}]+\})? [0-9.e+-]+)$/);
});
