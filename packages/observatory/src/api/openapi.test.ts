import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Json, type OpenApi, type Operation, pathNames } from '@nostrata/http';
import { exportTables } from './export-tables.ts';
import { routes } from './routes.ts';
import { answerSchema, liveFiguresSchema } from './series-schemas.ts';
import { liveFigures, startMs } from './test-figures.ts';
import { createWorld, type World } from './test-world.ts';

async function loadDocument({ ask }: World): Promise<OpenApi> {
  const response = await ask('/api/v1/openapi.json');
  assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
  return (await response.json()) as OpenApi;
}

/** All values of a key anywhere in a document. */
function findAll(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...findAll(inner, key)]);
}

function resolve(document: OpenApi, ref: string): unknown {
  let value: unknown = document;
  for (const name of ref.replace(/^#\//, '').split('/')) value = (value as Json | undefined)?.[name];
  return value;
}

const exampleByName: Readonly<Record<string, string>> = {
  range: '7d',
  kind: '1',
  url: encodeURIComponent('wss://relay.example.com'),
  table: 'kinds',
};

function fill(path: string): string {
  return path.replaceAll(/[:{](\w+)\}?/g, (_, name: string) => exampleByName[name] ?? 'x');
}

function operationsOf(document: OpenApi): (readonly [string, Operation])[] {
  return Object.entries(document.paths).map(([path, { get }]) => {
    assert.ok(get);
    return [path, get] as const;
  });
}

/** The routes that were promised from the first day. */
const promised = [
  'docs',
  'stats/overview',
  'stats/relays',
  'stats/events/{range}',
  'stats/clients',
  'stats/top-relays',
  'stats/activity',
  'stats/full/{range}',
  ...[
    'throughput',
    'users/active',
    'users/new',
    'users/estimate',
    'users/retention',
    'activity/hourly',
    'zaps',
    'zaps/histogram',
  ].map((path) => `stats/${path}`),
  ...['engagement', 'kinds', 'kinds/{kind}', 'software', 'nips', 'geography', 'coverage', 'live'].map(
    (path) => `stats/${path}`,
  ),
  ...['summary', '{url}', '{url}/latency', '{url}/uptime', '{url}/events'].map((path) => `stats/relays/${path}`),
];

test('the document lists every route, and every route that it lists answers', async () => {
  const world = createWorld();
  const document = await loadDocument(world);
  for (const path of promised) assert.ok(`/api/v1/${path}` in document.paths, path);
  assert.equal(
    Object.keys(document.paths).length,
    routes.length + 4,
    'figures, live, exports and two of documentation',
  );
  for (const [path, operation] of operationsOf(document)) {
    const response = await world.ask(fill(path));
    assert.equal(response.status, 200, path);
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    assert.ok(type in ((operation.responses['200']?.content ?? {}) as Json), `${path} answered ${type}`);
    await response.body?.cancel();
  }
});

test('the document is OpenAPI 3.1: references lead somewhere, operations and parameters are named once', async () => {
  const document = await loadDocument(createWorld());
  assert.equal(document.openapi, '3.1.0');
  for (const field of ['title', 'version', 'description'] as const) assert.ok(document.info[field].length > 0);
  for (const ref of findAll(document, '$ref')) {
    assert.match(String(ref), /^#\/components\/(schemas|responses)\/\w+$/);
    assert.notEqual(resolve(document, String(ref)), undefined, String(ref));
  }
  const ids = operationsOf(document).map(([, { operationId }]) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  const tags = new Set(document.tags.map(({ name }) => name));
  for (const [path, operation] of operationsOf(document)) {
    assert.match(path, /^\/api\/v1(\/[\w.{}-]+)+$/);
    assert.ok(operation.tags.every((tag) => tags.has(tag)) && operation.tags.length === 1, path);
    assert.ok(operation.summary.length > 0 && operation.description.length > 0, path);
    for (const [status, { description, $ref }] of Object.entries(operation.responses)) {
      assert.match(status, /^[1-5]\d\d$/);
      assert.ok(typeof description === 'string' || typeof $ref === 'string', `${path} ${status}`);
    }
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
    assert.deepEqual(
      inPath.map(({ name }) => name),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      path,
    );
    assert.ok(
      inPath.every(({ required }) => required),
      path,
    );
    for (const { name, description, schema } of operation.parameters) {
      assert.ok(description.length > 0 && (schema.type === 'string' || schema.type === 'integer'), `${path} ${name}`);
    }
  }
});

test('each parameter of the document is understood, and its bounds are those that hold', async () => {
  const world = createWorld();
  const document = await loadDocument(world);
  const statusOf = async (path: string, name: string, value: unknown) => {
    const { status, body } = await world.ask(`${fill(path)}?${name}=${encodeURIComponent(String(value))}`);
    await body?.cancel();
    return status;
  };
  let checked = 0;
  for (const [path, { parameters }] of operationsOf(document)) {
    for (const { name, in: place, schema } of parameters) {
      if (place === 'path') continue;
      for (const word of (schema.enum as readonly string[] | undefined) ?? []) {
        // A whole range of zaps is no list.
        if (path.endsWith('/zaps') && word === 'csv') continue;
        assert.equal(await statusOf(path, name, word), 200, `${path} ${name}=${word}`);
        checked += 1;
      }
      if (schema.type !== 'integer') continue;
      const { minimum, maximum } = schema as { readonly minimum: number; readonly maximum: number };
      for (const [value, expected] of [
        [minimum, 200],
        [maximum, 200],
        [maximum + 1, 400],
        [minimum - 1, 400],
      ] as const) {
        assert.equal(await statusOf(path, name, value), expected, `${path} ${name}=${value}`);
        checked += 1;
      }
    }
  }
  assert.ok(checked > 150, `${checked} values`);
});

test('every answer is what its schema says, and says nothing more', async () => {
  const world = createWorld();
  for (const route of routes) {
    const queries = 'group_by' in route.parameters.shape ? ['', '?group_by=month', '?since=2026-11-01'] : [''];
    for (const query of queries) {
      const answer: unknown = await (await world.ask(fill(route.path) + query)).json();
      const read = answerSchema(route.answer).parse(answer);
      // Schemas pass over what they do not know: what was passed over is missing here.
      assert.deepEqual(read, answer, route.path);
    }
  }
  const error = (await (await world.ask('/api/v1/stats/overview?range=x')).json()) as Json;
  assert.deepEqual(Object.keys(error), ['error', 'message']);
  assert.deepEqual(liveFiguresSchema.parse(liveFigures(startMs)), liveFigures(startMs));
});

test('last good copies are what the schema says too', async () => {
  const world = createWorld();
  const path = '/api/v1/stats/full/24h';
  await world.ask(path);
  world.clock.advance(4_000_000);
  world.database.failure = new Error('away');
  const route = routes.find((candidate) => candidate.path.includes('/full/'));
  const answer: unknown = await (await world.ask(path)).json();
  assert.ok(route);
  assert.deepEqual(answerSchema(route.answer).parse(answer), answer);
});

test('limits are documented as they are set, not as they once were', async () => {
  const textOf = async (settings: Parameters<typeof createWorld>[0]) =>
    (await loadDocument(createWorld(settings))).info.description;
  assert.match(await textOf({ requestsMax: 100, windowMs: 900_000 }), /100 requests in 15 minutes/);
  assert.match(await textOf({ requestsMax: 7, windowMs: 30_000 }), /7 requests in 0.5 minutes/);
  assert.match(await textOf({ requestsMax: 0 }), /Requests are not limited/);
  assert.match(await textOf({ listenersMax: 9, listenersPerAddressMax: 2 }), /9 listeners, 2 of one address/);
  assert.match(
    await textOf({ notes: ['Figures are computed every 5 minutes.'] }),
    /Figures are computed every 5 minutes\./,
  );
});

test('the page shows every route, parameter, export and type of the document', async () => {
  const world = createWorld({ requestsMax: 123, version: '9.9.9' });
  const document = await loadDocument(world);
  const response = await world.ask('/api/v1/docs', { headers: { accept: 'text/html,*/*' } });
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|https?:/);
  const page = await response.text();
  assert.match(page, /123 requests in 15 minutes/);
  assert.match(page, /9\.9\.9/);
  assert.doesNotMatch(page, /<script(?! src="\/api\/v1\/docs\/page\.js")|<style|\son\w+=|style=|(?:src|href)="https?:/);
  for (const [path, { operationId, parameters }] of operationsOf(document)) {
    assert.ok(page.includes(`id="${operationId}"`) && page.includes(`data-path="${path}"`), path);
    for (const { name } of parameters) assert.ok(page.includes(`id="${operationId}-${name}"`), `${path} ${name}`);
  }
  for (const name of Object.keys(exportTables)) assert.ok(page.includes(`<code>${name}</code>`), name);
  for (const link of page.matchAll(/href="#([\w-]+)"/g)) assert.ok(page.includes(`id="${link[1]}"`), `#${link[1]}`);
});

test('a program that asks for JSON gets the document in place of the page', async () => {
  const { ask } = createWorld();
  const response = await ask('/api/v1/docs', { headers: { accept: 'application/json' } });
  assert.equal(((await response.json()) as OpenApi).openapi, '3.1.0');
  assert.equal(response.headers.get('vary'), 'Accept, Accept-Encoding');
});

test('names in paths are names of parameters', () => {
  for (const { path, parameters } of routes) {
    for (const name of pathNames(path)) assert.ok(name in parameters.shape, path);
  }
});
