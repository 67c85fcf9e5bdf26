import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type Database, insertRows, migrate } from '@nostrata/database';
import { fc, seededRandom, testSeed } from '@nostrata/testing';
import { collectorMigrations } from '../collector/schema.ts';
import { createEngines } from '../facts/test-engines.ts';
import { getQuantiles, type Histograms, type Phase } from '../histogram.ts';
import { writeOutcomes } from '../probes/ledger.ts';
import type { JudgedOutcome } from '../probes/rounds.ts';
import { firstHourOf } from '../spans.ts';
import { createRegistry } from './registry.ts';
import { createRelayReads } from './relay-reads.ts';
import { createTestClock, quietLogger } from './test-parts.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

async function setUp(database: Database, relays: number) {
  await migrate(database, { room: 'observatory-collector', migrations: collectorMigrations(database.dialect) });
  // A Wednesday.
  const clock = createTestClock(Date.UTC(2026, 10, 18, 12, 30));
  const seeds = Array.from({ length: relays }, (_, at) => ({ url: `wss://r${at + 1}.example.com` }));
  const registry = createRegistry({ database, clock, logger: quietLogger, seeds, discovers: false });
  await registry.start();
  const reads = createRelayReads({ database, clock });
  const deliver = async (rows: readonly (readonly number[])[]): Promise<void> => {
    const columns = ['relay', 'hour', 'received', 'events', 'novel', 'repeats', 'invalid', 'refused', 'bytes'];
    await insertRows(database, { table: 'collector_relay_hour', columns, conflict: 'DO NOTHING' }, rows);
  };
  const probe = async (relay: number, atMs: number, times: Partial<Record<Phase, number>> | string): Promise<void> => {
    const ok = typeof times !== 'string';
    const ms = new Map(ok ? (Object.entries(times) as [Phase, number][]) : []);
    const failure = ok ? null : times;
    const plain = { skipped: 0, skippedEveryMs: 600_000, before: 'up', isCounted: true } as const;
    const outcome: JudgedOutcome = { relay, atMs, ok, failure, ms, ...plain };
    await writeOutcomes(database, [outcome], []);
  };
  return { clock, registry, reads, deliver, probe, nowMs: clock.now(), hour: Math.floor(clock.now() / hourMs) };
}

