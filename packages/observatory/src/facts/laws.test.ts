import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Database, SqlRow } from '@nostrata/database';
import type { NostrEvent, VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore, type EventStore } from '@nostrata/store';
import { createUncheckedEvent, fc, seededRandom, testSeed, uncheckedPubkey } from '@nostrata/testing';
import { createViews } from '@nostrata/views';
import { toDay, toHour, undated } from './buckets.ts';
import { createFacts } from './facts.ts';
import { toHex } from './ids.ts';
import { loadStatisticsSecret } from './secret.ts';
import { createSketch } from './sketch.ts';
import { createStatisticsViews } from './statistics-view.ts';
import { type Metric, migrateFacts } from './tables.ts';
import { createEngines } from './test-engines.ts';
import { createHistory, createInvoice, createZap, edges } from './test-history.ts';
import { readFacts, sumByBucket, sumByKey } from './test-rows.ts';
import { zapBuckets } from './zap-receipts.ts';

const metrics: readonly Metric[] = ['events', 'bytes', 'client', 'replies', 'zaps', 'zap_msat', 'zaps_invalid'];

/** A store with the statistics beside it. */
async function createWorld(database: Database, store = createMemoryStore({ now: () => 1_800_000_000_000 })) {
  await migrateFacts(database);
  const facts = createFacts({ database });
  const all = createStatisticsViews({ secret: new Uint8Array(32), verify: () => true });
  const views = await createViews({ store, database, views: all });
  return {
    store,
    /** Does what a collector does with events. */
    async tell(...events: readonly VerifiedEvent[]): Promise<void> {
      const results = await store.put(events.map((event) => ({ event })));
      const beside = events.filter((_, i) => ['superseded', 'ephemeral'].includes(results[i]?.outcome ?? ''));
      await facts.observe(beside);
      await views.caughtUp();
    },
    observe: async (...events: readonly NostrEvent[]) => await facts.observe(events),
    [Symbol.asyncDispose]: async () => await views.stop(),
  };
}

const total = (sums: ReadonlyMap<unknown, number>): number =>
  [...sums.values()].reduce((sum, amount) => sum + amount, 0);

const engines = await createEngines();
after(async () => {
  for (const engine of engines) await engine.stop();
});

