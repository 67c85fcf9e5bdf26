import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable, rowOf } from './report.ts';

test('a row says how often a second and what each operation costs', () => {
  const row = rowOf('relay', 'REQ', {
    operations: 200,
    seconds: 4,
    cpuMicroseconds: 30,
    p50Ms: 1,
    p99Ms: 2,
    events: 3,
  });
  assert.equal(row.perSecond, 50);
  assert.equal(row.cpuMicroseconds, 30);
});

test('what was not measured prints as a dash, and columns line up', () => {
  const table = formatTable([
    { subject: 'a', cell: 'short', perSecond: 12_345.6 },
    { subject: 'longer name', cell: 'x', note: 'SKIPPED: no server' },
  ]);
  const [header = '', , first = '', second = ''] = table.split('\n');
  assert.equal(first.indexOf('short'), header.indexOf('cell'));
  assert.match(first, /12,346\s+–/);
  assert.match(second, /SKIPPED: no server$/);
});
