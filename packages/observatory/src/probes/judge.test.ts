import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { fc, testSeed } from '@nostrata/testing';
import { createEngines } from '../facts/test-engines.ts';
import {
  addMeasurement,
  formatHistograms,
  getQuantiles,
  type Histograms,
  mergeHistograms,
  parseHistograms,
} from '../histogram.ts';
import { migrateRegistry } from '../registry/tables.ts';
import { createTestClock, quietLogger } from '../registry/test-parts.ts';
import { createJudge } from './judge.ts';
import { probeLimits } from './limits.ts';
import { type Standing, stand } from './outages.ts';
import { intervalAfter, skippedBy } from './schedule.ts';

const minuteMs = 60_000;

describe('histograms', () => {
  test('merge by addition: any cut of the measurements gives the same quantiles, to 5 %', () => {
    const times = fc.array(fc.double({ min: 0.1, max: 30_000, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(times, fc.nat(200), (values, cut) => {
        const whole: Histograms = new Map();
        const parts: [Histograms, Histograms] = [new Map(), new Map()];
        values.forEach((value, at) => {
          addMeasurement(whole, 'open', value);
          addMeasurement(parts[at < cut ? 0 : 1], 'open', value);
        });
        mergeHistograms(parts[0], parseHistograms(formatHistograms(parts[1])));
        assert.equal(formatHistograms(parts[0]), formatHistograms(whole));
        const sorted = [...values].sort((a, b) => a - b);
        const { p50, p95, samples } = getQuantiles(whole.get('open'));
        assert.equal(samples, values.length);
        const isNear = (told: number | null, share: number): boolean => {
          const exact = sorted[Math.ceil(values.length * share) - 1] ?? 0;
          return Math.abs((told ?? 0) - exact) <= exact * 0.05 + 0.01;
        };
        assert.ok(isNear(p50, 0.5) && isNear(p95, 0.95), `${p50} ${p95} of ${sorted.join()}`);
      }),
      { seed: testSeed() },
    );
  });
});

describe('an outage', () => {
  const play = (beats: string): string[] => {
    let standing: Standing | undefined;
    const changes: string[] = [];
    [...beats].forEach((beat, atMs) => {
      const step = stand(standing, { atMs, ok: beat === 'S', failure: beat === 'S' ? null : 'tcp: ECONNREFUSED' });
      standing = step.standing;
      if (step.change) changes.push(`${step.change.fromMs}-${step.change.toMs ?? ''}`);
    });
    return changes;
  };

  test('needs two failures of three, begins with the first and ends where answers begin', () => {
    assert.deepEqual(play('SSFSSFSSF'), []);
    assert.deepEqual(play('SSFFSS'), ['2-', '2-4']);
    assert.deepEqual(play('SFSFSS'), ['1-', '1-4']);
    assert.deepEqual(play('FF'), ['0-']);
    assert.deepEqual(play('FFSFSSFSS'), ['0-', '0-4']);
  });

  test('holds exactly while two of the last three failed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('S', 'F'), { maxLength: 40 }), (beats) => {
        let standing: Standing | undefined;
        beats.forEach((beat, atMs) => {
          standing = stand(standing, { atMs, ok: beat === 'S', failure: null }).standing;
          const failed = beats.slice(Math.max(0, atMs - 2), atMs + 1).filter((one) => one === 'F').length;
          assert.equal(standing.outageFromMs !== null, failed >= 2);
        });
      }),
      { seed: testSeed() },
    );
  });
});

describe('the schedule', () => {
  test('asks soon after the first failure, and ever less often where nobody answers, at least once a day', () => {
    assert.equal(intervalAfter(0, probeLimits), 10 * minuteMs);
    assert.equal(intervalAfter(1, probeLimits), 2.5 * minuteMs);
    assert.equal(intervalAfter(10, probeLimits), 10 * minuteMs);
    let last = 0;
    for (let failures = 10; failures < 100; failures++) {
      const next = intervalAfter(failures, probeLimits);
      assert.ok(next >= last && next <= 24 * 60 * minuteMs);
      last = next;
    }
    assert.equal(last, 24 * 60 * minuteMs);
    assert.equal(skippedBy(last, probeLimits.everyMs), 143);
    assert.equal(skippedBy(intervalAfter(1, probeLimits), probeLimits.everyMs), 0);
  });
});

