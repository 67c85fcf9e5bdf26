import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, testSeed } from '@nostrata/testing';
import type { ApiError } from '../answers.ts';
import { ranges } from '../spans.ts';
import { exportTables } from './export-tables.ts';
import { parseInstant } from './parameters.ts';
import { routes } from './routes.ts';
import { spanOfRange } from './spans.ts';
import { parseCsv } from './test-csv.ts';
import { startMs } from './test-figures.ts';
import { createWorld } from './test-world.ts';

/** Requests that are wrong, the word of their error, and what its sentence must name. */
const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['overview?range=25h', 'bad-range', /24h, 7d, 30d, 90d, all/],
  ['full/1y', 'bad-range', /24h, 7d, 30d, 90d, all/],
  ['events/', 'not-found', /api\/v1\/docs/],
  ['activity?since=yesterday', 'bad-date', /since must be a date/],
  ['activity?until=2026-02-30', 'bad-date', /until must be a date/],
  ['activity?since=2026-11-21T25:00:00Z', 'bad-date', /instant/],
  ['activity?since=99999999999', 'bad-date', /seconds since 1970/],
  ['activity?since=-1', 'bad-date', /since/],
  ['activity?since=2026-11-21&until=2026-11-21', 'bad-date', /since must be before until/],
  ['activity?range=7d&since=2026-11-21', 'bad-range', /stands alone/],
  ['activity?group_by=minute', 'bad-group-by', /hour, day, week, month/],
  ['users/active?group_by=hour', 'bad-group-by', /day, week, month/],
  ['users/retention?period=day', 'bad-parameter', /week, month/],
  ['users/retention?periods=500', 'bad-limit', /1 to 104/],
  ['relays?limit=0', 'bad-limit', /1 to 2000/],
  ['relays?limit=2001', 'bad-limit', /1 to 2000/],
  ['relays?limit=ten', 'bad-limit', /whole number/],
  ['relays?limit=1.5', 'bad-limit', /whole number/],
  ['relays?limit=', 'bad-limit', /whole number/],
  ['relays?limit=5&limit=6', 'bad-limit', /once/],
  ['relays?offset=-1', 'bad-offset', /offset/],
  ['relays?sort=age', 'bad-sort', /events, novel, uptime, open, read, url/],
  ['relays?order=up', 'bad-sort', /asc, desc/],
  ['relays?state=asleep', 'bad-parameter', /online, outage, unknown, dead/],
  ['relays?country=Germany', 'bad-parameter', /two letters/],
  ['relays?nip=many', 'bad-parameter', /nip/],
  [`relays?search=${'x'.repeat(101)}`, 'bad-parameter', /1 to 100/],
  ['relays?format=xml', 'bad-format', /json, csv/],
  ['relays?page=2', 'bad-parameter', /it takes range, sort/],
  ['overview?format=csv', 'bad-parameter', /it takes range$/],
  ['zaps?format=csv', 'bad-format', /group_by/],
  ['kinds/65536', 'bad-kind', /65535/],
  ['kinds/-1', 'bad-kind', /65535/],
  ['kinds/4242', 'unknown-kind', /4242/],
  ['relays/wss%3A%2F%2Funknown.example.com', 'unknown-relay', /unknown\.example\.com/],
  ['relays/wss%3A%2F%2Funknown.example.com/latency', 'unknown-relay', /unknown\.example\.com/],
  ['relays/https%3A%2F%2Frelay.example.com', 'bad-url', /percent-encoded/],
  ['relays/%E0%A4%A', 'bad-url', /percent-encoded/],
  ['relays/wss://relay.example.com', 'not-found', /percent-encoded/],
  ['live?x=1', 'bad-parameter', /takes none/],
  ['nothing', 'not-found', /nothing/],
];

const notFound = new Set(['unknown-kind', 'unknown-relay', 'not-found']);

test('what is wrong with a request is said in one sentence that names what was expected', async () => {
  const { ask } = createWorld();
  for (const [path, code, says] of wrong) {
    const response = await ask(`/api/v1/stats/${path}`);
    const { error, message } = (await response.json()) as ApiError;
    assert.equal(error, code, `${path}: ${message}`);
    assert.match(message, says, path);
    assert.equal(response.status, notFound.has(code) ? 404 : 400, path);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  }
});

test('a date, an instant and unix seconds name the same time', () => {
  const midnight = Date.parse('2026-11-21T00:00:00Z');
  const spellings = [
    '2026-11-21',
    '2026-11-21T00:00Z',
    '2026-11-21T00:00:00.000Z',
    '2026-11-21T00:00:00',
    '2026-11-21T01:00:00+01:00',
    '2026-11-21T01:00:00 01:00',
    String(midnight / 1_000),
  ];
  for (const text of spellings) assert.equal(parseInstant(text), midnight, text);
  for (const text of ['2026-02-29', '2026-13-01', '21.11.2026', '', '1e9', String(2 ** 33), '1969-12-31']) {
    assert.equal(parseInstant(text), undefined, text);
  }
  assert.equal(parseInstant('2028-02-29'), Date.parse('2028-02-29'), 'a leap day is a day');
});

