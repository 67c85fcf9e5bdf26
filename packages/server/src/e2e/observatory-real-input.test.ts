import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Database } from '@nostrata/database';
import type { Snapshot } from '@nostrata/observatory';
import { isEphemeralKind, type NostrEvent } from '@nostrata/protocol';
import {
  createTestNetwork,
  readJsonLines,
  readText,
  requireSharedData,
  skipWithout,
  type TestNetwork,
  type TestRelay,
  waitUntil,
} from '@nostrata/testing';
import type { Server } from '../compose.ts';
import { createFolder, runProcess } from './program.ts';
import {
  type Expected,
  expectedClients,
  expectedZaps,
  isProtected,
  isTakenBack,
  type ZapTruth,
} from './test-expected-figures.ts';
import {
  ask,
  collectEverything,
  type Delivered,
  type Filled,
  fillNetwork,
  openStatistics,
  readCounted,
  readDelivered,
  readNumbers,
  startInProcess,
} from './test-observed-network.ts';

const paths = ['events/permissive.jsonl.gz', 'events/expected-permissive.json', 'events/zap-truth.jsonl.gz'] as const;
const relays = 260;

/** Before the first of the events with an end (NIP-40) has ended: they are collected, and end when the time is today's. */
const beforeEndsMs = Date.UTC(2024, 2, 26, 15, 50);

/** The relays that ephemeral events come through. */
const announcedAt: ReadonlySet<number> = new Set([0, 1, 10]);
const longest = { timeoutMs: 30_000 };

