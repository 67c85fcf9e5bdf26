import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, createTestNetwork, waitUntil } from '@nostrata/testing';
import { collectFrom, openPlace, readTotals, settle } from './test-collection.ts';

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