test('ranges begin at whole hours and at midnight in UTC', () => {
  const beginOf = (range: (typeof ranges)[number]) => {
    const { sinceMs } = spanOfRange(range, startMs);
    return sinceMs === undefined ? undefined : new Date(sinceMs).toISOString();
  };
  assert.deepEqual(ranges.map(beginOf), [
    '2026-11-20T13:00:00.000Z',
    '2026-11-15T00:00:00.000Z',
    '2026-10-23T00:00:00.000Z',
    '2026-08-24T00:00:00.000Z',
    undefined,
  ]);
});

test('both ends of a span, buckets and the limit reach the database as they were meant', async () => {
  const { ask, database } = createWorld();
  const lastQuery = () => database.calls.filter(({ read }) => read === 'timeline').at(-1)?.query;
  await ask('/api/v1/stats/activity?since=2026-11-01&until=2026-11-03T12:00:00Z&limit=7');
  const span = { sinceMs: Date.parse('2026-11-01'), untilMs: Date.parse('2026-11-03T12:00:00Z') };
  assert.deepEqual(lastQuery(), { groupBy: 'hour', ...span, limit: 7 });
  await ask('/api/v1/stats/activity?since=2026-01-01&group_by=month');
  assert.deepEqual(lastQuery(), {
    groupBy: 'month',
    sinceMs: Date.parse('2026-01-01'),
    untilMs: undefined,
    limit: 1_000,
  });
  await ask('/api/v1/stats/activity?group_by=day');
  assert.deepEqual(lastQuery(), { groupBy: 'day', sinceMs: undefined, untilMs: undefined, limit: 1_000 });
});

test('relays are filtered and sorted by the database, the best first unless told', async () => {
  const { ask, database } = createWorld();
  await ask('/api/v1/stats/relays?sort=read&nip=77&software=strfry&country=de&state=online&search=a&limit=5&offset=10');
  assert.deepEqual(database.calls.find(({ read }) => read === 'relays')?.query, {
    range: '24h',
    sort: 'read',
    descending: false,
    nip: 77,
    software: 'strfry',
    country: 'DE',
    state: 'online',
    search: 'a',
    limit: 5,
    offset: 10,
  });
});

test('a part of a list says how long the list is', async () => {
  const { ask } = createWorld();
  for (const [path, total] of [['relays', 3] as const, ['kinds', 2] as const, ['clients', 1] as const]) {
    const answer = (await (await ask(`/api/v1/stats/${path}?limit=1&offset=1`)).json()) as { total: number };
    assert.equal(answer.total, total, path);
  }
});

test('figures that reach back before the collection began are partial', async () => {
  const { ask } = createWorld();
  const isPartial = async (query: string) =>
    ((await (await ask(`/api/v1/stats/activity?${query}`)).json()) as { partial: boolean }).partial;
  assert.equal(await isPartial('since=2026-11-20'), false);
  assert.equal(await isPartial('since=2026-11-01'), true);
  assert.equal(await isPartial('group_by=day'), true);
});

const words = fc.oneof(
  fc.constantFrom(...ranges, 'json', 'csv', 'day', 'hour', 'url', '2026-11-21', '1', '2000', 'wss://relay.example.com'),
  fc.string({ maxLength: 12 }),
  fc.integer().map(String),
);
const names = fc.oneof(
  fc.constantFrom('range', 'group_by', 'since', 'until', 'limit', 'offset', 'sort', 'order', 'format', 'period'),
  fc.string({ maxLength: 8 }),
);
const paths = fc.constantFrom(
  ...routes.map(({ path }) => path),
  ...Object.keys(exportTables).map((table) => `/api/v1/export/${table}.csv`),
  '/api/v1/docs',
  '/api/v1/openapi.json',
  '/api/v1/:anything',
  '/api/:anything',
);
const requests = fc.record({
  path: paths,
  word: words,
  query: fc.array(fc.tuple(names, words), { maxLength: 4 }),
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST'),
  encoding: fc.constantFrom('', 'gzip', 'br', 'gzip;q=0, br;q=0', '*', 'x'),
});

test('no request whatever fails inside, lacks its headers or gets anything but JSON, CSV or the page', async () => {
  const { ask, failed } = createWorld();
  const law = fc.asyncProperty(requests, async ({ path, word, query, method, encoding }) => {
    const filled = path.replaceAll(/:\w+/g, encodeURIComponent(word) || 'x');
    const text = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
    const response = await ask(`${filled}?${text}`, { method, headers: { 'accept-encoding': encoding } });
    assert.ok(response.status < 500, `${filled}?${text}: ${response.status}`);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    const type = response.headers.get('content-type');
    const body = await response.text();
    if (body === '' || response.headers.get('content-encoding') !== null) return;
    if (type?.startsWith('text/csv')) parseCsv(body);
    else if (!type?.startsWith('text/html')) JSON.parse(body);
  });
  await fc.assert(law, { seed: testSeed(), numRuns: 600 });
  assert.deepEqual(failed, []);
});

test('transport security is asked for by HTTPS alone', async () => {
  const { ask } = createWorld();
  assert.equal((await ask('/api/v1/docs')).headers.get('strict-transport-security'), null);
  const secure = await ask('/api/v1/docs', { isSecure: true });
  assert.match(secure.headers.get('strict-transport-security') ?? '', /max-age=\d{8}/);
});
