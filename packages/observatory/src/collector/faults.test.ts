import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createIngest } from '@nostrata/ingest';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, createTestNetwork, waitUntil } from '@nostrata/testing';
import type { Clock } from '../contract.ts';
import { collectFrom, openPlace, readTotals, realClock, settle, sumOf } from './test-collection.ts';

const nowSeconds = Math.floor(Date.now() / 1000);
const builder = createEventBuilder('faults of relays', nowSeconds - 3_000);
const notes = Array.from({ length: 30 }, (_, index) => builder.note(`note ${index}`));

describe('what goes wrong around a collector', () => {
  test('relays that are silent, half open, noisy, forging, endless or gone keep nobody else from being collected', async () => {
    await using network = await createTestNetwork({ seed: 'bad relays', relays: 9 });
    const faults = [
      { silent: true },
      { halfOpen: true },
      { garbageFrames: 500 },
      { forge: { share: 0.5, part: 'body' } as const },
      { endlessPerSecond: 500 },
      { closeAtOnce: true },
      { refuseStatus: 503 },
      { dropAfterFrames: 20 },
    ];
    for (const [index, fault] of faults.entries()) network.relay(index).set(fault);
    for (const relay of network.relays) relay.put(...notes);
    await using place = await openPlace();
    await using collector = collectFrom(place, { network });
    await collector.start();
    await waitUntil(
      async () => (await collector.flush()) && (await readTotals(place)).get(9)?.events === notes.length,
      {
        timeoutMs: 20_000,
        what: 'the honest relay to be counted',
      },
    );
    // Each is tried again, and once it behaves everything it has is counted.
    for (const relay of network.relays) {
      relay.heal();
      relay.cut();
    }
    await waitUntil(
      async () => {
        await collector.flush();
        const totals = await readTotals(place);
        return network.relays.every((_, index) => (totals.get(index + 1)?.events ?? 0) >= notes.length);
      },
      { timeoutMs: 30_000, what: 'the relays that were healed' },
    );
    const totals = await readTotals(place);
    for (const [index] of network.relays.entries()) {
      // The endless one sends strangers' events too.
      if (index !== 4) assert.equal(totals.get(index + 1)?.events, notes.length, `relay ${index}`);
    }
  });

  test('a relay whose answers are cut is read page by page, all of it, and counted as if it were not', async () => {
    await using network = await createTestNetwork({ seed: 'pages', relays: 2 });
    const many = createEventBuilder('pages', nowSeconds - 3_500);
    const events = Array.from({ length: 230 }, (_, index) => many.note(`note ${index}`));
    network.relay(0).set({ limitMax: 50, negentropy: 'off' });
    network.relay(1).set({ limitMax: 50 });
    for (const relay of network.relays) relay.put(...events);
    await using place = await openPlace();
    await using collector = collectFrom(place, { network });
    await collector.start();
    await settle(collector, 2);
    assert.deepEqual(
      Array.from((await readTotals(place)).values(), (counts) => counts.events),
      [230, 230],
    );
  });

  test('a clock that jumps leaves no mark in the future and loses nothing', async () => {
    await using network = await createTestNetwork({ seed: 'clock', relays: 1 });
    const relay = network.relay(0);
    let offsetMs = 0;
    const clock: Clock = { ...realClock, now: () => Date.now() + offsetMs };
    await using place = await openPlace();
    await using collector = collectFrom(place, { network, clock });
    await collector.start();
    await settle(collector, 1);
    const since = async (): Promise<number> => {
      await collector.flush();
      const [row] = await place.database.query('SELECT since FROM collector_watermark');
      return Number(row?.since);
    };
    let sent = 0;
    const send = async (): Promise<void> => {
      relay.announce(builder.note(`tick ${sent++}`, { created_at: nowSeconds + sent }));
      await waitUntil(async () => (await collector.flush()) && sumOf(await readTotals(place), 'events') === sent);
    };
    await send();
    offsetMs = 86_400_000;
    await send();
    assert.ok((await since()) <= nowSeconds + 100);
    offsetMs = -86_400_000;
    await send();
    offsetMs = 0;
    await send();
    assert.ok((await since()) <= nowSeconds + 100);
    relay.cut();
    await send();
    const [row] = await place.database.query(
      'SELECT MAX(connected_seconds + gap_seconds) AS most FROM collector_connection_hour',
    );
    assert.ok(Number(row?.most) < 1_000);
  });

  test('while the store or the books fail nothing is lost or counted twice, and the sockets are held up', async () => {
    await using network = await createTestNetwork({ seed: 'full', relays: 3 });
    await using place = await openPlace();
    let isFull = true;
    let isAway = false;
    let submitted = 0;
    const ingest: typeof place.ingest = Object.create(place.ingest, {
      submit: {
        value: (...call: Parameters<typeof place.ingest.submit>) => {
          submitted++;
          return isFull ? Promise.reject(new Error('the disk is full')) : place.ingest.submit(...call);
        },
      },
      isFull: { get: () => false },
    });
    const database: typeof place.database = {
      ...place.database,
      dialect: place.database.dialect,
      transaction: (work) =>
        isAway ? Promise.reject(new Error('the database is away')) : place.database.transaction(work),
    };
    await using collector = collectFrom(
      { ...place, ingest, database },
      { network, limits: { bufferEventsMax: 20, flushEvents: 5, retryMsMax: 50 } },
    );
    await collector.start();
    for (const relay of network.relays) relay.put(...notes);
    for (const relay of network.relays) relay.cut();
    await waitUntil(() => collector.figures().fault === 'the disk is full' && submitted > 30);
    assert.equal(sumOf(await readTotals(place), 'events'), 0);
    assert.ok(collector.figures().buffered <= notes.length);
    isFull = false;
    isAway = true;
    await waitUntil(() => collector.figures().fault === 'the database is away');
    isAway = false;
    await waitUntil(async () => (await collector.flush()) && sumOf(await readTotals(place), 'events') === 90, {
      timeoutMs: 15_000,
    });
    await settle(collector, 3);
    const totals = await readTotals(place);
    assert.deepEqual([sumOf(totals, 'events'), sumOf(totals, 'novel')], [90, 30]);
    assert.equal((await place.store.statistics()).events, 30);
  });

  test('a door with little room, and one to whom observed events cannot be told, lose nothing', async () => {
    await using network = await createTestNetwork({ seed: 'narrow', relays: 2 });
    const many = createEventBuilder('narrow', nowSeconds - 3_500);
    const newest = many.profile({ name: 'newest' }, { created_at: nowSeconds - 100 });
    const events = Array.from({ length: 200 }, (_, index) =>
      many.note(`note ${index}`, { created_at: nowSeconds - 3_000 + index }),
    );
    const older = many.profile({ name: 'older' }, { created_at: nowSeconds - 200 });
    for (const relay of network.relays) relay.put(newest, ...events);
    await using place = await openPlace();
    const limits = { queueEventsFull: 8, queueEventsMax: 12, tickEventsMax: 4 };
    await using ingest = await createIngest({
      ...{ store: place.store, policies: [], now: () => Date.now(), limits },
      verifier: { workers: 1 },
    });
    const observed: string[] = [];
    let refusals = 0;
    await using collector = collectFrom(
      { ...place, ingest },
      {
        network,
        async observe(found) {
          if (refusals++ < 2) throw new Error('the facts are away');
          observed.push(...found.map(({ id }) => id));
        },
      },
    );
    await collector.start();
    await settle(collector, 2);
    for (const relay of network.relays) relay.announce(older);
    await waitUntil(async () => (await collector.flush()) && sumOf(await readTotals(place), 'events') === 404, {
      timeoutMs: 10_000,
    });
    assert.ok(observed.includes(older.id) && refusals > 2);
    assert.equal(sumOf(await readTotals(place), 'novel'), 202);
  });

  test('a hundred and fifty relays that are lost at once come back spread over time, all of them', async () => {
    const count = 150;
    await using network = await createTestNetwork({ seed: 'storm', relays: count });
    await using place = await openPlace();
    await using collector = collectFrom(place, {
      network,
      limits: { startsPerSecond: count },
      // What the collector itself asks of its pool for 250 connections.
      networkLimits: { backoffMs: 2_500 },
    });
    await collector.start();
    await settle(collector, count);
    network.resetLedgers();
    const lostMs = Date.now();
    for (const relay of network.relays) relay.cut();
    await waitUntil(() => network.relays.every(({ ledger }) => ledger.requests.length > 0), { timeoutMs: 10_000 });
    const waits = network.relays.map(({ ledger }) => (ledger.requests[0]?.atMs ?? 0) - lostMs).sort((a, b) => a - b);
    assert.ok((waits[0] ?? 0) >= 1_000, `the first came after ${waits[0]} ms`);
    for (const [index, wait] of waits.entries()) {
      const later = waits[index + count / 2];
      assert.ok(later === undefined || later - wait > 150, 'half of them came within 150 ms');
    }
    await settle(collector, count);
    network.relay(count - 1).announce(notes[0] as NostrEvent);
    await waitUntil(async () => (await collector.flush()) && sumOf(await readTotals(place), 'events') === 1);
  });

  test('a relay that forges above all is left alone for a while, and comes back when it has stopped', async () => {
    await using network = await createTestNetwork({ seed: 'forger', relays: 2 });
    const forger = network.relay(0);
    forger.set({ forge: { share: 1, part: 'body' } });
    forger.put(...notes);
    network.relay(1).put(...notes);
    await using place = await openPlace();
    await using collector = collectFrom(place, { network, limits: { forgeriesMax: 10, askAgainMs: 300 } });
    await collector.start();
    await waitUntil(() => forger.ledger.closes.length > 0, { what: 'the forger to be left alone' });
    const asked = forger.ledger.requests.length;
    forger.heal();
    await waitUntil(() => forger.ledger.requests.length > asked, { what: 'the forger to be asked again' });
    await settle(collector, 2);
    const totals = await readTotals(place);
    assert.deepEqual([totals.get(1)?.events, totals.get(2)?.events], [30, 30]);
    assert.equal(totals.get(1)?.invalid, 30);
  });

  test('a relay that is gone for long is tried again and again', async () => {
    await using network = await createTestNetwork({ seed: 'gone', relays: 1 });
    const relay = network.relay(0);
    await relay.stop();
    relay.put(...notes);
    await using place = await openPlace();
    await using collector = collectFrom(place, { network, networkLimits: { backoffMs: 5, backoffMsMax: 20 } });
    await collector.start();
    // More failures than after which a pool gives a relay up by itself.
    await waitUntil(() => (collector.statuses()[0]?.failures ?? 0) > 30, { timeoutMs: 10_000 });
    await relay.start();
    await settle(collector, 1);
    assert.equal(sumOf(await readTotals(place), 'events'), notes.length);
  });
});
