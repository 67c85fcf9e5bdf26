import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Database } from '@nostrata/database';
import { type NostrEvent, type VerifiedEvent, verifyEvent } from '@nostrata/protocol';
import { createEventBuilder, createTestNetwork, waitUntil } from '@nostrata/testing';
import { collectFrom, openPlace, readTotals, settle, sumOf } from './test-collection.ts';

const startSeconds = Math.floor(Date.now() / 1000) - 3_000;
const builder = createEventBuilder('laws', startSeconds);
const notes = Array.from({ length: 40 }, (_, index) => builder.note(`note ${index}`));

describe('what the original did wrong is right', () => {
  test('forged copies count against their relay, never come in and hide no genuine event', async () => {
    await using network = await createTestNetwork({ seed: 'forged', relays: 3 });
    network.relay(0).set({ forge: { share: 1, part: 'body' } });
    network.relay(1).set({ forge: { share: 1, part: 'sig' } });
    for (const relay of network.relays) relay.put(...notes);
    await using place = await openPlace();
    await using collector = collectFrom(place, { network });
    await collector.start();
    await settle(collector, 3);
    const [body, sig, honest] = [...(await readTotals(place)).values()];
    assert.deepEqual([body?.events, body?.invalid, body?.received], [0, 40, 40]);
    assert.deepEqual([sig?.events, sig?.invalid, sig?.received], [0, 40, 40]);
    assert.deepEqual([honest?.events, honest?.invalid, honest?.novel], [40, 0, 40]);
    for await (const page of place.store.query([{}])) {
      for (const { json } of page) assert.ok(verifyEvent(JSON.parse(json) as NostrEvent));
    }
    // A forgery that comes again is not checked again, and a genuine copy that comes later is counted.
    network.relay(0).heal();
    network.relay(0).announce(notes[0] as NostrEvent);
    await waitUntil(async () => (await collector.flush()) && sumOf(await readTotals(place), 'events') === 41);
  });

  test('an event counts for every relay that sends it, however late, and its sightings name all of them', async () => {
    await using network = await createTestNetwork({ seed: 'fair', relays: 4 });
    const sampled = findSampled();
    await using place = await openPlace();
    await using collector = collectFrom(place, { network });
    await collector.start();
    await settle(collector, 4);
    const received = (count: number) =>
      waitUntil(async () => (await collector.flush()) && sumOf(await readTotals(place), 'received') === count);
    for (const [nth, relay] of network.relays.entries()) {
      relay.announce(sampled);
      await received(2 * nth + 1);
      relay.announce(sampled);
      await received(2 * nth + 2);
    }
    const totals = [...(await readTotals(place)).values()];
    assert.deepEqual(
      totals.map(({ events, novel, repeats }) => [events, novel, repeats]),
      [
        [1, 1, 1],
        [1, 0, 1],
        [1, 0, 1],
        [1, 0, 1],
      ],
    );
    const rows = await place.database.query('SELECT relay FROM collector_sighting WHERE id = $1', [sampled.id]);
    assert.deepEqual(rows.map(({ relay }) => relay).sort(), [1, 2, 3, 4]);
  });

  test('a collector that starts again counts nothing twice', async () => {
    await using network = await createTestNetwork({ seed: 'restart', relays: 2 });
    for (const relay of network.relays) relay.put(...notes);
    await using place = await openPlace();
    for (let start = 0; start < 3; start++) {
      await using collector = collectFrom(place, { network, limits: { overlapSeconds: 10_000 } });
      await collector.start();
      await settle(collector, 2);
    }
    const totals = await readTotals(place);
    assert.deepEqual([sumOf(totals, 'events'), sumOf(totals, 'novel'), sumOf(totals, 'repeats')], [80, 40, 160]);
    assert.equal((await place.store.statistics()).events, 40);
  });

  test('a batch costs the same few statements whether it has ten events or a thousand', async () => {
    await using network = await createTestNetwork({ seed: 'statements', relays: 1 });
    await using place = await openPlace();
    const many = createEventBuilder('statements', startSeconds);
    const counted = countStatements(place.database);
    await using collector = collectFrom({ ...place, database: counted }, { network, limits: { flushMs: 60_000 } });
    await collector.start();
    await settle(collector, 1);
    const costs: number[] = [];
    for (const events of [10, 900]) {
      const before = collector.figures().flushes;
      for (let index = 0; index < events; index++) network.relay(0).announce(many.note(`note ${index}`));
      await waitUntil(() => collector.figures().buffered === events);
      counted.reset();
      await collector.flush();
      assert.equal(collector.figures().flushes, before + 1);
      costs.push(counted.statements);
    }
    // Of 900 events about four are in the sample and have rows of their own.
    assert.ok(
      costs.every((cost) => cost < 24),
      costs.join(' and '),
    );
  });

  test('an event that cannot be stored is put aside, and the others of its batch are stored', async () => {
    await using network = await createTestNetwork({ seed: 'poison', relays: 1 });
    const odd = [
      builder.note('a nul \u0000 within'),
      builder.note('half of a pair \ud83d, and the other half \udc00'),
      builder.event({ content: 'long tags', tags: Array.from({ length: 3_000 }, (_, index) => ['t', `${index}`]) }),
    ];
    const [poison] = notes;
    network.relay(0).put(...notes, ...odd);
    await using place = await openPlace();
    const submit: typeof place.ingest.submit = (event, source) =>
      (event as NostrEvent).id === poison?.id
        ? Promise.reject(new Error('the disk does not like this one'))
        : place.ingest.submit(event, source);
    const ingest = { submit, isFull: false, drained: () => Promise.resolve() };
    await using collector = collectFrom({ ...place, ingest: ingest as typeof place.ingest }, { network });
    await collector.start();
    await settle(collector, 1);
    const totals = await readTotals(place);
    assert.equal(sumOf(totals, 'events') + sumOf(totals, 'refused'), notes.length + odd.length);
    const rows = await place.database.query('SELECT id, reason FROM collector_quarantine');
    assert.ok(rows.some(({ id, reason }) => id === poison?.id && reason === 'the disk does not like this one'));
    assert.equal((await place.store.statistics()).events, notes.length + odd.length - rows.length);
    assert.equal(collector.figures().buffered, 0);
  });

  test('relays are asked from their watermark less the overlap, and never for their entire history', async () => {
    await using network = await createTestNetwork({ seed: 'since', relays: 1 });
    const relay = network.relay(0);
    relay.put(...notes);
    const limits = { lookBackSeconds: 3_600, overlapSeconds: 100 };
    await using place = await openPlace();
    const ask = async (): Promise<number> => {
      relay.resetLedger();
      await using collector = collectFrom(place, { network, limits });
      await collector.start();
      await settle(collector, 1);
      const filters = relay.ledger.requests.flatMap((request) => request.filters);
      assert.ok(filters.every(({ since }) => since !== undefined));
      return Math.min(...filters.map(({ since }) => since ?? 0));
    };
    const nowSeconds = Math.floor(Date.now() / 1000);
    assert.ok(Math.abs((await ask()) - (nowSeconds - 3_600 - 100)) < 20);
    const newest = Math.max(...notes.map(({ created_at }) => created_at));
    const again = await ask();
    assert.ok(newest - 100 - again >= 0 && newest - 100 - again < 20, `${newest} ${again}`);
    // A reconnect asks no further back either.
    await using collector = collectFrom(place, { network, limits });
    await collector.start();
    await settle(collector, 1);
    relay.resetLedger();
    relay.cut();
    await waitUntil(() => relay.ledger.requests.length > 0);
    for (const { filters } of relay.ledger.requests) assert.ok((filters[0]?.since ?? 0) >= newest - 120);
  });

  test('ephemeral and superseded events are observed, and what is stored is not', async () => {
    await using network = await createTestNetwork({ seed: 'observed', relays: 2 });
    const older = builder.profile({ name: 'before' });
    const newer = builder.profile({ name: 'after' });
    const ephemeral = builder.event({ kind: 20_001, created_at: Math.floor(Date.now() / 1000) });
    const seen: VerifiedEvent[] = [];
    await using place = await openPlace();
    await using collector = collectFrom(place, {
      ...{ network, kinds: 'all' },
      observe: async (events) => void seen.push(...events),
    });
    await collector.start();
    await settle(collector, 2);
    for (const event of [newer, older, ephemeral]) {
      for (const relay of network.relays) relay.announce(event);
      await waitUntil(async () => (await collector.flush()) && collector.figures().buffered === 0);
    }
    await waitUntil(async () => (await collector.flush()) && sumOf(await readTotals(place), 'events') === 6);
    assert.deepEqual(seen.map(({ id }) => id).sort(), [older.id, ephemeral.id].sort());
  });
});

function findSampled(): NostrEvent {
  for (let index = 0; ; index++) {
    const note = builder.note(`sample ${index}`, { created_at: startSeconds });
    if (note.id.startsWith('00')) return note;
  }
}

function countStatements(database: Database): Database & { readonly statements: number; reset(): void } {
  let statements = 0;
  return {
    ...database,
    dialect: database.dialect,
    query: (...call) => {
      statements++;
      return database.query(...call);
    },
    transaction: (work) =>
      database.transaction((transaction) =>
        work({
          query: (...call) => {
            statements++;
            return transaction.query(...call);
          },
        }),
      ),
    get statements() {
      return statements;
    },
    reset() {
      statements = 0;
    },
  };
}