for (const engine of await createEngines()) {
  describe(`reads of relays on ${engine.name}`, { skip: engine.skip }, () => {
    after(() => engine.stop());

    test('E2-7: uptime, p50 and p95 are of the probes of the range, not of the last connection', async () => {
      await using database = await engine.open();
      const { registry, reads, probe, nowMs } = await setUp(database, 3);
      for (let at = 1; at <= 20; at++) {
        await probe(1, nowMs - at * 60_000, at <= 18 ? { open: 100, read: 50 } : 'tcp: ECONNREFUSED');
        if (at <= 2) await probe(1, nowMs - at * 60_000, { open: 1_000, read: 500 });
      }
      // The day before yesterday it was slow and often away.
      for (let at = 0; at < 22; at++) await probe(1, nowMs - 2 * dayMs, at < 11 ? 'read: no answer' : { open: 3_000 });
      await registry.addUp();
      const day = await reads.relay('wss://r1.example.com', '24h');
      assert.ok(Math.abs((day?.uptime ?? 0) - 20 / 22) < 1e-9);
      assert.ok(Math.abs((day?.openMs.p50 ?? 0) - 100) <= 5);
      assert.ok(Math.abs((day?.openMs.p95 ?? 0) - 1_000) <= 50);
      assert.equal(day?.openMs.samples, 20);
      assert.ok(Math.abs((day?.readMs.p95 ?? 0) - 500) <= 25);
      const week = await reads.relay('wss://r1.example.com', '7d');
      assert.ok(Math.abs((week?.uptime ?? 0) - 31 / 44) < 1e-9);
      assert.equal(week?.openMs.samples, 31);
      const other = await reads.relay('wss://r2.example.com', '7d');
      assert.equal(other?.uptime, null);
      assert.deepEqual(other?.openMs, { p50: null, p95: null, samples: 0 });
      const summary = await reads.summary('7d');
      assert.ok(Math.abs((summary.uptime ?? 0) - 31 / 44) < 1e-9);
      assert.equal(summary.openMs.samples, 31);
      assert.equal(summary.known, 3);
      await registry.stop();
    });

    test('what relays delivered is summed up by range, sorted, and never from before it', async () => {
      await using database = await engine.open();
      const { registry, reads, deliver, hour, clock } = await setUp(database, 4);
      await deliver([
        [1, hour, 120, 100, 40, 20, 1, 0, 5_000],
        [1, hour - 23, 12, 10, 4, 2, 0, 0, 500],
        [1, hour - 24, 1_000, 900, 800, 100, 9, 0, 9_000],
        [2, hour - 1, 300, 200, 10, 100, 0, 0, 7_000],
        [3, hour - 24 * 100, 1, 1, 1, 0, 0, 0, 1],
      ]);
      await registry.addUp();
      const { relays } = await reads.relays({ range: '24h' });
      assert.deepEqual(
        relays.map(({ url, events, novel, repeats, invalid, bytes }) => [url, events, novel, repeats, invalid, bytes]),
        [
          ['wss://r2.example.com', 200, 10, 100, 0, 7_000],
          ['wss://r1.example.com', 110, 44, 22, 1, 5_500],
          ['wss://r3.example.com', 0, 0, 0, 0, 0],
          ['wss://r4.example.com', 0, 0, 0, 0, 0],
        ],
      );
      assert.equal(relays[0]?.lastEventMs, (hour - 1) * hourMs);
      assert.equal(relays[1]?.lastEventMs, clock.now());
      assert.equal(relays[3]?.lastEventMs, null);
      const seenMs = clock.now();
      clock.advance(20_000);
      await registry.addUp(['24h']);
      assert.equal((await reads.relay('wss://r1.example.com', '24h'))?.lastEventMs, seenMs);
      await database.query('UPDATE collector_relay_hour SET events = events + 1 WHERE relay = 1 AND hour = $1', [hour]);
      await registry.addUp(['24h']);
      assert.equal((await reads.relay('wss://r1.example.com', '24h'))?.lastEventMs, seenMs + 20_000);
      const novel = await reads.relays({ range: '7d', sort: 'novel', limit: 1 });
      assert.equal(novel.relays[0]?.url, 'wss://r1.example.com');
      assert.equal(novel.relays[0]?.novel, 844);
      assert.equal((await reads.relay('wss://r3.example.com', '90d'))?.events, 0);
      assert.equal((await reads.relay('wss://r3.example.com', 'all'))?.events, 1);
      const least = await reads.relays({ range: 'all', sort: 'events', descending: false, limit: 1 });
      assert.equal(least.relays[0]?.url, 'wss://r4.example.com');
      await registry.stop();
    });

    test('series have buckets in UTC, weeks from Monday, each probe once in every grouping', async () => {
      await using database = await engine.open();
      const { registry, reads, probe, deliver, nowMs, hour } = await setUp(database, 2);
      const url = 'wss://r1.example.com';
      const times = [0, 1, 30, 60 * 24, 60 * 24 * 2, 60 * 24 * 3, 60 * 24 * 20].map(
        (minutes) => nowMs - minutes * 60_000,
      );
      for (const atMs of times) await probe(1, atMs, { dns: 5, tcp: 10, tls: 20, open: 50, read: 9, eose: 11 });
      await probe(1, nowMs - 60_000, 'tcp: ETIMEDOUT');
      await deliver([
        [1, hour, 1, 1, 1, 0, 0, 0, 1],
        [1, hour - 24, 2, 2, 1, 0, 0, 0, 1],
      ]);
      for (const groupBy of ['hour', 'day', 'week', 'month'] as const) {
        const points = await reads.uptime(url, { groupBy });
        assert.equal(
          points.reduce((sum, point) => sum + point.probes, 0),
          8,
          groupBy,
        );
        assert.equal(
          points.reduce((sum, point) => sum + point.failures, 0),
          1,
          groupBy,
        );
        const samples = (await reads.latency(url, { groupBy })).reduce((sum, point) => sum + point.tlsMs.samples, 0);
        assert.equal(samples, 7);
        assert.equal(
          (await reads.events(url, { groupBy })).reduce((sum, { events }) => sum + events, 0),
          3,
        );
      }
      const weeks = await reads.uptime(url, { groupBy: 'week' });
      assert.deepEqual(
        weeks.map(({ at }) => at.slice(0, 10)),
        ['2026-10-26', '2026-11-09', '2026-11-16'],
      );
      const months = await reads.latency(url, { groupBy: 'month' });
      assert.deepEqual(
        months.map(({ at }) => at),
        ['2026-10-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z'],
      );
      // A limit is of hours that were, whether or not somebody probed in them.
      assert.equal((await reads.uptime(url, { groupBy: 'hour', limit: 2 })).length, 1);
      assert.equal((await reads.uptime(url, { groupBy: 'hour', limit: 25 })).length, 2);
      assert.equal((await reads.uptime(url, { groupBy: 'day', limit: 1 })).length, 1);
      const days = await reads.uptime(url, {
        groupBy: 'day',
        sinceMs: Date.UTC(2026, 10, 16),
        untilMs: Date.UTC(2026, 10, 18),
      });
      assert.deepEqual(
        days.map(({ at }) => at.slice(0, 10)),
        ['2026-11-16', '2026-11-17'],
      );
      assert.deepEqual(await reads.latency('wss://nobody.example.com', { groupBy: 'day' }), []);
      await registry.stop();
    });

    test('an outage marks every bucket that it touches, and the state while it lasts', async () => {
      await using database = await engine.open();
      const { registry, reads, probe, nowMs } = await setUp(database, 1);
      const url = 'wss://r1.example.com';
      const outcomes = ['', '', 'x', 'x', 'x', '', '', '', 'x', ''];
      for (const [at, failure] of outcomes.entries()) {
        await probe(
          1,
          nowMs - (outcomes.length - at) * 30 * 60_000,
          failure === '' ? { open: 1 } : 'tcp: ECONNREFUSED',
        );
      }
      const points = await reads.uptime(url, { groupBy: 'hour' });
      assert.deepEqual(
        points.map(({ outage }) => outage),
        [false, true, true, false, false, false],
      );
      assert.equal((await reads.relay(url, '24h'))?.state, 'online');
      await probe(1, nowMs, 'tcp: ECONNREFUSED');
      const down = await reads.relay(url, '24h');
      assert.equal(down?.state, 'outage');
      assert.equal(down?.lastFailure, 'tcp: ECONNREFUSED');
      assert.equal(down?.lastProbe, new Date(nowMs).toISOString());
      assert.equal((await reads.summary('24h')).outage, 1);
      await registry.stop();
    });

    test('software, NIPs and countries are shares of the relays that answer and say theirs', async () => {
      await using database = await engine.open();
      const { registry, reads, probe, nowMs } = await setUp(database, 5);
      const documents: readonly unknown[] = [
        { software: 'git+https://github.com/hoytech/strfry.git', supported_nips: [1, 11], relay_countries: ['DE'] },
        { software: 'https://github.com/Hoytech/Strfry/', supported_nips: [1] },
        { software: 'custom', supported_nips: [], relay_countries: ['DE', 'EU', 'FR'] },
        { name: 'says nothing' },
        { software: 'strfry', supported_nips: [1, 77] },
      ];
      for (const [at, information] of documents.entries()) {
        await registry.noteProbe(at + 1, { ok: true, information });
        // The last one was never heard of.
        if (at < 4) await probe(at + 1, nowMs, { open: 1 });
      }
      assert.deepEqual(await reads.software(), [
        { key: 'github.com/hoytech/strfry', name: 'strfry', relays: 2, share: 2 / 3 },
        { key: 'custom', name: 'custom', relays: 1, share: 1 / 3 },
      ]);
      assert.deepEqual(await reads.nips(), [
        { key: '1', name: 'NIP-01', relays: 2, share: 1 },
        { key: '11', name: 'NIP-11', relays: 1, share: 0.5 },
      ]);
      assert.deepEqual(await reads.countries(), [{ key: 'DE', name: 'Germany', relays: 1, share: 1 }]);
      await registry.stop();
    });

    test('overlap and replication are what a count over all events says, from the sample', async () => {
      await using database = await engine.open();
      const { registry, reads, nowMs } = await setUp(database, 3);
      const rows: [string, number, number][] = [];
      const add = (event: number, relays: readonly number[], atMs = nowMs): void => {
        const id = `00${event.toString(16).padStart(62, '0')}`;
        for (const relay of relays) rows.push([id, relay, atMs]);
      };
      for (let at = 0; at < 10; at++) add(at, at < 6 ? [1, 2] : at < 8 ? [1] : [1, 3]);
      add(99, [1, 2, 3], nowMs - 3 * dayMs);
      const columns = ['id', 'relay', 'first_seen_ms'];
      await insertRows(database, { table: 'collector_sighting', columns, conflict: 'DO NOTHING' }, rows);
      await registry.addUp();
      const { replication, overlap } = await reads.summary('24h');
      assert.equal(replication, 1.8);
      assert.deepEqual(overlap, [
        { a: 'wss://r1.example.com', b: 'wss://r2.example.com', share: 1 },
        { a: 'wss://r1.example.com', b: 'wss://r3.example.com', share: 1 },
        { a: 'wss://r2.example.com', b: 'wss://r3.example.com', share: 0 },
      ]);
      assert.equal((await reads.summary('7d')).replication, 21 / 11);
      await registry.stop();
    });

    test('of a large sample a bounded part is compared, and says the same', async () => {
      await using database = await engine.open();
      const { registry, reads, nowMs } = await setUp(database, 3);
      const rows: [string, number, number][] = [];
      for (let event = 0; event < 11_000; event++) {
        const id = `00${event.toString(16).padStart(6, '0').padEnd(62, '0')}`;
        const atMs = event % 10 === 0 ? nowMs - 2 * dayMs : nowMs;
        for (const relay of event % 4 === 1 ? [1, 2, 3] : [1, 2]) rows.push([id, relay, atMs]);
      }
      const columns = ['id', 'relay', 'first_seen_ms'];
      await insertRows(database, { table: 'collector_sighting', columns, conflict: 'DO NOTHING' }, rows);
      await registry.addUp(['24h']);
      const { replication, overlap } = await reads.summary('24h');
      const kept = rows.filter(([, , atMs]) => atMs === nowMs);
      const exact = kept.length / new Set(kept.map(([id]) => id)).size;
      assert.ok(Math.abs((replication ?? 0) - exact) < 0.01, `${replication} for ${exact}`);
      assert.deepEqual(
        overlap.map(({ share }) => share),
        [1, 1, 1],
      );
      await registry.stop();
    });

    test('who is connected is known from the process that asks, or else from what collectors wrote', async () => {
      await using database = await engine.open();
      const { registry, reads, clock, hour } = await setUp(database, 3);
      const columns = ['relay', 'hour', 'connected_seconds', 'gap_seconds'];
      const rows = [
        [1, hour, 60, 0],
        [2, hour - 5, 3_600, 0],
        [3, hour, 0, 60],
      ];
      await insertRows(database, { table: 'collector_connection_hour', columns, conflict: 'DO NOTHING' }, rows);
      const connected = async (from: typeof reads) =>
        (await from.relays({ range: '24h', sort: 'url' })).relays.map((relay) => relay.connected);
      assert.deepEqual(await connected(reads), [true, false, false]);
      assert.equal((await reads.summary('24h')).connected, 1);
      const own = createRelayReads({ database, clock, connected: () => new Set(['wss://r2.example.com']) });
      assert.deepEqual(await connected(own), [false, true, false]);
      await registry.stop();
    });

    test('summing up any cut of the outcomes gives the same figures', async () => {
      await using database = await engine.open();
      const { registry, reads, probe, nowMs } = await setUp(database, 1);
      const url = 'wss://r1.example.com';
      const all: Histograms = new Map();
      const random = seededRandom(testSeed());
      let failures = 0;
      for (let at = 0; at < 60; at++) {
        const open = 10 + random.integer(2_000);
        if (random.integer(4) === 0) {
          failures++;
          await probe(1, nowMs - random.integer(20 * 60) * 60_000, 'tcp: ETIMEDOUT');
          continue;
        }
        await probe(1, nowMs - random.integer(20 * 60) * 60_000, { open });
        const bucket = Math.round(Math.log2(open / 0.1) * 8);
        const histogram = all.get('open') ?? new Map<number, number>();
        histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1);
        all.set('open', histogram);
      }
      await registry.addUp(['24h', 'all']);
      for (const range of ['24h', 'all'] as const) {
        const row = await reads.relay(url, range);
        assert.deepEqual(row?.openMs, getQuantiles(all.get('open')));
        assert.ok(Math.abs((row?.uptime ?? 0) - (60 - failures) / 60) < 1e-9);
      }
      await registry.stop();
    });

    test('a list of 2,000 relays is one statement or two, and costs less than 50 ms, whatever is behind it', async () => {
      await using database = await engine.open();
      const { registry, deliver, hour } = await setUp(database, 2_000);
      const text = JSON.stringify({ open: [80, 100, 84, 44], read: [60, 144] });
      const day = Math.floor(hour / 24);
      const relays = Array.from({ length: 2_000 }, (_, at) => at + 1);
      for (let back = 0; back < 5; back++) {
        const columns = ['relay', 'day', 'probes', 'failures', 'histograms'];
        const rows = relays.map((relay) => [relay, day - back, 144, relay % 7, text]);
        await insertRows(database, { table: 'probe_day', columns, conflict: 'DO NOTHING' }, rows);
        await deliver(relays.map((relay) => [relay, hour - back, 9, 8, relay % 5, 1, 0, 0, 700]));
      }
      await registry.addUp(['90d']);
      let statements = 0;
      const query: Database['query'] = (sql, parameters) => {
        statements++;
        return database.query(sql, parameters);
      };
      const clock = createTestClock(hour * hourMs);
      const counted = createRelayReads({ database: { ...database, query }, clock, connected: () => new Set() });
      // What it costs this process, not how long it waits for a machine that others have too: the least of a few.
      let leastMs = Number.POSITIVE_INFINITY;
      for (let times = 1; times <= 8; times++) {
        const begin = process.cpuUsage();
        const { relays: rows, total } = await counted.relays({ range: '90d', sort: 'uptime', limit: 2_000 });
        const { user, system } = process.cpuUsage(begin);
        leastMs = Math.min(leastMs, (user + system) / 1_000);
        assert.equal(rows.length, 2_000);
        assert.equal(total, 2_000);
        assert.equal(rows[0]?.openMs.samples, 144 * 5);
        assert.ok(statements <= 2 * times, `${statements} statements`);
      }
      assert.ok(leastMs < 50, `${leastMs} ms`);
      await registry.stop();
    });
  });
}

describe('the hours of a range', () => {
  test('are the last 24 with the one that runs, or whole days in UTC with the one that runs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_600_000_000, max: 4_000_000_000 }), (seconds) => {
        const hour = Math.floor(seconds / 3_600);
        assert.equal(firstHourOf('24h', seconds * 1000), hour - 23);
        for (const [range, days] of [
          ['7d', 7],
          ['30d', 30],
          ['90d', 90],
        ] as const) {
          const first = firstHourOf(range, seconds * 1000);
          assert.equal(first % 24, 0);
          assert.equal(Math.floor(hour / 24) - first / 24, days - 1);
        }
        assert.equal(firstHourOf('all', seconds * 1000), 0);
      }),
      { seed: testSeed() },
    );
  });
});
