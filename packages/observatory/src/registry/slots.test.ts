import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type Database, insertRows, migrate } from '@nostrata/database';
import { fc, testSeed } from '@nostrata/testing';
import { collectorMigrations } from '../collector/schema.ts';
import { createEngines } from '../facts/test-engines.ts';
import { createRegistry } from './registry.ts';
import { assignSlots, type SlotClaim, scoreClaims } from './slots.ts';
import { createTestClock, quietLogger } from './test-parts.ts';

const minuteMs = 60_000;

describe('the worth of a relay', () => {
  const claim = (relay: number, parts: Partial<SlotClaim> = {}): SlotClaim => {
    return { relay, isSeed: false, novel: null, uptime: null, ...parts };
  };
  const scoreOf = (claims: readonly SlotClaim[], relay: number) =>
    scoreClaims(claims).find((scored) => scored.relay === relay)?.score ?? Number.NaN;

  test('is 0.7 · min(novel / median, 2) + 0.3 · uptime', () => {
    const claims = [
      claim(1, { novel: 100, uptime: 1 }),
      claim(2, { novel: 50, uptime: 0.5 }),
      claim(3, { novel: 1_000, uptime: 0 }),
      claim(4, { novel: 0, uptime: 1 }),
      claim(5, { novel: 0, uptime: 0, isSeed: true }),
    ];
    // The median of 0, 0, 50, 100 and 1,000 is 50.
    assert.ok(Math.abs(scoreOf(claims, 1) - 1.7) < 1e-9);
    assert.ok(Math.abs(scoreOf(claims, 2) - 0.85) < 1e-9);
    assert.ok(Math.abs(scoreOf(claims, 3) - 1.4) < 1e-9);
    assert.ok(Math.abs(scoreOf(claims, 4) - 0.3) < 1e-9);
    assert.equal(scoreOf(claims, 5), 0.5);
  });

  test('of what was never tried is less than of any seed, and more than of what brings nothing', () => {
    const claims = [
      claim(1, { novel: 0, uptime: 1 }),
      claim(2),
      claim(3, { isSeed: true, novel: 0, uptime: 0 }),
      claim(4, { novel: 10, uptime: 1 }),
    ];
    assert.deepEqual(
      scoreClaims(claims).map(({ relay }) => relay),
      [4, 3, 2, 1],
    );
  });

  test('in the first hour, with no events from anybody, is not 0 for all', () => {
    const claims = [claim(1, { novel: 0, uptime: 1 }), claim(2, { novel: 0, uptime: 0.5 })];
    assert.ok(scoreOf(claims, 1) > scoreOf(claims, 2) && scoreOf(claims, 2) > 0);
  });
});

describe('slots', () => {
  test('are never more than there are, free ones go to the best, and few change hands at a time', () => {
    const claims = fc.uniqueArray(
      fc.record({
        relay: fc.integer({ min: 1, max: 60 }),
        isSeed: fc.boolean(),
        novel: fc.option(fc.nat(100)),
        uptime: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      }),
      { selector: ({ relay }) => relay, maxLength: 60 },
    );
    const held = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 });
    fc.assert(
      fc.property(claims, held, fc.integer({ min: 1, max: 30 }), fc.nat(3), (list, before, slots, swapsMax) => {
        const scored = scoreClaims(list);
        const given = assignSlots(before, scored, { slots, swapsMax });
        assert.equal(given.length, Math.min(slots, scored.length));
        assert.equal(new Set(given).size, given.length);
        const entitled = scored.filter(({ relay }) => before.includes(relay)).slice(0, slots);
        const lost = entitled.filter(({ relay }) => !given.includes(relay));
        assert.ok(lost.length <= swapsMax, `${lost.length} lost their slots`);
        const scores = given.map((relay) => scored.find((one) => one.relay === relay)?.score ?? 0);
        assert.deepEqual(
          scores,
          scores.toSorted((a, b) => b - a),
        );
      }),
      { seed: testSeed() },
    );
  });
});

