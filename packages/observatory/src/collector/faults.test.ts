import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createEventBuilder, createTestNetwork, fc, testSeed, waitUntil } from '@nostrata/testing';
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

test('any order, repetition, forgery, cut, crash and restart gives the same events for each relay', async () => {
  type Step =
    | { readonly do: 'send'; readonly relay: number; readonly note: number }
    | { readonly do: 'forge'; readonly relay: number; readonly note: number }
    | { readonly do: 'cut'; readonly relay: number }
    | { readonly do: 'flush' | 'crash' | 'stop' };
  const relay = fc.integer({ min: 0, max: 2 });
  const note = fc.integer({ min: 0, max: 11 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('send' as const), relay, note }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('forge' as const), relay, note }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), relay }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'crash' as const, 'stop' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      await using network = await createTestNetwork({ seed: 'any order', relays: 3 });
      await using place = await openPlace();
      const sent = network.relays.map(() => new Set<string>());
      let run = startRun(place, network);
      await run.collector.start();
      await settle(run.collector, 3);
      for (const one of steps) {
        if (one.do === 'send') {
          const event = notes[one.note] ?? builder.note('');
          sent[one.relay]?.add(event.id);
          network.relay(one.relay).announce(event);
        } else if (one.do === 'forge') {
          const event = notes[one.note] ?? builder.note('');
          const share = one.note % 2 === 0 ? 'body' : 'sig';
          network.relay(one.relay).set({ forge: { share: 1, part: share } });
          network.relay(one.relay).announce(event);
          network.relay(one.relay).heal();
          sent[one.relay]?.add(event.id);
        } else if (one.do === 'cut') network.relay(one.relay).cut();
        else if (one.do === 'flush') await run.collector.flush();
        else {
          if (one.do === 'crash') await run.crash();
          await run.collector.stop();
          run = startRun(place, network);
          await run.collector.start();
        }
      }
      const isCounted = async (): Promise<boolean> => {
        await run.collector.flush();
        const totals = await readTotals(place);
        return sent.every((ids, index) => (totals.get(index + 1)?.events ?? 0) >= ids.size);
      };
      await waitUntil(isCounted, { timeoutMs: 15_000, what: 'every pair to be counted' });
      await settle(run.collector, 3);
      await run.collector.stop();
      const totals = await readTotals(place);
      const counts = sent.map((_, index) => totals.get(index + 1)?.events ?? 0);
      assert.deepEqual(
        counts,
        sent.map(({ size }) => size),
      );
      const all = new Set(sent.flatMap((ids) => [...ids]));
      assert.equal(sumOf(totals, 'novel'), all.size);
      assert.equal((await place.store.statistics()).events, all.size);
    }),
    { numRuns: 12, seed: testSeed() },
  );
});

/** A collector that can crash: from then on nothing of it reaches the store or the books. */
function startRun(place: Parameters<typeof collectFrom>[0], network: Awaited<ReturnType<typeof createTestNetwork>>) {
  let isDead = false;
  const dead = (): Promise<never> => Promise.reject(new Error('killed'));
  const ingest: typeof place.ingest = Object.create(place.ingest, {
    submit: {
      value: (...call: Parameters<typeof place.ingest.submit>) => (isDead ? dead() : place.ingest.submit(...call)),
    },
    isFull: { get: () => false },
  });
  const database: typeof place.database = {
    ...place.database,
    dialect: place.database.dialect,
    transaction: (work) => (isDead ? dead() : place.database.transaction(work)),
  };
  const limits = { overlapSeconds: 10_000 };
  const collector = collectFrom({ ...place, ingest, database }, { network, limits });
  return {
    collector,
    /** Between the store and the books, where it writes at all. */
    async crash() {
      void collector.flush();
      await new Promise((resolve) => setImmediate(resolve));
      isDead = true;
    },
  };
}
