import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { connectClient } from '@nostrata/testing';
import type { Server } from '../compose.ts';
import { ConfigError } from '../config/errors.ts';
import { createFolder, runProcess } from './program.ts';
import { startInProcess, toEnvironment, type Words } from './test-observed-network.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** `fetch` unpacks what comes packed, which is what is looked at here. */
function get(
  { url }: Pick<Server, 'url'>,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url.replace(/^ws/, 'http')}${path}`, { headers, agent: false }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(parts) }),
      );
    });
    outgoing.on('error', reject).end();
  });
}

const html = { Accept: 'text/html' };
const quiet: Words = { port: '0', logLevel: 'silent', store: 'memory:', rateLimit: '0' };

describe('the page and the API of a process with every role but collecting', () => {
  const open = new AsyncDisposableStack();
  let running: Server | undefined;
  before(async () => {
    const folder = open.use(await createFolder()).path;
    running = open.use(await startInProcess({ ...quiet, data: folder, roles: 'relay,api,jobs' }));
  });
  after(() => open.disposeAsync());
  const server = (): Server => running ?? assert.fail('it does not run');

  test('people get the application at /, and clients of the relay its information document', async () => {
    const page = await get(server(), '/', html);
    assert.equal(page.status, 200);
    assert.match(String(page.headers['content-type']), /^text\/html/);
    assert.match(page.body.toString(), /<script[^>]+src="\/?assets\//);
    assert.ok(page.headers['content-security-policy'] && page.headers['x-content-type-options'] === 'nosniff');
    assert.match(String(page.headers.vary), /Accept/);
    const document = await get(server(), '/', { Accept: 'application/nostr+json' });
    assert.equal(document.headers['content-type'], 'application/nostr+json');
    assert.ok(JSON.parse(document.body.toString()).supported_nips.includes(1));
  });

  test('links into the application open it, and what leads nowhere is 404', async () => {
    const page = (await get(server(), '/', html)).body.toString();
    for (const path of [
      '/relays',
      '/relays/wss%3A%2F%2Frelay.example.com%2F',
      '/kinds',
      '/clients',
      '/users',
      '/zaps',
    ]) {
      const found = await get(server(), path, html);
      assert.equal(found.status, 200, path);
      assert.equal(found.body.toString(), page, path);
    }
    for (const path of ['/nothing', '/assets/nothing.js', '/assets/..%2Findex.html', '/kindsx', '/relays%2F..']) {
      const { status } = await get(server(), path, html);
      assert.equal(status, 404, path);
    }
    const missing = await get(server(), '/api/v1/nothing');
    assert.equal(missing.status, 404);
    assert.equal(typeof JSON.parse(missing.body.toString()).error, 'string');
  });

  test('files of the application are kept for ever, and come packed for those who can unpack them', async () => {
    const page = (await get(server(), '/', html)).body.toString();
    const names = [...page.matchAll(/(?:src|href)="\/?(assets\/[^"]+\.(?:js|css))"/g)].map(([, name = '']) => name);
    const packedNames = new Set<string>();
    for (const name of new Set(names)) {
      const plain = await get(server(), `/${name}`);
      assert.equal(plain.status, 200, name);
      assert.match(String(plain.headers['cache-control']), /max-age=31536000, immutable/);
      assert.equal(plain.headers['content-encoding'], undefined);
      // What fits into a packet does not get smaller.
      if (plain.body.length < 1_400) continue;
      packedNames.add(name);
      for (const [encoding, unpack] of [
        ['br', brotliDecompressSync],
        ['gzip', gunzipSync],
      ] as const) {
        const packed = await get(server(), `/${name}`, { 'Accept-Encoding': encoding });
        assert.equal(packed.headers['content-encoding'], encoding, name);
        assert.ok(packed.body.length < plain.body.length);
        assert.deepEqual(unpack(packed.body), plain.body);
        assert.notEqual(packed.headers.etag, plain.headers.etag);
        const again = await get(server(), `/${name}`, {
          'Accept-Encoding': encoding,
          'If-None-Match': String(packed.headers.etag),
        });
        assert.equal(again.status, 304);
      }
    }
    assert.ok(packedNames.size > 1, page);
  });

  test('the metrics of the observatory are in /metrics, and its health in /health', async () => {
    const { body } = await get(server(), '/metrics');
    const names = [...body.toString().matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name);
    assert.ok(names.filter((name) => /collect|snapshot|probe|api/.test(String(name))).length >= 4, names.join(' '));
    const health = JSON.parse((await get(server(), '/health')).body.toString());
    assert.deepEqual(health.observatory.cache, { engine: 'memory', reachable: true });
    assert.equal(health.observatory.relaysConnected, null, 'it does not collect');
    assert.ok(
      health.problems.every((problem: string) => !/cache|statistics|collector/.test(problem)),
      health.problems,
    );
  });
});

test('a collector that reaches no relay says so in its health', async () => {
  await using folder = await createFolder();
  const words: Words = { ...quiet, data: folder.path, roles: 'collector', probeEvery: '0', allowLocalRelays: 'yes' };
  await using server = await startInProcess({ ...words, collectRelays: 'ws://127.0.0.1:1' });
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const look = async (): Promise<void> => {
    const { problems } = await server.health();
    if (problems.some((problem) => /connected to no relay/.test(problem))) resolve(problems);
    else setImmediate(() => void look());
  };
  void look();
  await promise;
});

test('a process without the role of a relay refuses its clients in words', async () => {
  await using folder = await createFolder();
  await using server = await startInProcess({ ...quiet, data: folder.path, roles: 'api,jobs' });
  await using client = await connectClient(server.url);
  const { code, reason } = await client.closed;
  assert.equal(code, 1013);
  assert.match(reason, /serves no clients/);
});

test('a process without the role of the API answers 404 in JSON below /api/, and is a relay at /', async () => {
  await using folder = await createFolder();
  await using server = await startInProcess({ ...quiet, data: folder.path, roles: 'relay' });
  const api = await get(server, '/api/v1/stats/overview');
  assert.equal(api.status, 404);
  assert.match(String(api.headers['content-type']), /^application\/json/);
  assert.equal(typeof JSON.parse(api.body.toString()).error, 'string');
  const page = (await get(server, '/', html)).body.toString();
  assert.match(page, /ws:\/\/127\.0\.0\.1/);
  assert.doesNotMatch(page, /<script/);
  assert.equal((await get(server, '/kinds', html)).status, 404);
});

const wrong: readonly (readonly [Words, RegExp])[] = [
  [{ roles: 'relay,cook' }, /roles: "cook" is none of relay, api, collector, jobs/],
  [{ roles: '' }, /roles: name at least one/],
  [{ cache: 'memcached://127.0.0.1' }, /cache: /],
  [{ cache: 'redis://127.0.0.1:1' }, /cache: /],
  [{ snapshotSchedule: 'now and then' }, /snapshotSchedule: .* is no cron pattern/],
  [{ roles: 'collector', collectKinds: '1,x' }, /collectKinds: /],
];

test('settings of the observatory that are wrong stop the start in one line', async () => {
  for (const [words, told] of wrong) {
    await using folder = await createFolder();
    const started = startInProcess({ ...quiet, data: folder.path, ...words });
    await assert.rejects(started, (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, told);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
});

test('the program tells them on its standard error and ends', async () => {
  await using folder = await createFolder();
  const words: Words = { ...quiet, data: folder.path, roles: 'cook' };
  const { code, stdout, stderr } = await runProcess(['up'], { environment: toEnvironment(words) });
  assert.notEqual(code, 0);
  assert.equal(stdout, '');
  assert.match(stderr, /^nostrata: [^\n]*"cook"[^\n]*\n$/);
});