for (const { name, skip, open } of engines) {
  describe(name, { skip }, () => {
    test('an event that comes again changes nothing: not at once, not after a restart, not beside the log', async () => {
      await using database = await open();
      const history = createHistory(seededRandom(`again ${testSeed()}`), 120);
      const first = await createWorld(database);
      await first.tell(...history);
      const before = await readFacts(database);
      await first[Symbol.asyncDispose]();
      await using world = await createWorld(database, first.store);
      await world.tell(...history.filter(({ kind }) => kind !== 5 && kind !== 62));
      assert.equal(await world.observe(...(await readIds(database, history))), 0);
      assert.deepEqual(await readFacts(database), before);
    });

    test('authors are counted once each day, however often and in however many versions their events come', async () => {
      await using database = await open();
      await using world = await createWorld(database);
      const noon = Date.UTC(2026, 0, 1, 12) / 1_000;
      const note = createUncheckedEvent('alice', { created_at: noon });
      const profiles = [1, 2, 3].map((i) => createUncheckedEvent('alice', { kind: 0, created_at: noon + i }));
      await world.tell(
        note,
        note,
        ...profiles,
        createUncheckedEvent('bob', { created_at: noon }),
        ...profiles.toReversed(),
        note,
      );
      const rows = await database.query('SELECT day, author, events FROM view_statistics_author_day');
      assert.equal(rows.length, 2);
      const [author] = await database.query(
        'SELECT first_day, profiles, follows FROM view_statistics_author WHERE profiles > 0',
      );
      assert.deepEqual({ ...author }, { first_day: toDay(toHour(noon)), profiles: 1, follows: 0 });
      const [sketch] = await database.query<{ registers: Uint8Array }>('SELECT registers FROM view_statistics_sketch');
      assert.equal(Math.round(createSketch(sketch?.registers).estimate()), 2);
    });

    test('keys that serve once make nobody a user', async () => {
      await using database = await open();
      await using world = await createWorld(database);
      await world.tell(
        ...[445, 1059, 20_001, 29_999].map((kind) => createUncheckedEvent(`throw-away ${kind}`, { kind })),
      );
      for (const table of ['statistics_author', 'view_statistics_author', 'view_statistics_author_day']) {
        assert.deepEqual(await database.query(`SELECT * FROM ${table}`), [], table);
      }
      assert.equal(total(await sumByKey(database, 'events')), 4);
    });

    test('the sum by the hour is the sum by the day is the sum by key, for all that is counted', async () => {
      await using database = await open();
      await using world = await createWorld(database);
      await world.tell(...createHistory(seededRandom(`sums ${testSeed()}`), 300));
      for (const metric of metrics) {
        const sums = [await sumByKey(database, metric)];
        for (const bucket of ['hour', 'day'] as const) sums.push(await sumByBucket(database, metric, bucket));
        const [first = 0, ...others] = sums.map(total);
        assert.ok(first > 0, metric);
        assert.deepEqual(others, [first, first], metric);
      }
      const [authors] = await database.query<{ events: number }>(
        `SELECT CAST(sum(events) AS BIGINT) AS events FROM (SELECT events FROM view_statistics_author_day
         UNION ALL SELECT events FROM statistics_observed_author_day) AS rows`,
      );
      const kinds = await sumByKey(database, 'events');
      for (const kind of [445, 1059, 20_001]) kinds.delete(kind);
      assert.equal(authors?.events, total(kinds));
    });

    test('in whatever order the same events arrive, the three ledgers add up to the same', async () => {
      const random = seededRandom(`orders ${testSeed()}`);
      // What a deletion request says of an event that never came is not known.
      const history = createHistory(random, 200).filter(({ kind }) => kind !== 5 && kind !== 62);
      const results = [];
      for (let order = 0; order < 3; order += 1) {
        await using database = await open();
        await using world = await createWorld(database);
        const places = new Map(history.map((event) => [event, order === 0 ? 0 : random.next()]));
        const ordered = history.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
        for (let next = 0; next < ordered.length; next += 40) await world.tell(...ordered.slice(next, next + 40));
        results.push(await readSums(database));
      }
      assert.deepEqual(results[1], results[0]);
      assert.deepEqual(results[2], results[0]);
    });

    test('no event is poison: whatever its tags and content hold, it is counted and those after it are', async () => {
      await using database = await open();
      await using world = await createWorld(database);
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.constantFrom('\0', '\ud800', 'e', 'p', 'a', `31990:${'0'.repeat(64)}:\0`, `31990:${'0'.repeat(64)}:\udfff`),
        fc.constantFrom('', '{}', '{"kind":9734}', 'lnbc1', 'lnbc20u1', createInvoice('9007199254740991', 1)),
      );
      const tag = fc.tuple(
        fc.constantFrom('client', 'client', 'e', 'bolt11', 'description', 'p', 'expiration'),
        text,
        text,
      );
      const parts = fc.record({
        kind: fc.constantFrom(0, 1, 3, 7, 1111, 9735, 20_000, 30_023, 65_535),
        created_at: fc.oneof(fc.integer(), fc.maxSafeInteger()).map(Math.abs),
        tags: fc.array(tag, { maxLength: 6 }),
        content: text,
      });
      const samples = fc.sample(parts, { seed: testSeed(), numRuns: 400 });
      const events = [
        ...new Map(samples.map((sample) => createUncheckedEvent('alice', sample)).map((e) => [e.id, e])).values(),
      ];
      for (let next = 0; next < events.length; next += 100) await world.tell(...events.slice(next, next + 100));
      assert.equal(
        total(await sumByKey(database, 'events')),
        events.length - (await countExpired(world.store, events)),
      );
      const [clients] = await database.query<{ clients: number }>('SELECT count(*) AS clients FROM statistics_client');
      assert.ok((clients?.clients ?? 0) > 20);
    });

    test('a batch takes some statements for each table, not for each event', async () => {
      await using database = await open();
      const counter = { statements: 0 };
      await using world = await createWorld(countStatements(database, counter));
      await world.tell(createUncheckedEvent('alice'));
      counter.statements = 0;
      const events = Array.from({ length: 1_000 }, (_, i) =>
        createUncheckedEvent(`author ${i % 300}`, { content: `${i}` }),
      );
      await world.tell(...events);
      assert.ok(counter.statements < 120, `${counter.statements} statements`);
      assert.equal(total(await sumByKey(database, 'events')), 1_001);
    });

    test('the amount of a zap is that of its invoice, with its multiplier; more than a million satoshi is in no sum', async () => {
      await using database = await open();
      await using world = await createWorld(database);
      const zap = (amount: string, payment: number) =>
        createZap('alice', { to: 'bob', invoice: createInvoice(amount, payment) });
      const bucketOf = (sat: number): number => zapBuckets.findLastIndex((from) => from <= sat);
      await world.tell(zap('20u', 1));
      assert.deepEqual([...(await sumByKey(database, 'zap_msat'))], [[bucketOf(2_000), 2_000_000]]);
      await world.tell(zap('10m', 2));
      assert.deepEqual((await sumByKey(database, 'zap_msat')).get(bucketOf(1_000_000)), 1_000_000_000);
      await world.tell(zap('10000000010p', 3), zap('21', 4), zap('', 5));
      assert.equal(total(await sumByKey(database, 'zap_msat')), 1_002_000_000);
      assert.deepEqual([...(await sumByKey(database, 'zaps_suspect'))], [[0, 2]]);
      assert.equal(total(await sumByKey(database, 'zap_sat_suspect')), 1_000_000 + 100_000_000);
      assert.equal(total(await sumByKey(database, 'zaps_invalid')), 1);
    });

    test('of several receipts for one payment one counts, whichever comes first and whichever leaves', async () => {
      await using database = await open();
      await using world = await createWorld(database);
      const invoice = createInvoice('20u', 1);
      const receipts = ['alice', 'carol', 'dave'].map((from) => createZap(from, { to: 'bob', invoice }));
      for (const [index, receipt] of receipts.entries()) {
        await world.tell(receipt);
        assert.equal(total(await sumByKey(database, 'zaps')), 1);
        assert.equal(total(await sumByKey(database, 'zaps_duplicate')), index);
      }
      for (const [index, { id }] of receipts.toSorted((a, b) => (a.id < b.id ? -1 : 1)).entries()) {
        await world.tell(createUncheckedEvent('server', { kind: 5, tags: [['e', id]] }));
        assert.equal(total(await sumByKey(database, 'zaps')), index === 2 ? 0 : 1);
      }
      assert.deepEqual(await database.query('SELECT * FROM view_statistics_zap'), []);
    });

    test('days end at midnight in UTC, leap days are days, and what is no time is in totals only', async () => {
      await using database = await open();
      await using world = await createWorld(database);
      await world.tell(
        ...edges.map((created_at, index) => createUncheckedEvent('alice', { created_at, content: `${index}` })),
      );
      const expected = new Map<number, number>();
      for (const created_at of edges) {
        const isDated = created_at >= Date.UTC(2020, 10, 7) / 1_000 && created_at <= 2 ** 33;
        const text = isDated ? new Date(created_at * 1_000).toISOString().slice(0, 10) : '';
        const day = isDated ? Date.parse(text) / 86_400_000 : undated;
        expected.set(day, (expected.get(day) ?? 0) + 1);
      }
      const days = await sumByBucket(database, 'events', 'day');
      assert.deepEqual(
        [...days],
        [...expected].sort(([a], [b]) => a - b),
      );
      assert.equal(days.get(undated), 4);
      assert.equal(total(await sumByKey(database, 'events')), edges.length);
      assert.ok(days.has(Date.UTC(2024, 1, 29) / 86_400_000) && days.has(Date.UTC(2106, 1, 7) / 86_400_000));
    });

    test('one more event costs the same after a year as on the first day, and touches no other bucket', async () => {
      await using database = await open();
      const counter = { statements: 0 };
      await using world = await createWorld(countStatements(database, counter));
      const tellOne = async (created_at: number): Promise<number> => {
        counter.statements = 0;
        await world.tell(createUncheckedEvent('alice', { created_at }));
        return counter.statements;
      };
      const first = await tellOne(Date.UTC(2025, 0, 1) / 1_000);
      const days = Array.from({ length: 365 }, (_, i) => Date.UTC(2025, 1, 1 + i) / 1_000);
      await world.tell(...days.map((created_at) => createUncheckedEvent('bob', { created_at })));
      const before = await readFacts(database);
      assert.ok((await tellOne(Date.UTC(2026, 6, 1) / 1_000)) <= first);
      const now = await readFacts(database);
      const lost = Object.keys(before).flatMap(
        (table) => before[table]?.filter((row) => !now[table]?.includes(row)) ?? [],
      );
      assert.equal(lost.length, 3, `only totals: ${lost}`);
    });

    test('the secret is made once', async () => {
      await using database = await open();
      await migrateFacts(database);
      const secret = await loadStatisticsSecret(database, new Uint8Array(32).fill(1));
      assert.deepEqual(await loadStatisticsSecret(database, new Uint8Array(32).fill(2)), secret);
    });

    test('what is counted beside the log comes out when the log takes it, and counts for its author until then', async () => {
      await using database = await open();
      await using world = await createWorld(database);
      const [older, newer] = [1, 2].map((hour) =>
        createUncheckedEvent('alice', { kind: 0, created_at: 1_700_000_000 + hour * 90_000 }),
      );
      assert.ok(older && newer);
      await world.tell(newer);
      await world.tell(older);
      assert.equal(await world.observe(older, newer), 0);
      const rows = await database.query('SELECT first_day FROM statistics_observed_author');
      assert.deepEqual(
        rows.map((row) => ({ ...row })),
        [{ first_day: toDay(toHour(older.created_at)) }],
      );
      assert.deepEqual([...(await sumByKey(database, 'events'))], [[0, 2]]);
      await world.store.withdraw(newer, older);
      await world.tell();
      assert.deepEqual([...(await sumByKey(database, 'events'))], [[0, 1]]);
      assert.deepEqual(await database.query('SELECT * FROM statistics_observed_total'), []);
      assert.equal(uncheckedPubkey('alice'), older.pubkey);
    });
  });
}

