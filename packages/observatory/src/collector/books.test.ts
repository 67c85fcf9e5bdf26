import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import { createEventBuilder, createTestNetwork, startPostgres, waitUntil } from '@nostrata/testing';
import { createBooks } from './books.ts';
import { createLedger, type HourCounts, type Ledger } from './ledger.ts';
import { collectFrom, openPlace, readTotals, settle, sumOf } from './test-collection.ts';

const postgres = await startPostgres();
after(async () => {
  if (postgres.isAvailable) await postgres.stop();
});

const engines: Readonly<Record<string, () => Promise<Database>>> = {
  SQLite: async () => openSqlite(':memory:'),
  PostgreSQL: async () => {
    assert.ok(postgres.isAvailable);
    return openPostgres(await postgres.createDatabase());
  },
};

for (const [engine, open] of Object.entries(engines)) {
  const skip = engine === 'PostgreSQL' && !postgres.isAvailable && postgres.reason;
  describe(`the books of collectors in ${engine}`, { skip }, () => {
    test('only the owner of a relay writes, and who takes it over reads everything that was written', async () => {
      await using database = await open();
      const one = createBooks(database, 'one');
      const two = createBooks(database, 'two');
      const keys = [await one.open(() => 0.25), await two.open(() => 0.75)];
      assert.deepEqual(keys[0], keys[1]);
      const claimed = await one.claim([3, 1, 2], 100);
      assert.deepEqual(
        [...claimed].sort(),
        [1, 2, 3].map((relay) => [relay, { since: 100, accountedMs: undefined, fingerprints: [] }]),
      );
      const entry = (marks: readonly (readonly [number, number])[]) => ({
        cut: cutOf((ledger) => {
          for (const relay of [1, 2]) {
            count(ledger, relay, { received: 3, events: 2, novel: 1, repeats: 1, bytes: 10 });
            ledger.pair(relay, { high: relay, low: 0xffff_ffff }, 150);
            ledger.coverage({ relay, hour: 5, connected: 60, gap: 1 });
          }
        }),
        watermarks: new Map(marks),
        accountedMs: 7_000,
      });
      assert.equal(
        (
          await one.write(
            entry([
              [1, 140],
              [2, 141],
            ]),
          )
        ).size,
        0,
      );
      const taken = await two.claim([2], 0);
      assert.deepEqual(taken.get(2), { since: 141, accountedMs: 7_000, fingerprints: [{ high: 2, low: 0xffff_ffff }] });
      assert.deepEqual(await one.findLost([1, 2, 3]), new Set([2]));
      assert.deepEqual(
        await one.write(
          entry([
            [1, 150],
            [2, 999],
          ]),
        ),
        new Set([2]),
      );
      const totals = await readTotals({ database });
      assert.deepEqual([totals.get(1)?.events, totals.get(2)?.events], [4, 2]);
      const rows = await database.query('SELECT relay, since FROM collector_watermark ORDER BY relay');
      assert.deepEqual(
        rows.map(({ relay, since }) => [Number(relay), Number(since)]),
        [
          [1, 150],
          [2, 141],
          [3, 100],
        ],
      );
      const [covered] = await database.query(
        'SELECT SUM(connected_seconds) AS connected FROM collector_connection_hour',
      );
      assert.equal(Number(covered?.connected), 180);
    });

    test('what the sample has seen before was a repeat after all', async () => {
      await using database = await open();
      const books = createBooks(database, 'one');
      await books.open(() => 0.5);
      await books.claim([1], 0);
      const sighting = { id: '00'.repeat(32), relay: 1, firstSeenMs: 1, isNovel: false };
      for (const _ of [1, 2]) {
        const cut = cutOf((ledger) => {
          count(ledger, 1, { received: 2, events: 2 });
          ledger.sighting(sighting);
        });
        await books.write({ cut, watermarks: new Map(), accountedMs: 0 });
      }
      const totals = await readTotals({ database });
      assert.deepEqual([totals.get(1)?.events, totals.get(1)?.repeats, totals.get(1)?.received], [3, 1, 4]);
    });

    test('fingerprints go when their relay is not asked for them again, and the quarantine is bounded', async () => {
      await using database = await open();
      const books = createBooks(database, 'one');
      await books.open(() => 0.5);
      await books.claim([1, 2], 0);
      const cut = cutOf((ledger) => {
        ledger.pair(1, { high: 1, low: 1 }, 500);
        ledger.pair(2, { high: 1, low: 1 }, 500);
        for (let atMs = 0; atMs < 10; atMs++)
          ledger.quarantine({ id: `${atMs}`, sig: '', relay: 1, kind: 1, reason: 'odd', atMs });
      });
      await books.write({
        cut,
        watermarks: new Map([
          [1, 700],
          [2, 600],
        ]),
        accountedMs: 0,
      });
      await books.prune({ overlapSeconds: 150, oldestSecond: 0, quarantineRows: 3 });
      const left = await database.query('SELECT relay FROM collector_pair');
      assert.deepEqual(
        left.map(({ relay }) => Number(relay)),
        [2],
      );
      const odd = await database.query('SELECT id FROM collector_quarantine ORDER BY at_ms');
      assert.ok(odd.length <= 4 && odd.at(-1)?.id === '9');
    });

    test('sightings go when they are old enough, some rows at a time, and while others are written', async () => {
      await using database = await open();
      const books = createBooks(database, 'one');
      await books.open(() => 0.5);
      await books.claim([1, 2], 0);
      const idOf = (place: number): string => `00${place.toString(16).padStart(2, '0')}`.padEnd(64, 'a');
      const see = (places: readonly number[], firstSeenMs: number) =>
        books.write({
          cut: cutOf((ledger) => {
            for (const place of places) {
              for (const relay of [1, 2]) ledger.sighting({ id: idOf(place), relay, firstSeenMs, isNovel: false });
            }
          }),
          watermarks: new Map(),
          accountedMs: 0,
        });
      const places = Array.from({ length: 256 }, (_, place) => place);
      await see(
        places.filter((place) => place % 4 !== 0),
        999,
      );
      await see(
        places.filter((place) => place % 4 === 0),
        1_000,
      );
      const readRows = async (): Promise<readonly string[]> =>
        (await database.query('SELECT id, relay FROM collector_sighting ORDER BY id, relay')).map(
          ({ id, relay }) => `${id} ${relay}`,
        );
      let rows = await readRows();
      assert.equal(rows.length, 512);
      const step = { beforeMs: 1_000, rows: 50 };
      let steps = 0;
      for (; rows.length > 128; steps++) {
        // What is new comes in at any place of the walk, and stays.
        await Promise.all([books.pruneSightings(step), see([(steps * 64) % 256], 1_000)]);
        const left = await readRows();
        assert.ok(rows.length - left.length <= 50, 'one step takes no more rows than it looks at');
        rows = left;
        assert.ok(steps < 30, 'the walk comes to everything');
      }
      assert.ok(steps >= 384 / 50);
      assert.ok(rows.every((row) => Number.parseInt(row.slice(2, 4), 16) % 4 === 0));
      await see([1], 10);
      for (let again = 0; again < 5; again++) await books.pruneSightings(step);
      assert.equal((await readRows()).length, 128, 'what grows old later is found by the next walk');
    });

    test('a collection over it counts every event of every relay once, also after a restart', async () => {
      await using network = await createTestNetwork({ seed: 'books', relays: 3 });
      const builder = createEventBuilder('books', Math.floor(Date.now() / 1000) - 1_000);
      const notes = Array.from({ length: 300 }, (_, index) => builder.note(`note ${index}`));
      for (const relay of network.relays) relay.put(...notes);
      await using place = await openPlace();
      await using database = await open();
      for (let run = 0; run < 2; run++) {
        await using collector = collectFrom({ ...place, database }, { network, limits: { overlapSeconds: 5_000 } });
        await collector.start();
        await settle(collector, 3);
        const live = builder.note(`run ${run}`);
        for (const relay of network.relays) relay.announce(live);
        const wanted = 900 + 3 * (run + 1);
        await waitUntil(
          async () => (await collector.flush()) && sumOf(await readTotals({ database }), 'events') === wanted,
        );
      }
      const totals = await readTotals({ database });
      assert.deepEqual([sumOf(totals, 'events'), sumOf(totals, 'novel')], [906, 302]);
    });
  });
}

function cutOf(fill: (ledger: Ledger) => void): ReturnType<Ledger['cut']> {
  const ledger = createLedger();
  fill(ledger);
  return ledger.cut();
}

function count(ledger: Ledger, relay: number, counts: Partial<HourCounts>): void {
  Object.assign(ledger.counts(relay, 5), counts);
}