for (const engine of await createEngines()) {
  describe(`what probes found, judged on ${engine.name}`, { skip: engine.skip }, () => {
    after(() => engine.stop());

    const setUp = async () => {
      const database = await engine.open();
      await migrateRegistry(database);
      const clock = createTestClock();
      const standings = new Map<number, Standing>();
      const limits = { ...probeLimits, roundProbesMin: 1 };
      const judge = createJudge({
        database,
        clock,
        logger: quietLogger,
        limits,
        onStanding: (relay, standing) => void standings.set(relay, standing),
      });
      /** Probes relays 1 to `count` once; those below or at `failing` fail. */
      const round = async (count: number, failing: number): Promise<void> => {
        clock.advance(10 * minuteMs);
        for (let relay = 1; relay <= count; relay++) {
          const ok = relay > failing;
          const ms = new Map(ok ? ([['open', relay]] as const) : []);
          const failure = ok ? null : 'tcp: ECONNREFUSED';
          judge.take({ relay, atMs: clock.now(), ok, failure, ms, skipped: 0, skippedEveryMs: 10 * minuteMs });
        }
        clock.advance(minuteMs);
        await judge.tick(count);
      };
      const outages = () => database.query('SELECT relay, to_ms IS NULL AS open FROM probe_outage ORDER BY relay');
      const sums = async (table: 'probe_hour' | 'probe_day') => {
        const columns = 'CAST(sum(probes) AS BIGINT) AS probes, CAST(sum(failures) AS BIGINT) AS failures';
        const [row] = await database.query<{ probes: number; failures: number }>(`SELECT ${columns} FROM ${table}`);
        return { ...row };
      };
      return { database, clock, judge, standings, round, outages, sums };
    };

    test('hours and days have every probe once, and merge over rounds', async () => {
      const { database, judge, round, sums } = await setUp();
      for (let at = 0; at < 12; at++) await round(5, 0);
      await round(5, 1);
      await judge.flush();
      assert.deepEqual(await sums('probe_hour'), { probes: 65, failures: 1 });
      assert.deepEqual(await sums('probe_day'), { probes: 65, failures: 1 });
      const rows = await database.query<{ histograms: string }>('SELECT histograms FROM probe_day WHERE relay = 3');
      const merged: Histograms = new Map();
      for (const { histograms } of rows) mergeHistograms(merged, parseHistograms(histograms));
      assert.equal(getQuantiles(merged.get('open')).samples, 13);
      await database.close();
    });

    test('a relay that fails twice is out, and one failure is none', async () => {
      const { database, judge, round, outages, standings } = await setUp();
      await round(20, 0);
      await round(20, 2);
      await round(20, 1);
      await round(20, 1);
      await judge.flush();
      assert.deepEqual(
        (await outages()).map(({ relay }) => relay),
        [1],
      );
      assert.equal(standings.get(1)?.failures, 3);
      assert.equal(standings.get(1)?.lastFailure, 'tcp: ECONNREFUSED');
      for (let at = 0; at < 3; at++) await round(20, 0);
      await judge.flush();
      assert.equal(standings.get(1)?.outageFromMs, null);
      const [row] = await database.query<{ from_ms: number; to_ms: number }>('SELECT from_ms, to_ms FROM probe_outage');
      assert.equal((row?.to_ms ?? 0) - (row?.from_ms ?? 0), 33 * minuteMs);
      await database.close();
    });

    test('when more than 30 % fail at once it is our own network: no outages, and nothing is counted', async () => {
      const { database, judge, round, outages, sums, standings } = await setUp();
      await round(20, 0);
      // A fault that begins in the middle of a round, holds for some, and ends in the middle of one.
      for (const failing of [5, 20, 20, 20, 5]) await round(20, failing);
      await round(20, 0);
      await judge.flush();
      assert.deepEqual(await outages(), []);
      assert.deepEqual(await sums('probe_hour'), { probes: 70, failures: 0 });
      assert.equal((await database.query('SELECT * FROM probe_round')).length, 3);
      assert.equal(standings.get(1)?.failures, 0);
      await database.close();
    });

    test('what most relays do not notice for an hour is no fault of ours; what most notice is, however long', async () => {
      const { database, judge, round, outages } = await setUp();
      await round(20, 0);
      for (let at = 0; at < 5; at++) await round(20, 8);
      await judge.flush();
      assert.equal((await outages()).length, 0);
      for (let at = 0; at < 5; at++) await round(20, 8);
      await judge.flush();
      assert.equal((await outages()).length, 8);
      for (let at = 0; at < 20; at++) await round(20, 19);
      await judge.flush();
      assert.equal((await outages()).length, 8);
      await database.close();
    });

    test('exactly 30 % are the relays themselves', async () => {
      const { database, judge, round, outages } = await setUp();
      await round(20, 0);
      await round(20, 6);
      await round(20, 6);
      await judge.flush();
      assert.equal((await outages()).length, 6);
      await database.close();
    });

    test('relays that were down before do not make it our own network', async () => {
      const { database, judge, round, outages } = await setUp();
      // From the first round on half of the list is dead.
      for (let at = 0; at < 4; at++) await round(40, 20);
      await judge.flush();
      assert.equal((await outages()).length, 20);
      assert.equal((await database.query('SELECT * FROM probe_round')).length, 0);
      await database.close();
    });

    test('probes that are left out for a dead relay count as failed ones', async () => {
      const { database, clock, judge, sums } = await setUp();
      const outcome = { relay: 1, failure: 'tcp: ETIMEDOUT', ms: new Map(), skippedEveryMs: 10 * minuteMs };
      judge.take({ ...outcome, atMs: clock.now(), ok: false, skipped: 143 });
      await judge.flush();
      judge.take({ ...outcome, atMs: clock.now(), ok: true, skipped: 143 });
      await judge.flush();
      assert.deepEqual(await sums('probe_day'), { probes: 145, failures: 144 });
      assert.deepEqual(await sums('probe_hour'), { probes: 145, failures: 144 });
      assert.equal((await database.query('SELECT * FROM probe_day')).length, 2);
      await database.close();
    });

    test('a database that is away costs nothing: outcomes wait', async () => {
      const { database, clock, judge, sums } = await setUp();
      await database.query('ALTER TABLE probe_hour RENAME TO probe_away');
      judge.take({
        relay: 1,
        atMs: clock.now(),
        ok: true,
        failure: null,
        ms: new Map(),
        skipped: 0,
        skippedEveryMs: 1,
      });
      await assert.rejects(judge.flush());
      await database.query('ALTER TABLE probe_away RENAME TO probe_hour');
      await judge.flush();
      assert.deepEqual(await sums('probe_hour'), { probes: 1, failures: 0 });
      await database.close();
    });
  });
}
