import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { fc } from '@nostrata/testing';
import { compareEvents, createListing } from './listing.ts';

function createEvent(number: number, created_at: number): NostrEvent {
  const id = number.toString(16).padStart(64, '0');
  return { id, pubkey: id, created_at, kind: 1, tags: [], content: '', sig: id + id };
}

test('whatever the order of arrival, events stand newest first and once', () => {
  const event = fc.tuple(fc.nat(40), fc.nat(5)).map(([number]) => createEvent(number, number % 6));
  fc.assert(
    fc.property(fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 8 }), (batches) => {
      const listing = createListing();
      for (const batch of batches) listing.add([...new Map(batch.map((one) => [one.id, one])).values()]);
      const expected = [...new Map(batches.flat().map((one) => [one.id, one])).values()].sort(compareEvents);
      assert.deepEqual(listing.events, expected);
    }),
  );
});

test('a list keeps its newest events where there are too many, and an event that left may come again', () => {
  const listing = createListing(2);
  const [old, middle, young] = [createEvent(1, 1), createEvent(2, 2), createEvent(3, 3)];
  listing.add([old, middle, young]);
  assert.deepEqual(listing.events, [young, middle]);
  assert.equal(listing.has(old.id), false);
  assert.equal(listing.remove(young.id), true);
  assert.equal(listing.remove(young.id), false);
  assert.equal(listing.add([old]), true);
  assert.deepEqual(listing.events, [middle, old]);
});
