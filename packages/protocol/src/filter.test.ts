import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { matchFilter as matchElsewhere } from 'nostr-tools/filter';
import { compileFilter, compileFilters } from './compile-filter.ts';
import { InvalidError } from './errors.ts';
import type { NostrEvent } from './event.ts';
import { type Filter, matchFilter, matchFilters, parseFilter, serializeFilter } from './filter.ts';

const hex = fc.constantFrom('a', 'b', 'c').map((digit) => digit.repeat(64));
const values = fc.constantFrom('x', 'y', '', 'u0', 'u09', 'u0*', 'u*', '*', 'ai*', 'u0!');
const tag = fc.oneof(
  fc.tuple(fc.constantFrom('t', 'g', 'T', 'title'), values),
  fc.tuple(fc.constantFrom('e', 'p'), hex, values),
  fc.tuple(fc.constantFrom('t', '-')),
);
const event: fc.Arbitrary<NostrEvent> = fc.record({
  id: hex,
  pubkey: hex,
  created_at: fc.nat(4),
  kind: fc.nat(3),
  tags: fc.array(tag, { maxLength: 4 }),
  content: fc.constant(''),
  sig: fc.constant('0'.repeat(128)),
});
const list = <T>(item: fc.Arbitrary<T>) => fc.uniqueArray(item, { maxLength: 3 });
const filter: fc.Arbitrary<Filter> = fc.record(
  {
    ids: list(hex),
    authors: list(hex),
    kinds: list(fc.nat(3)),
    since: fc.integer({ min: 1, max: 4 }),
    until: fc.integer({ min: 1, max: 4 }),
    limit: fc.nat(4),
    tags: fc.record(
      { t: list(values), g: list(values), e: list(hex), T: list(values) },
      { requiredKeys: [], noNullPrototype: true },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('a compiled filter matches what the definition matches', () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 3 }), event, (filters, candidate) => {
      for (const one of filters) assert.equal(compileFilter(one)(candidate), matchFilter(one, candidate));
      assert.equal(compileFilters(filters)(candidate), matchFilters(filters, candidate));
    }),
    { numRuns: 3_000 },
  );
});

test('nostr-tools matches the same, but for geohash prefixes and the second 0', () => {
  const plain = filter.filter(
    ({ tags }) => !Object.values(tags ?? {}).some((wanted) => wanted.some((v) => v.endsWith('*'))),
  );
  fc.assert(
    fc.property(plain, event, (one, candidate) => {
      const wire = serializeFilter(one) as Parameters<typeof matchElsewhere>[0];
      const tags = candidate.tags.map((part) => [...part]);
      assert.equal(matchElsewhere(wire, { ...candidate, tags }), matchFilter(one, candidate));
    }),
    { numRuns: 2_000 },
  );
});

test('a filter survives writing and reading', () => {
  fc.assert(
    fc.property(filter, (one) => {
      const read = parseFilter(JSON.parse(JSON.stringify(serializeFilter(one))));
      const { tags, ...rest } = one;
      assert.deepEqual(read, tags && Object.keys(tags).length > 0 ? { ...rest, tags } : rest);
    }),
  );
});

test('a geohash prefix matches geohashes only', () => {
  const at = (value: string): NostrEvent => ({
    ...(fc.sample(event, { numRuns: 1, seed: 1 })[0] as NostrEvent),
    tags: [['g', value]],
  });
  for (const [wanted, value, expected] of [
    ['u0*', 'u09w', true],
    ['u0*', 'u1', false],
    ['u0*', 'u0!', false],
    ['u0*', 'u0*', false],
    ['*', 'u0', false],
    ['*', '*', true],
    ['u0', 'u09', false],
  ] as const) {
    assert.equal(matchFilter({ tags: { g: [wanted] } }, at(value)), expected, `${wanted} ${value}`);
    assert.equal(compileFilter({ tags: { g: [wanted] } })(at(value)), expected, `${wanted} ${value}`);
  }
});

test('malformed filters are refused', () => {
  const bad: unknown[] = [
    null,
    [],
    'x',
    { ids: ['abc'] },
    { ids: 'a' },
    { authors: ['A'.repeat(64)] },
    { kinds: ['1'] },
    { kinds: [-1] },
    { kinds: [65_536] },
    { since: -1 },
    { until: 1.5 },
    { limit: '1' },
    { search: 1 },
    { '#e': ['x'] },
    { '#p': [1] },
    { '#t': 'x' },
    { '#title': ['x'] },
    { '#': ['x'] },
    { other: 1 },
  ];
  for (const value of bad) assert.throws(() => parseFilter(value), InvalidError, JSON.stringify(value));
});
