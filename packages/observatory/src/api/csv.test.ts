import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, testSeed } from '@nostrata/testing';
import { z } from 'zod';
import { createCsvWriter } from './csv.ts';
import { parseCsv } from './test-csv.ts';
import { createWorld } from './test-world.ts';

const row = z.object({
  text: z.string(),
  count: z.number(),
  inner: z.object({ p50: z.number().nullable() }).nullable(),
});

test('any text comes back as it was, but for a mark before what a spreadsheet would run', () => {
  const writer = createCsvWriter(row);
  assert.equal(writer.heading, 'text,count,inner.p50\r\n');
  const law = fc.property(fc.string({ unit: 'binary' }), fc.integer(), (text, count) => {
    const [cells] = parseCsv(writer.lines([{ text, count, inner: { p50: null } }]));
    assert.ok(cells?.[0] === text || cells?.[0] === `'${text}`, JSON.stringify(cells));
    assert.deepEqual(cells?.slice(1), [String(count), '']);
    assert.doesNotMatch(cells?.[0] ?? '', /^[=+\-@\t\r]/);
  });
  fc.assert(law, { seed: testSeed() });
});

test('formulas are defused, numbers below zero are left alone', () => {
  const writer = createCsvWriter(row);
  const cellOf = (text: string) => parseCsv(writer.lines([{ text, count: -5, inner: null }]))[0];
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r\n=1', '|cmd']) {
    assert.deepEqual(cellOf(text), [`'${text}`, '-5', ''], JSON.stringify(text));
  }
  assert.deepEqual(cellOf('a "quoted", text'), ['a "quoted", text', '-5', '']);
});

test('lists come as CSV with one line for each row, an empty one with its heading', async () => {
  const { ask, database } = createWorld();
  const response = await ask('/api/v1/stats/relays?format=csv');
  assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8; header=present');
  assert.equal(response.headers.get('content-disposition'), 'attachment; filename="relays.csv"');
  assert.match(response.headers.get('etag') ?? '', /^"/);
  const [heading, ...lines] = parseCsv(await response.text());
  assert.deepEqual(heading?.slice(0, 4), ['url', 'name', 'state', 'connected']);
  assert.ok(heading?.includes('openMs.p95'));
  assert.equal(lines.length, 3);
  assert.equal(lines[1]?.[1], '\'=HYPERLINK("x")', 'names of relays are their operators’ words');
  assert.equal(lines[0]?.[heading?.indexOf('nips') ?? 0], '1 11 77');
  const snapshot = database.snapshots.get('7d');
  if (snapshot) database.snapshots.set('7d', { ...snapshot, kinds: [] });
  const empty = await (await ask('/api/v1/stats/kinds?range=7d&format=csv')).text();
  assert.equal(empty, 'kind,name,events,share,bytes\r\n');
});