describe('real events over 260 relays, some of which forge, re-send, break off and cut their answers', {
  skip: skipWithout(...paths),
}, () => {
  const events = readJsonLines<NostrEvent>(requireSharedData(paths[0]));
  const expected = JSON.parse(readText(requireSharedData(paths[1]))) as Expected;
  const open = new AsyncDisposableStack();
  let world: World | undefined;
  before(async () => {
    world = await collect(events, open);
  });
  after(() => open.disposeAsync());
  const collected = (): World => world ?? assert.fail('nothing was collected');

  test('every unique event is counted once, but for those that their authors took back or let nobody pass on (NIP-70)', () => {
    const { counted } = collected();
    const missing = events.filter(({ id }) => !counted.has(shorten(id)));
    assert.equal(counted.size, events.length - missing.length, 'nothing else is counted');
    for (const event of missing) assert.ok(isProtected(event) || isTakenBack(event, events), `${event.id} is missing`);
    assert.ok(!events.some((event) => isProtected(event) && counted.has(shorten(event.id))));
    const missingIds = new Set(missing.map(({ id }) => id));
    assert.deepEqual(
      expected.deleted.filter((id) => !missingIds.has(id)),
      [],
    );
    assert.equal(events.length, expected.events);
  });

  test('each relay is credited with what it has, and no forgery counts', () => {
    const { delivered, network, filled } = collected();
    for (const [place, relay] of network.relays.entries()) {
      const held = filled.held[place] ?? [];
      const counts = delivered.get(relay.url);
      const isCut = held.length > relay.faults.limitMax;
      const wanted = held.filter((event) => !isProtected(event)).length;
      if (filled.forgers.has(relay))
        assert.ok(counts && counts.invalid > 0 && counts.events <= held.length, relay.name);
      else {
        // What a relay cut off is compared by NIP-77: only what the store lacked was fetched, and so counted.
        assert.ok(
          isCut
            ? (counts?.events ?? 0) <= wanted
            : (counts?.events ?? 0) === wanted + (announcedAt.has(place) ? ephemeralOf(events).length : 0),
          relay.name,
        );
        assert.equal(counts?.invalid ?? 0, 0, relay.name);
      }
    }
    const novel = [...delivered.values()].reduce((sum, counts) => sum + counts.novel, 0);
    assert.ok(novel <= new Set(filled.held.flat().map(({ id }) => id)).size + ephemeralOf(events).length);
  });

  test('what all relays send once more changes no number but their repeats', () => {
    const { again, network, filled } = collected();
    assert.deepEqual(again.numbersAfter, again.numbersBefore);
    for (const [place, relay] of network.relays.entries()) {
      // Of what a relay cut off some is new to it now.
      if (!again.heard.has(relay) || (filled.held[place]?.length ?? 0) > relay.faults.limitMax) continue;
      const [then, now] = [again.deliveredBefore.get(relay.url), again.deliveredAfter.get(relay.url)];
      const sent = filled.held[place]?.length ?? 0;
      if (sent === 0 || then === undefined || now === undefined) continue;
      const refused = filled.held[place]?.filter(isProtected).length ?? 0;
      const before = {
        ...now,
        received: now.received - sent,
        repeats: now.repeats - sent + refused,
        refused: now.refused - refused,
      };
      assert.deepEqual(before, then, relay.name);
    }
  });

  test('kinds, days and their sums are those that were counted independently', () => {
    const { snapshot, counted } = collected();
    const kinds = { ...expected.kinds_all };
    const days = { ...expected.per_day_all };
    for (const { id, kind, created_at } of events) {
      if (counted.has(shorten(id))) continue;
      const day = new Date(created_at * 1_000).toISOString().slice(0, 10);
      kinds[kind] = (kinds[kind] ?? 0) - 1;
      days[day] = (days[day] ?? 0) - 1;
    }
    const positive = (counts: Readonly<Record<string, number>>) => Object.entries(counts).filter(([, n]) => n > 0);
    assert.deepEqual(
      Object.fromEntries(snapshot.kinds.map((row) => [row.kind, row.events])),
      Object.fromEntries(positive(kinds)),
    );
    // What says that it is older than Nostr is in totals, and in no series.
    const dated = positive(days).filter(([day]) => day >= '2020-11-07');
    const shown = snapshot.days.filter((day) => day.events > 0).map((day) => [day.day, day.events] as const);
    assert.deepEqual(Object.fromEntries(shown), Object.fromEntries(dated));
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    assert.equal(sum(snapshot.kinds.map((row) => row.events)), counted.size);
    assert.equal(snapshot.overview.eventsTotal, counted.size);
    assert.equal(sum(shown.map(([, n]) => n)), sum(snapshot.timeline.map((point) => point.events)));
    assert.equal(sum(shown.map(([, n]) => n)), snapshot.overview.events.now);
  });

  test('users are the authors of what is no throw-away key, and their tiers follow from what is there', () => {
    const { snapshot } = collected();
    assert.equal(new Set(events.map(({ pubkey }) => pubkey)).size, expected.authors);
    const authorsOf = (isWanted: (event: NostrEvent) => boolean) =>
      new Set(events.filter((event) => isWanted(event) && !isProtected(event)).map(({ pubkey }) => pubkey));
    const all = authorsOf(({ kind }) => kind !== 445 && kind !== 1059 && !isEphemeralKind(kind));
    const gone = new Set(expected.deleted);
    const profiles = authorsOf(({ id, kind }) => kind === 0 && !gone.has(id));
    const follows = authorsOf(({ id, kind }) => kind === 3 && !gone.has(id));
    const { active, total } = snapshot.users;
    const tiers = [all.size, profiles.size, follows.size, profiles.intersection(follows).size];
    for (const { all, withProfile, withFollows, withBoth } of [active, total])
      assert.deepEqual([all, withProfile, withFollows, withBoth], tiers);
    assert.equal(snapshot.overview.usersTotal, all.size);
  });

  test('clients are those of the independent count, one for each address or name', async () => {
    const { statistics, snapshot } = collected();
    const tagged = expected.clients_by_tag.reduce((sum, [, count]) => sum + count, 0);
    assert.equal(snapshot.clients.taggedEvents, tagged);
    assert.equal(
      snapshot.clients.taggedEvents + snapshot.clients.untaggedEvents,
      expected.survivors - events.filter(isProtected).length,
    );
    const rows = await statistics.query<{ key: string; events: number }>(
      `SELECT statistics_client.key AS key, SUM(amount) AS events FROM (
         SELECT * FROM view_statistics_total UNION ALL SELECT * FROM statistics_kept_total) AS total
       JOIN statistics_client ON client = total.key WHERE metric = 'client' GROUP BY 1 HAVING SUM(amount) > 0`,
    );
    const shown = Object.fromEntries(rows.map(({ key, events: count }) => [key, count]));
    assert.deepEqual(shown, expectedClients(events, expected));
  });

  test('zaps: each receipt of the independent decoding is counted, or in exactly one class that is in no sum', () => {
    const { snapshot } = collected();
    const truth = readJsonLines<ZapTruth>(requireSharedData(paths[2]));
    const { counted, suspect, duplicates, invalid, msat } = expectedZaps(events, truth);
    const { zaps } = snapshot;
    assert.deepEqual(zaps.invalid, invalid);
    assert.deepEqual({ count: zaps.count.now, msat: zaps.msat.now }, { count: counted, msat });
    assert.deepEqual(zaps.suspect.count, suspect);
    assert.equal(zaps.duplicates, duplicates);
    const faulty = Object.values(invalid).reduce((a, b) => a + b, 0);
    assert.equal(counted + suspect + duplicates + faulty, truth.length);
    const sum = (field: 'count' | 'msat') => zaps.histogram.reduce((total, bucket) => total + bucket[field], 0);
    assert.deepEqual([sum('count'), sum('msat')], [counted, msat]);
  });

  test('followers of what was collected are those that were counted independently', async () => {
    const followers = new Map<string, Set<string>>();
    for await (const part of collected().server.store.query([{ kinds: [3] }])) {
      for (const { json } of part) {
        const list = JSON.parse(json) as NostrEvent;
        for (const [name, pubkey = ''] of list.tags)
          if (name === 'p') followers.set(pubkey, (followers.get(pubkey) ?? new Set()).add(list.pubkey));
      }
    }
    for (const [pubkey, count] of expected.followers_top) assert.equal(followers.get(pubkey)?.size, count, pubkey);
  });

  test('a rebuild from the log finds no difference', async () => {
    const { folder, stop } = collected();
    await stop();
    const { code, stdout, stderr } = await runProcess([
      'rebuild',
      'statistics',
      '--verify',
      '--data',
      folder,
      '--json',
    ]);
    assert.equal(code, 0, stderr + stdout);
    const report = JSON.parse(stdout.trim());
    assert.deepEqual(report.differences, []);
    assert.ok(report.changes > 6_000);
  });
});