for (const engine of await createEngines()) {
  describe(`who holds the slots, on ${engine.name}`, { skip: engine.skip }, () => {
    after(() => engine.stop());

    const setUp = async (database: Database, relays: number, slots: number) => {
      await migrate(database, { room: 'observatory-collector', migrations: collectorMigrations(database.dialect) });
      const clock = createTestClock();
      const parts = { database, clock, logger: quietLogger, slots, discovers: false };
      const registry = createRegistry({ ...parts, seeds: [] });
      await registry.start();
      for (let at = 1; at <= relays; at++) await registry.ensure({ url: `wss://r${at}.example.com`, source: 'nip65' });
      await registry.review();
      const deliver = async (relay: number, novel: number, connectedHours = 24): Promise<void> => {
        const columns = ['relay', 'hour', 'received', 'events', 'novel', 'repeats', 'invalid', 'refused', 'bytes'];
        const hour = Math.floor(clock.now() / 3_600_000);
        const row = [relay, hour, novel, novel, novel, 0, 0, 0, 0];
        await insertRows(database, { table: 'collector_relay_hour', columns, conflict: 'DO NOTHING' }, [row]);
        await insertRows(
          database,
          {
            table: 'collector_connection_hour',
            columns: ['relay', 'hour', 'connected_seconds', 'gap_seconds'],
            conflict: 'DO NOTHING',
          },
          Array.from({ length: connectedHours }, (_, back) => [relay, hour - back, 3_600, 0]),
        );
      };
      const ids = (): number[] =>
        registry
          .wanted()
          .map(({ relay }) => relay)
          .sort((a, b) => a - b);
      return { clock, registry, parts, deliver, ids };
    };

    test('at most one in twenty changes hands in five minutes, and all processes have the same', async () => {
      await using database = await engine.open();
      const { clock, registry, parts, deliver, ids } = await setUp(database, 60, 40);
      assert.equal(ids().length, 40);
      const before = ids();
      // Those that hold no slot turn out to be better than all that do.
      for (let relay = 1; relay <= 60; relay++) await deliver(relay, before.includes(relay) ? 1 : 1_000);
      clock.advance(minuteMs);
      await registry.review();
      assert.deepEqual(ids(), before);
      clock.advance(4 * minuteMs);
      await registry.review();
      assert.equal(ids().filter((relay) => !before.includes(relay)).length, 2);
      await using other = createRegistry({ ...parts, seeds: [] });
      await other.start();
      assert.deepEqual(other.wanted(), registry.wanted());
      clock.advance(5 * minuteMs);
      await registry.review();
      assert.equal(ids().filter((relay) => !before.includes(relay)).length, 4);
      await registry.stop();
    });

    test('what came lately is measured by the time that it had, and is tried for some hours before it is judged', async () => {
      await using database = await engine.open();
      const { clock, registry, deliver, ids } = await setUp(database, 7, 5);
      const review = async (): Promise<void> => {
        clock.advance(5 * minuteMs);
        await registry.review();
      };
      assert.deepEqual(ids(), [1, 2, 3, 4, 5]);
      for (const relay of [1, 2, 3]) await deliver(relay, 1_000, 100);
      // A quarter of the others' events in a tenth of their time, and nothing yet in an hour.
      await deliver(4, 250, 10);
      await deliver(5, 0, 1);
      await review();
      assert.deepEqual(ids(), [1, 2, 3, 4, 5]);
      assert.equal(registry.wanted()[0]?.relay, 4);
      await database.query('DELETE FROM collector_connection_hour WHERE relay = 5');
      await deliver(5, 0, 7);
      await review();
      assert.deepEqual(ids(), [1, 2, 3, 4, 6]);
      await registry.stop();
    });

    test('ten failures in a row cost the slot at once and for a while, and an answer gives it back', async () => {
      await using database = await engine.open();
      const { clock, registry, ids } = await setUp(database, 5, 4);
      const fail = async (relay: number, failures: number): Promise<void> => {
        const columns = ['relay', 'recent', 'failures', 'last_probe_ms', 'last_ok_ms'];
        const conflict = '(relay) DO UPDATE SET failures = excluded.failures, last_probe_ms = excluded.last_probe_ms';
        await insertRows(database, { table: 'probe_relay', columns, conflict }, [
          [relay, '[]', failures, clock.now(), clock.now()],
        ]);
        await registry.review();
      };
      assert.deepEqual(ids(), [1, 2, 3, 4]);
      clock.advance(minuteMs);
      await fail(2, 9);
      assert.deepEqual(ids(), [1, 2, 3, 4]);
      await fail(2, 10);
      assert.deepEqual(ids(), [1, 3, 4, 5]);
      clock.advance(30 * minuteMs);
      await registry.review();
      assert.ok(!ids().includes(2));
      clock.advance(31 * minuteMs);
      await registry.review();
      assert.equal(registry.relays()[1]?.deadMs, null);
      await fail(3, 10);
      assert.ok(ids().includes(2), 'the time is over, and there is a free slot');
      clock.advance(minuteMs);
      await fail(3, 0);
      await fail(2, 11);
      assert.deepEqual(ids(), [1, 3, 4, 5]);
      await registry.stop();
    });
  });
}
