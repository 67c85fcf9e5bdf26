import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createCsvWriter } from './csv.ts';
import { exportTables } from './export-tables.ts';
import { parseCsv } from './test-csv.ts';
import { createWorld } from './test-world.ts';

test('each history comes as CSV with the columns of its rows', async () => {
  const { ask } = createWorld();
  for (const [name, { row }] of Object.entries(exportTables)) {
    const response = await ask(`/api/v1/export/${name}.csv?since=2026-11-01`);
    assert.equal(response.status, 200, name);
    assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8; header=present');
    assert.match(response.headers.get('content-disposition') ?? '', new RegExp(`^attachment; filename="nostr-${name}`));
    const [heading, ...lines] = parseCsv(await response.text());
    assert.equal(`${heading?.join(',')}\r\n`, createCsvWriter(row).heading);
    assert.ok(lines.length > 0, name);
    for (const line of lines) assert.equal(line.length, heading?.length);
  }
});

test('a history is read year by year, from the first day of Nostr on', async () => {
  const { ask, database } = createWorld();
  await (await ask('/api/v1/export/activity.csv')).text();
  const spans = database.calls.map(({ query }) => query as { sinceMs: number; untilMs: number });
  assert.equal(spans[0]?.sinceMs, Date.parse('2020-11-07T00:00:00Z'));
  for (const [index, { sinceMs }] of spans.entries()) {
    if (index > 0) assert.equal(sinceMs, spans[index - 1]?.untilMs, 'no gap and no overlap');
  }
});

test('what is counted by the time of receipt begins with the collection', async () => {
  const { ask, database } = createWorld();
  for (const [table, read] of [['throughput', 'throughput'] as const, ['relay-days', 'events'] as const]) {
    await (await ask(`/api/v1/export/${table}.csv`)).text();
    const first = database.calls.find((call) => call.read === read)?.query as { readonly sinceMs: number };
    assert.equal(first.sinceMs, Date.parse('2026-11-11'), table);
  }
});

test('relays are read by the page, and nothing is read ahead of a reader that waits', async () => {
  const { ask, database } = createWorld();
  const response = await ask('/api/v1/export/relay-days.csv');
  const reader = response.body?.getReader();
  await reader?.read();
  const readSoFar = database.calls.length;
  assert.ok(readSoFar < 6, `${readSoFar} reads for the heading and the first rows`);
  await reader?.cancel();
  assert.equal((await ask('/api/v1/export/relays.csv')).status, 200, 'the place is free after a cancel');
});

test('where clients take it the export is compressed on its way', async () => {
  const { ask } = createWorld();
  const packed = await ask('/api/v1/export/zaps.csv', { headers: { 'accept-encoding': 'gzip, br' } });
  assert.equal(packed.headers.get('content-encoding'), 'gzip');
  const text = gunzipSync(Buffer.from(await packed.arrayBuffer())).toString();
  assert.equal(text, await (await ask('/api/v1/export/zaps.csv')).text());
});

test('a read that fails at first is an error, and one that fails later breaks the stream', async () => {
  const { ask, database } = createWorld();
  database.failure = new Error('away');
  const first = await ask('/api/v1/export/users.csv');
  assert.equal(first.status, 503);
  assert.equal(((await first.json()) as { error: string }).error, 'unavailable');
  database.failure = undefined;
  const response = await ask('/api/v1/export/relay-days.csv');
  database.failure = new Error('away');
  await assert.rejects(response.text(), /away/);
  database.failure = undefined;
  assert.equal((await ask('/api/v1/export/users.csv')).status, 200);
});

test('an address has one export at a time, and a few run in all', async () => {
  const { ask } = createWorld();
  const open = await ask('/api/v1/export/kinds.csv', { ip: '192.0.2.1' });
  assert.equal((await ask('/api/v1/export/users.csv', { ip: '192.0.2.1' })).status, 429);
  const others = await Promise.all([2, 3, 4].map((host) => ask('/api/v1/export/kinds.csv', { ip: `192.0.2.${host}` })));
  assert.equal((await ask('/api/v1/export/users.csv', { ip: '192.0.2.5' })).status, 503);
  await Promise.all([open, ...others].map((response) => response.text()));
  assert.equal((await ask('/api/v1/export/users.csv', { ip: '192.0.2.5' })).status, 200);
});

test('an export that nobody reads to its end gives its place back', async () => {
  const { ask, clock } = createWorld();
  const stuck = await ask('/api/v1/export/relay-days.csv');
  clock.advance(600_000);
  assert.equal((await ask('/api/v1/export/users.csv')).status, 200);
  await assert.rejects(stuck.text(), /too long/);
});

test('an unknown export is 404 and says which there are', async () => {
  const { ask } = createWorld();
  const response = await ask('/api/v1/export/secrets.csv');
  assert.equal(response.status, 404);
  const { error, message } = (await response.json()) as { error: string; message: string };
  assert.equal(error, 'unknown-table');
  for (const name of Object.keys(exportTables)) assert.ok(message.includes(`${name}.csv`));
});
