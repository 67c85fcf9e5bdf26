import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Database } from '@nostrata/database';
import { migrateCollector } from '../collector/schema.ts';
import { createEngines } from '../facts/test-engines.ts';
import { createCoverage } from './coverage.ts';
import { noonMs } from './test-world.ts';

const hour = Math.floor(noonMs / 3_600_000);
const query = { range: '7d', nowMs: noonMs, relaysKnown: 9, synthetic: false } as const;
const engines = await createEngines();
after(() => Promise.all(engines.map((engine) => engine.stop())));

interface Seen {
  readonly id: string;
  readonly relays: readonly number[];
  readonly atMs?: number;
}

async function see(database: Database, { id, relays, atMs = noonMs }: Seen): Promise<void> {
  for (const relay of relays) {
    await database.query('INSERT INTO collector_sighting (id, relay, first_seen_ms) VALUES ($1, $2, $3)', [
      id,
      relay,
      atMs,
    ]);
  }
}

for (const engine of engines) {
  describe(engine.name, { skip: engine.skip }, () => {
    test('where nothing was collected, nothing was missed and nothing is estimated', async () => {
      await using database = await engine.open();
      await migrateCollector(database);
      assert.deepEqual(await createCoverage(database).load(query), {
        relaysKnown: 9,
        relaysConnected: 0,
        gapSeconds: 0,
        covered: 1,
        unseenEvents: null,
        sinceMs: null,
        synthetic: false,
      });
    });

    test('gaps are summed over the range alone, and a relay without a second of connection is not connected', async () => {
      await using database = await engine.open();
      await migrateCollector(database);
      const rows = [
        [1, hour, 3_000, 600],
        [1, hour - 1, 3_600, 0],
        [2, hour, 0, 600],
        [3, hour - 24 * 30, 100, 3_500],
      ];
      for (const row of rows) {
        await database.query(
          'INSERT INTO collector_connection_hour (relay, hour, connected_seconds, gap_seconds) VALUES ($1, $2, $3, $4)',
          row,
        );
      }
      const { relaysConnected, gapSeconds, covered, sinceMs } = await createCoverage(database).load(query);
      assert.deepEqual([relaysConnected, gapSeconds], [1, 1_200]);
      assert.equal(covered, 6_600 / 7_800);
      assert.equal(sinceMs, (hour - 24 * 30) * 3_600_000);
    });

    test('what is remembered is what is read anew: relays and hours that come, and a gap that is accounted for late', async () => {
      await using database = await engine.open();
      await migrateCollector(database);
      const coverage = createCoverage(database);
      const put = (relay: number, at: number, connected: number) =>
        database.query('INSERT INTO collector_connection_hour VALUES ($1, $2, $3, $4)', [
          relay,
          at,
          connected,
          3_600 - connected,
        ]);
      for (let minute = 0; minute <= 120; minute += 20) {
        const asked = { ...query, nowMs: noonMs + minute * 60_000 };
        await put(minute + 1, hour + Math.floor(minute / 60), 60 * minute);
        await put(minute + 2, hour - 60 - minute, 1_200);
        const remembered = await coverage.load(asked);
        if (minute % 60 === 0) assert.deepEqual(remembered, await createCoverage(database).load(asked));
        assert.equal(remembered.relaysConnected >= minute / 20, true);
      }
    });

    test('what nobody saw is estimated from what was seen once and twice, by the sample', async () => {
      await using database = await engine.open();
      await migrateCollector(database);
      for (let place = 0; place < 4; place++) await see(database, { id: `once ${place}`, relays: [place + 1] });
      for (let place = 0; place < 2; place++) await see(database, { id: `twice ${place}`, relays: [1, 2] });
      await see(database, { id: 'often', relays: [1, 2, 3, 4] });
      await see(database, { id: 'before the range', relays: [1], atMs: noonMs - 40 * 86_400_000 });
      // Chao: 4 · 3 / (2 · 3) events of the sample, each for 256.
      assert.equal((await createCoverage(database).load(query)).unseenEvents, 512);
    });
  });
}
