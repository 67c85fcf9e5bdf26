import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, createTestNetwork, waitUntil } from '@nostrata/testing';
import { collectFrom, openPlace, readTotals, settle, sumOf } from './test-collection.ts';

const builder = createEventBuilder('collector', Math.floor(Date.now() / 1000) - 3_000);
const notes = Array.from({ length: 60 }, (_, index) => builder.note(`note ${index}`));
const first = (count: number): NostrEvent[] => notes.slice(0, count);

describe('what relays send', () => {
  test('every event is counted for each relay that has it, and comes into the store once', async () => {
    await using network = await createTestNetwork({ seed: 'overlap', relays: 3 });
    network.relay(0).put(...first(40));
    network.relay(1).put(...notes.slice(20));
    network.relay(2).put(...notes);
    await using place = await openPlace();
    await using collector = collectFrom(place, { network });
    await collector.start();
    await settle(collector, 3);
    const totals = await readTotals(place);
    assert.deepEqual(
      [...totals.values()].map(({ events }) => events),
      [40, 40, 60],
    );
    const novel = [...totals.values()].reduce((sum, counts) => sum + counts.novel, 0);
    assert.equal(novel, 60);
    assert.equal((await place.store.statistics()).events, 60);
    for (const { received, events, repeats, bytes } of totals.values()) {
      assert.equal(received, events + repeats);
      assert.ok(bytes >= 0);
    }
  });

  test('what relays announce is collected as it comes', async () => {
    await using network = await createTestNetwork({ seed: 'live', relays: 2 });
    await using place = await openPlace();
    await using collector = collectFrom(place, { network });
    await collector.start();
    await settle(collector, 2);
    for (const note of first(20)) for (const relay of network.relays) relay.announce(note);
    await waitUntil(async () => (await place.store.statistics()).events === 20);
    await waitUntil(() => collector.flush());
    const totals = await readTotals(place);
    assert.deepEqual(
      [...totals.values()].map(({ events }) => events),
      [20, 20],
    );
    await waitUntil(() => collector.recent().reduce((sum, { unique }) => sum + unique, 0) === 20);
  });
});

describe('collectors over one cache', () => {
  test('who stops hands back what it holds, and the other has it long before a lease would end', async () => {
    await using network = await createTestNetwork({ seed: 'hand back', relays: 6 });
    await using place = await openPlace();
    const limits = { leaseMs: 600_000, leaseRoundMs: 50, shards: 6 };
    const one = collectFrom(place, { network, limits });
    await using two = collectFrom(place, { network, limits });
    await one.start();
    await two.start();
    const held = (): number[] => [one, two].map((collector) => collector.figures().relays);
    await waitUntil(() => held().every((relays) => relays === 3), { what: 'the relays to be divided' });
    for (const relay of network.relays) relay.announce(notes[0] as NostrEvent);
    await one.stop();
    await waitUntil(() => two.figures().relays === 6, { what: 'the other to take what was handed back' });
    for (const relay of network.relays) relay.announce(notes[1] as NostrEvent);
    const sum = async (): Promise<number> => sumOf(await readTotals(place), 'events');
    await waitUntil(async () => (await two.flush()) && (await sum()) >= 12, { timeoutMs: 10_000 });
    await settle(two, 6);
    assert.equal(await sum(), 12);
    assert.equal(sumOf(await readTotals(place), 'novel'), 2);
  });

  test('the relays follow the list, and one that left it is not collected from', async () => {
    await using network = await createTestNetwork({ seed: 'list', relays: 3 });
    await using place = await openPlace();
    const all = network.urls.map((url, index) => ({ relay: index + 1, url }));
    let list = all.slice(0, 2);
    let tell = (): void => undefined;
    await using collector = collectFrom(place, {
      relays: async () => list,
      onRelays(changed) {
        tell = changed;
        return () => undefined;
      },
    });
    await collector.start();
    await settle(collector, 2);
    list = all.slice(1);
    tell();
    await waitUntil(() => collector.statuses().some(({ relay }) => relay === 3));
    await settle(collector, 2);
    for (const relay of network.relays) relay.announce(notes[0] as NostrEvent);
    await waitUntil(async () => (await collector.flush()) && (await readTotals(place)).get(3)?.events === 1);
    const delivered = [...(await readTotals(place))].filter(([, { events }]) => events > 0);
    assert.deepEqual(
      delivered.map(([relay]) => relay),
      [2, 3],
    );
  });
});
