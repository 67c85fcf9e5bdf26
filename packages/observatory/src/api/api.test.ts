import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Answer, ApiError, Overview } from '../answers.ts';
import { createSnapshot, startMs } from './test-figures.ts';
import { createWorld } from './test-world.ts';

const overviewPath = '/api/v1/stats/overview';

async function answerOf<Figures>(response: Response): Promise<Answer<Figures>> {
  return (await response.json()) as Answer<Figures>;
}

async function errorOf(response: Response): Promise<ApiError> {
  return (await response.json()) as ApiError;
}

test('the cache is asked first, the database second, and what it gave is left in the cache', async () => {
  const { ask, cache, database, clock } = createWorld();
  const first = await ask(overviewPath);
  assert.equal(first.status, 200);
  assert.deepEqual(database.calls, [{ read: 'snapshot', query: '24h' }]);
  assert.equal(JSON.parse((await cache.get('stats:24h')) ?? '').range, '24h');
  const newer = createSnapshot('24h', startMs + 10_000);
  await cache.set('stats:24h', JSON.stringify(newer), 60_000);
  clock.advance(11_000);
  const second = await answerOf<Overview>(await ask(overviewPath));
  assert.equal(second.asOf, newer.asOf, 'a newer snapshot is seen within seconds');
  assert.equal(database.calls.length, 1);
});

test('an answer carries its figures, how they are counted and what they can have missed', async () => {
  const { ask } = createWorld();
  const answer = await answerOf<Overview>(await ask(overviewPath));
  const { overview, coverage, asOf } = createSnapshot('24h');
  assert.deepEqual(answer, {
    data: overview,
    asOf,
    range: '24h',
    method: { events: { precision: 'exact', text: 'Counted.' }, users: { precision: 'exact', text: 'Counted.' } },
    coverage,
    partial: false,
    stale: false,
  });
});

test('where neither can answer the last good copy comes with 503, its age and stale: true', async () => {
  const { ask, cache, database, clock } = createWorld();
  const fresh = await answerOf<Overview>(await ask(overviewPath));
  await ask('/api/v1/stats/kinds/1');
  clock.advance(3_600_001);
  database.failure = new Error('the database is away');
  assert.equal(await cache.get('stats:24h'), undefined);
  const response = await ask(overviewPath);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('age'), '3660');
  assert.deepEqual(await answerOf(response), { ...fresh, stale: true, ageSeconds: 3660 });
  // A part that was never asked for comes of the same last snapshot; a series of its own last copy.
  for (const path of ['/api/v1/stats/zaps', '/api/v1/stats/kinds/1']) {
    const other = await ask(path);
    assert.equal(other.status, 503, path);
    assert.equal((await answerOf(other)).stale, true, path);
  }
  const none = await ask('/api/v1/stats/kinds/7');
  assert.equal(none.status, 503);
  assert.equal((await errorOf(none)).error, 'unavailable');
  database.failure = undefined;
  assert.equal((await ask(overviewPath)).status, 200);
});

test('before the first snapshot there is an error, never zeros', async () => {
  const { ask, database } = createWorld();
  database.snapshots.clear();
  const response = await ask('/api/v1/stats/full/7d');
  assert.equal(response.status, 503);
  const { error, message } = await errorOf(response);
  assert.equal(error, 'unavailable');
  assert.match(message, /no snapshot of 7d/);
});

test('many requests for one thing are one read', async () => {
  const { ask, database } = createWorld();
  const gate = Promise.withResolvers<void>();
  database.gate = gate.promise;
  const answers = Array.from({ length: 20 }, () => ask('/api/v1/stats/relays?limit=2'));
  gate.resolve();
  for (const response of await Promise.all(answers)) assert.equal(response.status, 200);
  assert.equal(database.calls.filter(({ read }) => read === 'relays').length, 1);
});

test('a client that has the body gets 304, and each encoding is the same text with a tag of its own', async () => {
  const { ask } = createWorld();
  const plain = await ask('/api/v1/stats/full/24h');
  const text = await plain.text();
  const tags = new Set([plain.headers.get('etag')]);
  for (const [encoding, unpack] of [['gzip', gunzipSync] as const, ['br', brotliDecompressSync] as const]) {
    const headers = { 'accept-encoding': encoding };
    const packed = await ask('/api/v1/stats/full/24h', { headers });
    assert.equal(packed.headers.get('content-encoding'), encoding);
    assert.match(packed.headers.get('vary') ?? '', /accept-encoding/i);
    assert.equal(unpack(Buffer.from(await packed.arrayBuffer())).toString(), text);
    const etag = packed.headers.get('etag') ?? '';
    assert.match(etag, /^"[\w-]+"$/);
    tags.add(etag);
    const again = await ask('/api/v1/stats/full/24h', { headers: { ...headers, 'if-none-match': `"x", W/${etag}` } });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    assert.equal(again.headers.get('etag'), etag);
  }
  assert.equal(tags.size, 3);
});