/** What a test reads of a program that has collected everything. */
interface World {
  readonly network: TestNetwork;
  readonly filled: Filled;
  readonly server: Server;
  readonly statistics: Database;
  readonly folder: string;
  readonly counted: ReadonlySet<string>;
  readonly delivered: ReadonlyMap<string, Delivered>;
  readonly again: Again;
  readonly snapshot: Snapshot;
  stop(): Promise<void>;
}

/** Numbers before and after every relay sent everything once more. */
interface Again {
  readonly heard: ReadonlySet<TestRelay>;
  readonly numbersBefore: unknown;
  readonly numbersAfter: unknown;
  readonly deliveredBefore: ReadonlyMap<string, Delivered>;
  readonly deliveredAfter: ReadonlyMap<string, Delivered>;
}

/** Runs the program three times over one folder: into a half of the network, into the whole, and today. */
async function collect(events: readonly NostrEvent[], open: AsyncDisposableStack): Promise<World> {
  const folder = open.use(await createFolder()).path;
  const awayMs = Date.now() - beforeEndsMs;
  const now = () => Date.now() - awayMs;
  const network = open.use(await createTestNetwork({ seed: 1, relays, clock: { now } }));
  const filled = fillNetwork(network, events);
  const words = { ...collectEverything(network), data: folder };
  await Promise.all(network.relays.filter((_, place) => place % 2 === 0).map((relay) => relay.stop()));
  const statistics = open.use(openStatistics(folder));
  {
    await using server = await startInProcess(words, now);
    await waitUntil(() => server.store.lastSeq() > 1_500, { ...longest, what: 'a part of the events' });
  }
  await Promise.all(network.relays.map((relay) => relay.start()));
  const again = await collectAll({ words, now, network, filled, statistics }, events);
  // Years later, the time has jumped: what had an end is swept, and still counts.
  await statistics.query('UPDATE collector_watermark SET since = 0');
  const server = open.use(await startInProcess(words));
  const uncut = filled.held.flatMap((held, place) => {
    const relay = network.relay(place);
    return filled.forgers.has(relay) || held.length > relay.faults.limitMax ? [] : [{ relay, held }];
  });
  await waitUntil(
    async () => {
      const delivered = await readDelivered(statistics);
      return uncut.every(({ relay, held }) => {
        const before = again.deliveredAfter.get(relay.url)?.received ?? 0;
        return (delivered.get(relay.url)?.received ?? 0) >= before + held.length;
      });
    },
    { ...longest, what: 'everything from the beginning' },
  );
  await settle(server, statistics);
  while ((await server.store.expire()) > 0);
  const counted = await readCounted(statistics);
  const sinceMs = Date.now();
  const snapshot = await waitUntil(
    async () => {
      const full = await ask<Snapshot>(server, '/api/v1/stats/full/all');
      return Date.parse(full.asOf) > sinceMs ? full : undefined;
    },
    { ...longest, what: 'the figures of today' },
  );
  const { deliveredBefore: delivered } = again;
  return {
    ...{ network, filled, server, statistics, folder, counted, delivered, again, snapshot },
    stop: () => server.stop(),
  };
}

