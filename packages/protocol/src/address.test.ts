import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, fc } from '@nostrata/testing';
import { formatAddress, getAddress, getIdentifier, parseAddress } from './address.ts';
import { InvalidError } from './errors.ts';
import { isAddressableKind, isEphemeralKind, isRegularKind, isReplaceableKind } from './kinds.ts';
import { getExpiration, getIndexedTags, getTagValue, getTagValues, isProtected } from './tags.ts';

const alice = createEventBuilder('alice');

test('every kind is of exactly one sort, with the borders of NIP-01', () => {
  for (let kind = 0; kind <= 65_535; kind++) {
    const sorts = [isRegularKind(kind), isReplaceableKind(kind), isEphemeralKind(kind), isAddressableKind(kind)];
    assert.equal(sorts.filter(Boolean).length, 1, String(kind));
  }
  assert.deepEqual([0, 3, 10_000, 19_999].map(isReplaceableKind), [true, true, true, true]);
  assert.deepEqual([1, 2, 9_999, 20_000].map(isReplaceableKind), [false, false, false, false]);
  assert.deepEqual([19_999, 20_000, 29_999, 30_000].map(isEphemeralKind), [false, true, true, false]);
  assert.deepEqual([29_999, 30_000, 39_999, 40_000].map(isAddressableKind), [false, true, true, false]);
});

test('an address survives writing and reading, whatever its identifier', () => {
  const kind = fc.oneof(
    fc.constantFrom(0, 3),
    fc.integer({ min: 10_000, max: 19_999 }),
    fc.integer({ min: 30_000, max: 39_999 }),
  );
  fc.assert(
    fc.property(kind, fc.string(), (anyKind, text) => {
      const address = { kind: anyKind, pubkey: alice.pubkey, identifier: isAddressableKind(anyKind) ? text : '' };
      assert.deepEqual(parseAddress(formatAddress(address)), address);
    }),
  );
  assert.deepEqual(parseAddress(`0:${alice.pubkey}`), { kind: 0, pubkey: alice.pubkey, identifier: '' });
});

test('an event has the address of its first d tag, an empty one without, and none for regular kinds', () => {
  const event = alice.event({ kind: 30_023, tags: [['d'], ['d', 'b']] });
  assert.equal(getIdentifier(event), '');
  assert.equal(
    getAddress(
      alice.event({
        kind: 30_023,
        tags: [
          ['d', 'a'],
          ['d', 'b'],
        ],
      }),
    ),
    `30023:${alice.pubkey}:a`,
  );
  assert.equal(getAddress(alice.event({ kind: 30_023 })), `30023:${alice.pubkey}:`);
  assert.equal(getAddress(alice.event({ kind: 10_002, tags: [['d', 'a']] })), `10002:${alice.pubkey}:`);
  assert.equal(getAddress(alice.note('')), undefined);
  assert.equal(getAddress(alice.event({ kind: 20_000 })), undefined);
});

test('malformed addresses are refused', () => {
  const { pubkey } = alice;
  for (const text of [
    '',
    `1:${pubkey}:`,
    `20000:${pubkey}:`,
    `:${pubkey}:x`,
    `30023:${pubkey.toUpperCase()}:x`,
    `30023:${pubkey}x`,
    '30023::x',
    `99999:${pubkey}:x`,
  ]) {
    assert.throws(() => parseAddress(text), InvalidError, text);
  }
});

test('tags are found by name, in order, also where they are malformed', () => {
  const event = alice.note('', {
    tags: [[], ['e'], ['e', '1'], ['e', '2'], ['E', '3'], ['-'], ['title', '4'], ['é', '5'], ['', '6'], ['1', '7']],
  });
  assert.equal(getTagValue(event, 'e'), undefined);
  assert.deepEqual(getTagValues(event, 'e'), ['1', '2']);
  assert.deepEqual(getIndexedTags(event), [
    ['e', '1'],
    ['e', '2'],
    ['E', '3'],
  ]);
  assert.ok(isProtected(event));
  assert.equal(getExpiration(event), undefined);
  assert.equal(getExpiration(alice.note('', { tags: [['expiration', '12']] })), 12);
});