/** Those that the store refuses because they have expired. */
async function countExpired(store: EventStore, events: readonly VerifiedEvent[]): Promise<number> {
  const results = await store.put(events.map((event) => ({ event })));
  return results.filter(({ outcome }) => outcome === 'expired').length;
}

/** What readers add up: every sum by key and bucket, the events of each author by the day, and everybody's first day. */
async function readSums(database: Database) {
  const clients = await database.query<{ client: number; key: string }>('SELECT client, key FROM statistics_client');
  const keys = new Map<unknown, string>(clients.map(({ client, key }) => [client, key]));
  const sums: Record<string, unknown> = {};
  for (const metric of metrics) {
    const rows = [...(await sumByKey(database, metric))];
    sums[metric] = rows.map(([key, sum]) => [metric === 'client' ? keys.get(key) : key, sum].join(' ')).sort();
    sums[`${metric} by hour`] = await sumByBucket(database, metric, 'hour');
  }
  const authorDays = await database.query(
    `SELECT day, pubkey, CAST(sum(events) AS BIGINT) AS events FROM (SELECT * FROM view_statistics_author_day
     UNION ALL SELECT * FROM statistics_observed_author_day) AS rows
     JOIN statistics_author ON statistics_author.author = rows.author GROUP BY day, pubkey ORDER BY day, pubkey`,
  );
  const firstDays = await database.query(
    `SELECT pubkey, min(first_day) AS first_day, max(profiles) AS profiles FROM (
       SELECT author, first_day, profiles FROM view_statistics_author
       UNION ALL SELECT author, first_day, 0 FROM statistics_observed_author) AS rows
     JOIN statistics_author ON statistics_author.author = rows.author
     WHERE first_day <> ${undated} GROUP BY pubkey ORDER BY pubkey`,
  );
  const toText = (rows: readonly SqlRow[]) => rows.map((row) => JSON.stringify(Object.values(row).map(toPlain)));
  return { ...sums, authorDays: toText(authorDays), firstDays: toText(firstDays) };
}

function toPlain(value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value) : value;
}

/** Those of the events that are known already, in the log or beside it. */
async function readIds(database: Database, events: readonly NostrEvent[]): Promise<NostrEvent[]> {
  const rows = await database.query<{ id: Uint8Array }>(
    'SELECT id FROM view_statistics_event UNION ALL SELECT id FROM statistics_observed_event',
  );
  const ids = new Set(rows.map(({ id }) => toHex(id)));
  return events.filter(({ id }) => ids.has(id.slice(0, 32)));
}

function countStatements(database: Database, counter: { statements: number }): Database {
  const count = (queryable: Pick<Database, 'query'>): Pick<Database, 'query'> => ({
    query: async (sql, parameters) => {
      counter.statements += 1;
      return await queryable.query(sql, parameters);
    },
  });
  return {
    ...database,
    ...count(database),
    transaction: async (work) => await database.transaction(async (transaction) => await work(count(transaction))),
  };
}