interface Running {
  readonly words: Parameters<typeof startInProcess>[0];
  readonly now: () => number;
  readonly network: TestNetwork;
  readonly filled: Filled;
  readonly statistics: Database;
}

/** Collects until nothing is missing; then every relay sends all that it has once more to those who listen. */
async function collectAll({ words, now, network, filled, statistics }: Running, events: readonly NostrEvent[]) {
  await using server = await startInProcess(words, now);
  await waitUntil(() => server.store.lastSeq() > 3_000, { ...longest, what: 'more of the events' });
  for (const [place, relay] of network.relays.entries()) if (place % 5 === 0) relay.cut();
  const genuine = filled.held.flatMap((held, place) => {
    const relay = network.relay(place);
    return filled.forgers.has(relay) ? [] : [{ relay, held }];
  });
  const uncut = genuine.filter(({ relay, held }) => held.length <= relay.faults.limitMax);
  const wait = (what: string, holds: (delivered: ReadonlyMap<string, Delivered>) => boolean) =>
    waitUntil(async () => holds(await readDelivered(statistics)), { ...longest, what });
  await wait('everything that honest relays have', (delivered) =>
    uncut.every(
      ({ relay, held }) =>
        (delivered.get(relay.url)?.events ?? 0) === held.filter((event) => !isProtected(event)).length,
    ),
  );
  await settle(server, statistics);
  for (const event of ephemeralOf(events)) for (const place of announcedAt) network.relay(place).announce(event);
  await waitUntil(async () => isSubset(ephemeralOf(events), await readCounted(statistics)), {
    ...longest,
    what: 'ephemeral events',
  });
  await settle(server, statistics);
  const [numbersBefore, deliveredBefore] = [await readNumbers(statistics), await readDelivered(statistics)];
  // Those that were not asked again since: the others are asked for what is new alone.
  const heard = genuine.filter(({ relay }) => relay.ledger.requests.at(-1)?.filters[0]?.since === 0);
  for (const { relay, held } of heard) for (const event of held) relay.announce(event);
  await wait('everything once more', (delivered) =>
    heard.every(({ relay, held }) => {
      const before = deliveredBefore.get(relay.url)?.received ?? 0;
      return (delivered.get(relay.url)?.received ?? 0) >= before + held.length;
    }),
  );
  await settle(server, statistics);
  const [numbersAfter, deliveredAfter] = [await readNumbers(statistics), await readDelivered(statistics)];
  return {
    heard: new Set(heard.map(({ relay }) => relay)),
    numbersBefore,
    numbersAfter,
    deliveredBefore,
    deliveredAfter,
  };
}

/** Waits until what relays delivered stays the same, and the roll-ups have taken in all that is stored. */
async function settle(server: Server, statistics: Database): Promise<void> {
  let last = '';
  let quietSinceMs = performance.now();
  await waitUntil(
    async () => {
      const [cursor] = await statistics.query("SELECT * FROM view_cursor WHERE name = 'statistics'");
      const state = JSON.stringify([[...(await readDelivered(statistics))], cursor, server.store.lastSeq()]);
      if (state !== last) quietSinceMs = performance.now();
      last = state;
      return performance.now() - quietSinceMs > 600;
    },
    { ...longest, what: 'quiet' },
  );
}

function ephemeralOf(events: readonly NostrEvent[]): readonly NostrEvent[] {
  return events.filter(({ kind }) => isEphemeralKind(kind));
}

function isSubset(events: readonly NostrEvent[], counted: ReadonlySet<string>): boolean {
  return events.every(({ id }) => counted.has(shorten(id)));
}

/** Statistics know events by the first half of their id. */
function shorten(id: string): string {
  return id.slice(0, 32);
}
