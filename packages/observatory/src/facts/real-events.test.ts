import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Database } from '@nostrata/database';
import {
  getTagValue,
  type NostrEvent,
  parseInvoice,
  type VerifiedEvent,
  validateZapReceipt,
  verifyEvent,
} from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { readJsonLines, readText, requireSharedData, seededRandom, skipWithout, testSeed } from '@nostrata/testing';
import { createViews } from '@nostrata/views';
import { toDay, toHour, undated } from './buckets.ts';
import { isUserKind } from './events.ts';
import { createFacts } from './facts.ts';
import { toHex } from './ids.ts';
import { createStatisticsViews } from './statistics-view.ts';
import { type Metric, migrateFacts, ZapState } from './tables.ts';
import { createEngines } from './test-engines.ts';
import { sumByBucket, sumByKey } from './test-rows.ts';

const paths = ['events/permissive.jsonl.gz', 'events/expected-permissive.json', 'events/zap-truth.jsonl.gz'] as const;

interface Expected {
  readonly kinds_all: Readonly<Record<string, number>>;
  readonly per_day_all: Readonly<Record<string, number>>;
  readonly deleted: readonly string[];
  readonly authors: number;
  readonly clients_by_tag: readonly [string, number][];
  readonly zap_msat_by_recipient_top: readonly [string, number][];
}

interface ZapTruth {
  readonly id: string;
  readonly recipient: string;
  readonly sender: string;
  readonly bolt11_msat: string | null;
}

