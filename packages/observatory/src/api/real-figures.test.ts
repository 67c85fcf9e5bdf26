import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import type { Database } from '@nostrata/database';
import { createHttpApi, defaultHttpSettings } from '@nostrata/http';
import { createEventBuilder } from '@nostrata/testing';
import type { Answer, Snapshot } from '../answers.ts';
import { migrateCollector } from '../collector/schema.ts';
import { createEngines } from '../facts/test-engines.ts';
import { createRegistry } from '../registry/registry.ts';
import { createRelayReads } from '../registry/relay-reads.ts';
import { createWorld, noonMs, quietLogger } from '../statistics/test-world.ts';
import { exportTables } from './export-tables.ts';
import { routes } from './routes.ts';
import { createObservatorySection } from './section.ts';
import { answerSchema } from './series-schemas.ts';
import { defaultApiSettings } from './settings.ts';
import { parseCsv } from './test-csv.ts';

const [alice, bob] = [createEventBuilder('alice'), createEventBuilder('bob')];

const engines = await createEngines();
after(() => Promise.all(engines.map((engine) => engine.stop())));

for (const engine of engines) {
  describe(engine.name, { skip: engine.skip }, () => {
    test('the figures of real events, as they are rolled up, come through every route as their schemas say', async () => {
      await using database = await engine.open();
      await checkRoutes(database);
    });
  });
}

async function checkRoutes(database: Database): Promise<void> {
  await using world = await createWorld(database);
  const clock = world.clock;
  const seeds = [{ url: 'wss://relay.example.com' }, { url: 'wss://second.example.com' }];
  await migrateCollector(database);
  await using registry = createRegistry({ database, clock, logger: quietLogger, seeds });
  await registry.start();
  const second = Math.floor(noonMs / 1_000);
  await world.put(
    alice.note('hello', { created_at: second - 3_600, tags: [['client', 'Damus']] }),
    alice.note('again', { created_at: second - 90_000 }),
    bob.note('hello', { created_at: second - 7_200 }),
  );
  const snapshot = await world.snapshot('7d');
  const [cache, metrics] = [createMemoryCache({ clock }), {}];
  const { routes: served } = createObservatorySection({
    statistics: world.statistician.reads,
    relays: createRelayReads({ database, clock }),
    cache,
    clock,
    logger: quietLogger,
    metrics,
    settings: defaultApiSettings,
  });
  const anonymous = { ...defaultHttpSettings.anonymous, requestsMax: 0 };
  const settings = { ...defaultHttpSettings, anonymous };
  const api = createHttpApi({ routes: served, cache, clock, logger: quietLogger, metrics, settings });
  const origin = { ip: '192.0.2.1', isSecure: false, host: 'api.example.com' };
  const ask = async (path: string) => api.fetch(new Request(`http://api.example.com${path}`), { origin });

  const names: Readonly<Record<string, string>> = { range: '7d', kind: '1', url: 'relay.example.com' };
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => names[name] ?? '');
    const response = await ask(path);
    const answer = (await response.json()) as Answer<unknown>;
    assert.equal(response.status, 200, `${path}: ${JSON.stringify(answer)}`);
    assert.deepEqual(answerSchema(route.answer).parse(answer), answer, path);
    assert.ok(Object.keys(answer.method).length > 0, `${path} does not say how it is counted`);
    for (const { text } of Object.values(answer.method)) assert.ok(text.length > 10, path);
  }
  const full = (await (await ask('/api/v1/stats/full/7d')).json()) as Answer<Snapshot>;
  assert.deepEqual(full.data, JSON.parse(JSON.stringify(snapshot)));
  assert.equal(full.data.overview.events.now, 3);
  assert.equal((await ask('/api/v1/stats/kinds/4242')).status, 404);
  assert.equal((await ask('/api/v1/stats/relays/wss%3A%2F%2Funknown.example.com/uptime')).status, 404);

  const rowsOf = async (table: string) => parseCsv(await (await ask(`/api/v1/export/${table}.csv`)).text());
  for (const table of Object.keys(exportTables)) assert.ok((await rowsOf(table)).length > 0, table);
  assert.deepEqual(await rowsOf('kinds'), [
    ['at', 'kind', 'name', 'events'],
    ['2026-11-20T00:00:00.000Z', '1', full.data.kinds[0]?.name, '1'],
    ['2026-11-21T00:00:00.000Z', '1', full.data.kinds[0]?.name, '2'],
  ]);
  assert.equal((await rowsOf('relays')).length, 3);
}
