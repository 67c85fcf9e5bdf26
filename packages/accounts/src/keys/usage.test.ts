import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '@nostrata/database';
import type { Caller } from '@nostrata/http';
import { createFakeClock } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { countersMax } from './limits.ts';
import { createWorld } from './test-world.ts';
import { createKeyUsage } from './usage.ts';

const law = await onEachEngine();
const alice = 'usr_alice';
const route = 'GET /api/v1/names';
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const hour = 3_600_000;

const callerBy = (credential: string): Caller => ({
  userId: alice,
  pubkey: undefined,
  role: 'user',
  by: 'api-key',
  credential,
  scopes: new Set(),
  rate: { name: 'pro', requestsMax: 0, windowMs: 1 },
});

law('answers are summed by hour and route, over flushes and processes', async (database) => {
  const { usage, clock, keys } = await createWorld(database);
  const { id } = await keys.create(alice, { name: 'k', scopes: ['names:read'] });
  const other = createKeyUsage({ database, clock, logger: silent, metrics: {} });
  const caller = callerBy(id);
  for (const [counted, status] of [
    [usage, 200],
    [usage, 429],
    [other, 200],
    [other, 403],
    [other, 500],
  ] as const) {
    counted.count(caller, route, status);
  }
  usage.count(caller, 'POST /api/v1/names', 201);
  await Promise.all([usage.flush(), other.flush()]);
  clock.advance(hour);
  usage.count(caller, route, 200);
  usage.count({ ...caller, by: 'session' }, route, 200);
  usage.count(undefined, route, 200);
  await usage.flush();
  await usage.flush();
  const span = { sinceMs: clock.now() - 24 * hour, untilMs: clock.now() };
  assert.deepEqual(await usage.read(id, span), [
    { hour: '2026-03-01T10:00:00.000Z', requests: 6, refused: 2, routes: { [route]: 5, 'POST /api/v1/names': 1 } },
    { hour: '2026-03-01T11:00:00.000Z', requests: 1, refused: 0, routes: { [route]: 1 } },
  ]);
  assert.deepEqual(await usage.read('key_other', span), []);
});

law('the time of use is written once a minute at most', async (database) => {
  const { usage, clock, keys, authenticateKey } = await createWorld(database);
  const { key } = await keys.create(alice, { name: 'k', scopes: ['names:read'] });
  const used = async () => (await keys.list(alice))[0]?.usedAt;
  const use = async () => {
    await authenticateKey({ address: '203.0.113.7' }, key);
    await usage.flush();
    return await used();
  };
  assert.equal(await used(), null);
  assert.equal(await use(), '2026-03-01T10:30:00.000Z');
  clock.advance(59_000);
  assert.equal(await use(), '2026-03-01T10:30:00.000Z');
  clock.advance(1000);
  assert.equal(await use(), '2026-03-01T10:31:00.000Z');
});

law('what could not be written waits, and is neither lost nor counted twice', async (database) => {
  const clock = createFakeClock();
  let isAway = true;
  const weak: typeof database = {
    ...database,
    transaction: async (work) => {
      if (isAway) throw new DatabaseError('away', 'the database is away');
      return await database.transaction(work);
    },
  };
  const failed: string[] = [];
  const metrics = { failed: (where: string) => failed.push(where) };
  const usage = createKeyUsage({ database: weak, clock, logger: silent, metrics });
  const caller = callerBy('key_1');
  for (let round = 0; round < 3; round++) {
    usage.count(caller, route, 200);
    const flushing = usage.flush();
    usage.count(caller, route, 200);
    await flushing;
  }
  isAway = false;
  await usage.flush();
  const [sum] = await usage.read('key_1', { sinceMs: clock.now() - hour, untilMs: clock.now() + hour });
  assert.equal(sum?.requests, 6);
  assert.deepEqual(failed, ['key-usage', 'key-usage', 'key-usage']);
});

law('what was counted while another flush was under way is written before the last flush ends', async (database) => {
  const { usage, clock } = await createWorld(database);
  const caller = callerBy('key_1');
  usage.count(caller, route, 200);
  const first = usage.flush();
  usage.count(caller, route, 200);
  await usage.flush();
  const span = { sinceMs: clock.now() - hour, untilMs: clock.now() + hour };
  assert.equal((await usage.read('key_1', span))[0]?.requests, 2);
  await first;
});

law('old hours are removed', async (database) => {
  const { usage, clock } = await createWorld(database);
  usage.count(callerBy('key_1'), route, 200);
  await usage.flush();
  clock.advance(401 * 24 * hour);
  usage.count(callerBy('key_1'), route, 200);
  await usage.flush();
  await usage.prune();
  assert.equal((await database.query('SELECT hour FROM api_key_usage')).length, 1);
});

test('memory is bounded while the database is away, and what does not fit is told', async () => {
  const away = async (): Promise<never> => {
    throw new DatabaseError('away', 'the database is away');
  };
  let dropped = 0;
  const metrics = {
    failed: (where: string) => {
      if (where === 'key-usage-dropped') dropped += 1;
    },
  };
  const database = {
    dialect: 'sqlite',
    query: away,
    transaction: away,
    close: away,
    [Symbol.asyncDispose]: away,
  } as const;
  const usage = createKeyUsage({ database, clock: createFakeClock(), logger: silent, metrics });
  for (let index = 0; index < countersMax + 7; index++) {
    usage.count(callerBy(`key_${index}`), route, 200);
    if (index % 1000 === 0) await usage.flush();
  }
  await usage.flush();
  assert.equal(dropped, 7);
});