describe('real events', { skip: skipWithout(...paths) }, async () => {
  const engines = await createEngines();
  after(async () => {
    for (const engine of engines) await engine.stop();
  });
  let events: VerifiedEvent[] = [];
  let expected: Expected | undefined;
  before(() => {
    events = readJsonLines<VerifiedEvent>(requireSharedData(paths[0]));
    expected = JSON.parse(readText(requireSharedData(paths[1]))) as Expected;
  });
  const verdictById = new Map<string, boolean>();
  const verify = (request: NostrEvent): boolean => {
    const verdict = verdictById.get(request.id) ?? Boolean(verifyEvent(request));
    verdictById.set(request.id, verdict);
    return verdict;
  };
  const createAll = () => createStatisticsViews({ secret: new Uint8Array(32), verify });

  /** Puts the events as a collector does, with the views running; returns what was deleted before it came. */
  const fill = async (database: Database, order: readonly VerifiedEvent[]): Promise<Set<string>> => {
    await migrateFacts(database);
    const store = createMemoryStore({ now: () => 0 });
    const refused = new Set<string>();
    await using views = await createViews({ store, database, views: createAll() });
    const facts = createFacts({ database });
    for (let next = 0; next < order.length; next += 500) {
      const batch = order.slice(next, next + 500);
      const results = await store.put(batch.map((event) => ({ event })));
      const isOf = (...outcomes: string[]) => batch.filter((_, i) => outcomes.includes(results[i]?.outcome ?? ''));
      await facts.observe(isOf('superseded', 'ephemeral'));
      for (const { id } of isOf('deleted')) refused.add(id);
    }
    await views.caughtUp();
    assert.deepEqual((await views.rebuild('statistics', { verify: true })).differences, []);
    return refused;
  };

  for (const { name, skip, open } of engines) {
    /** The events in the order of their times: one database for those who only read. */
    let filled: Database | undefined;
    const openFilled = async (): Promise<Database> => {
      if (filled) return filled;
      filled = await open();
      await fill(filled, events);
      return filled;
    };
    after(async () => await filled?.close());

    test(`kinds, days and authors are those that were counted independently: ${name}`, { skip }, async () => {
      const database = await openFilled();
      const kinds = { ...expected?.kinds_all };
      const days: Record<string, number> = { ...expected?.per_day_all };
      const byId = new Map(events.map((event) => [event.id, event]));
      for (const id of expected?.deleted ?? []) {
        const event = byId.get(id);
        assert.ok(event);
        kinds[event.kind] = (kinds[event.kind] ?? 0) - 1;
        const day = new Date(event.created_at * 1_000).toISOString().slice(0, 10);
        days[day] = (days[day] ?? 0) - 1;
      }
      assert.deepEqual(Object.fromEntries(await sumByKey(database, 'events')), kinds);
      const countedDays = await sumByBucket(database, 'events', 'day');
      const expectedDays = new Map<number, number>();
      for (const [day, count] of Object.entries(days)) {
        const bucket = toDay(toHour(Date.parse(day) / 1_000));
        if (count !== 0) expectedDays.set(bucket, (expectedDays.get(bucket) ?? 0) + count);
      }
      assert.deepEqual(
        [...countedDays],
        [...expectedDays].sort(([a], [b]) => a - b),
      );
      assert.ok((countedDays.get(undated) ?? 0) > 0);
      const [users] = await database.query<{ users: number }>('SELECT count(*) AS users FROM view_statistics_author');
      assert.equal(new Set(events.map(({ pubkey }) => pubkey)).size, expected?.authors);
      const wanted = new Set(events.filter(({ kind }) => isUserKind(kind)).map(({ pubkey }) => pubkey));
      assert.equal(users?.users, wanted.size);
    });

    test(`events come in any order: what is counted and what was deleted is all that came: ${name}`, {
      skip,
    }, async () => {
      await using database = await open();
      const random = seededRandom(`order ${testSeed()}`);
      const places = new Map(events.map((event) => [event, random.integer(2 ** 31)]));
      const order = [...events].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
      order.push(...order.slice(0, 500));
      const refused = await fill(database, order);
      const kinds = new Map(await sumByKey(database, 'events'));
      // What was deleted before it came, unless it was counted before that, as a superseded version.
      const counted = await database.query<{ id: Uint8Array }>(
        'SELECT id FROM statistics_observed_event UNION ALL SELECT id FROM view_statistics_event WHERE state <> 4',
      );
      const countedIds = new Set(counted.map(({ id }) => toHex(id)));
      const gone = await database.query<{ id: Uint8Array }>('SELECT id FROM view_statistics_event WHERE state = 4');
      const goneIds = new Set([...gone.map(({ id }) => toHex(id)), ...[...refused].map((id) => id.slice(0, 32))]);
      const deleted = events.filter(({ id }) => goneIds.has(id.slice(0, 32)) && !countedIds.has(id.slice(0, 32)));
      for (const { kind } of deleted) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      assert.deepEqual(Object.fromEntries(kinds), expected?.kinds_all);
    });

    test(`clients of what is there are those that were counted independently: ${name}`, { skip }, async () => {
      const database = await openFilled();
      const rows = await database.query<{ key: string; amount: number }>(
        `SELECT statistics_client.key AS key, amount FROM view_statistics_total
         JOIN statistics_client ON client = view_statistics_total.key WHERE metric = 'client'`,
      );
      const counted = new Map(rows.map(({ key, amount }) => [key, amount]));
      const tagged = rows.reduce((sum, { amount }) => sum + amount, 0);
      const truth = expected?.clients_by_tag ?? [];
      assert.equal(
        tagged,
        truth.reduce((sum, [, count]) => sum + count, 0),
      );
      const [all] = await database.query<{ amount: number }>(
        "SELECT CAST(sum(amount) AS BIGINT) AS amount FROM view_statistics_total WHERE metric = 'client'",
      );
      assert.equal(all?.amount, survivorsCount);
      // Those that give no address are counted under their name.
      for (const key of ['amethyst', 'primal android', 'primal web', 'wisp', 'primal ios', 'damus', 'nutsack']) {
        const [, count] = truth.find(([tag]) => tag.toLowerCase() === key) ?? [];
        assert.equal(counted.get(key), count, key);
      }
      assert.equal(counted.get('31990:df5bcaba9e74cc1764c9773ae160299dde5acf79416e2c96758dba225e6707cc:bchstr24-1'), 8);
    });

    test(`zaps are those that were decoded independently, one for each payment: ${name}`, { skip }, async () => {
      const database = await openFilled();
      const truth = readJsonLines<ZapTruth>(requireSharedData(paths[2]));
      const byId = new Map(events.map((event) => [event.id, event]));
      const sums = sumByRecipient(truth);
      for (const [recipient, msat] of expected?.zap_msat_by_recipient_top ?? [])
        assert.equal(sums.get(recipient), msat);
      const counted = selectCounted(truth, byId, verify);
      const rows = await database.query<{ pubkey: Uint8Array; msat: number; state: number; id: Uint8Array }>(
        'SELECT pubkey, msat, state, id FROM view_statistics_zap JOIN statistics_author ON author = recipient',
      );
      const found = rows.filter(({ state }) => state === ZapState.counted);
      const readable = found.map(({ pubkey, msat, id }) => ({
        recipient: toHex(pubkey),
        bolt11_msat: String(msat),
        id: toHex(id),
      }));
      assert.deepEqual(sumByRecipient(readable), sumByRecipient(counted));
      assert.deepEqual(readable.map(({ id }) => id).sort(), counted.map(({ id }) => id.slice(0, 32)).sort());
      const total = counted.reduce((sum, { bolt11_msat }) => sum + Number(bolt11_msat), 0);
      const sumOf = async (metric: Metric) =>
        [...(await sumByKey(database, metric)).values()].reduce((a, b) => a + b, 0);
      assert.equal(await sumOf('zap_msat'), total);
      assert.equal(await sumOf('zaps'), counted.length);
      const others = (await sumOf('zaps_duplicate')) + (await sumOf('zaps_suspect')) + (await sumOf('zaps_invalid'));
      assert.equal(counted.length + others, truth.length, 'every receipt is somewhere');
    });
  }
});

/** After replacement and deletion; of the three ephemeral events none is stored. */
const survivorsCount = 6_455;

function sumByRecipient(zaps: readonly Pick<ZapTruth, 'recipient' | 'bolt11_msat'>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { recipient, bolt11_msat } of zaps) {
    sums.set(recipient, (sums.get(recipient) ?? 0) + Number(bolt11_msat ?? 0));
  }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Without fault, at most a million satoshi, and the lowest id of those with the same payment hash. */
function selectCounted(
  truth: readonly ZapTruth[],
  byId: ReadonlyMap<string, NostrEvent>,
  verify: (request: NostrEvent) => boolean,
): ZapTruth[] {
  const firstByPayment = new Map<string, ZapTruth>();
  for (const zap of truth) {
    const event = byId.get(zap.id);
    if (!event || validateZapReceipt(event, { verify }).faults.length > 0) continue;
    const invoice = getTagValue(event, 'bolt11') ?? '';
    const payment = parseInvoice(invoice).paymentHash ?? invoice;
    const first = firstByPayment.get(payment);
    if (!first || zap.id < first.id) firstByPayment.set(payment, zap);
  }
  return [...firstByPayment.values()].filter(({ bolt11_msat }) => Number(bolt11_msat) <= 1_000_000_000);
}