test('copies may be kept for as long as the figures of a route last', async () => {
  const { ask } = createWorld();
  const ageByPath: Readonly<Record<string, number>> = {
    '/api/v1/stats/throughput': 10,
    '/api/v1/stats/overview': 300,
    '/api/v1/stats/activity?group_by=day': 600,
    '/api/v1/stats/software': 3_600,
  };
  for (const [path, seconds] of Object.entries(ageByPath)) {
    const control = (await ask(path)).headers.get('cache-control') ?? '';
    assert.match(control, new RegExp(`^public, max-age=${seconds}, stale-while-revalidate=\\d+, stale-if-error=\\d+$`));
  }
});

test('HEAD is GET without the body, OPTIONS tells the methods, and others are refused by name', async () => {
  const { ask } = createWorld();
  const get = await ask(overviewPath);
  const head = await ask(overviewPath, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  assert.equal(head.headers.get('content-length'), String((await get.arrayBuffer()).byteLength));
  assert.equal(head.headers.get('etag'), get.headers.get('etag'));
  const options = await ask(overviewPath, { method: 'OPTIONS', headers: { origin: 'https://app.example.com' } });
  assert.equal(options.status, 204);
  assert.equal(options.headers.get('access-control-allow-methods'), 'GET, HEAD, OPTIONS');
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const refused = await ask(overviewPath, { method });
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.get('allow'), 'GET, HEAD, OPTIONS');
    assert.equal((await errorOf(refused)).error, 'method-not-allowed');
  }
});

test('what another version left in the cache is not believed', async () => {
  const { ask, cache, failed } = createWorld();
  for (const text of ['not JSON', '{"range":"24h"}', 'null']) {
    await cache.set('stats:30d', text, 60_000);
    const response = await ask(`${overviewPath}?range=30d`);
    assert.equal(response.status, 200, text);
    assert.equal((await answerOf<Overview>(response)).range, '30d');
  }
  assert.ok(failed.includes('api.cached-snapshot'));
});

test('answers of the database are shared with other processes through the cache', async () => {
  const { ask, cache, database, clock } = createWorld();
  const path = '/api/v1/stats/software';
  const first = await (await ask(path)).text();
  const [other] = [createWorld({}, () => cache)];
  const second = await other.ask(path);
  assert.equal(await second.text(), first);
  assert.equal(other.database.calls.length, 0, 'the other process asks its database for nothing');
  clock.advance(3_600_001);
  await ask(path);
  assert.equal(database.calls.filter(({ read }) => read === 'software').length, 2, 'after an hour it is read again');
});

test('the age of a copy is told, so that no copy of it lasts longer than the class of the route', async () => {
  const { ask, clock } = createWorld();
  await ask('/api/v1/stats/kinds/1');
  clock.advance(120_000);
  assert.equal((await ask('/api/v1/stats/kinds/1')).headers.get('age'), '120');
});

test('a database that hangs is waited for ten seconds, then the last good copy is sent', async () => {
  const { ask, database, clock } = createWorld();
  await ask('/api/v1/stats/throughput');
  clock.advance(11_000);
  database.gate = new Promise(() => {});
  const asked = ask('/api/v1/stats/throughput');
  const turns = (count: number) =>
    Array.from({ length: count }).reduce<Promise<unknown>>(
      (before) => before.then(() => new Promise((resolve) => setImmediate(resolve))),
      Promise.resolve(),
    );
  await turns(5);
  clock.advance(10_000);
  const response = await asked;
  assert.equal(response.status, 503);
  assert.equal((await answerOf(response)).stale, true);
  // What hangs is not asked again at once, and not waited for for ever.
  database.gate = undefined;
  clock.advance(60_000);
  assert.equal((await ask('/api/v1/stats/throughput')).status, 200);
});

test('a slash at the end of a path changes nothing', async () => {
  const { ask } = createWorld();
  for (const path of ['/api/v1/docs/', `${overviewPath}/?range=7d`, '/api/v1/stats/relays/relay.example.com/']) {
    assert.equal((await ask(path)).status, 200, path);
  }
});

test('each request is reported with its route and status', async () => {
  const { ask, requests } = createWorld();
  await ask(overviewPath);
  await ask('/api/v1/stats/kinds/1');
  await ask('/api/v1/nothing');
  await ask('/api/v1/docs');
  assert.deepEqual(requests, [
    { route: '/api/v1/stats/overview', status: 200 },
    { route: '/api/v1/stats/kinds/:kind', status: 200 },
    { route: 'none', status: 404 },
    { route: '/api/v1/docs', status: 200 },
  ]);
});
