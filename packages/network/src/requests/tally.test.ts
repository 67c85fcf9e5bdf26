import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Filter, matchFilter, type NostrEvent } from '@nostrata/protocol';
import { fc } from '@nostrata/testing';
import { defaultLimits } from '../limits.ts';
import { createKnowledge, learnFromRefusal, type RelayLimits } from './relay-limits.ts';
import { longestList, matchesNothing, splitFilters, type WireFilter } from './split.ts';
import { createTally, joinRows } from './tally.ts';

const hex = (index: number): string => index.toString(16).padStart(64, '0');
const assumed: RelayLimits = createKnowledge(defaultLimits).current;

function makeEvent(id: number, created_at: number, [kind, author]: readonly [number, number]): NostrEvent {
  return { id: hex(id), pubkey: hex(author), created_at, kind, tags: [], content: '', sig: '' };
}

/** What a relay with a cap for each filter sends: newest first, then lowest id. */
function answer(stored: readonly NostrEvent[], filters: readonly Filter[], cap: number): NostrEvent[] {
  const sent = new Set<NostrEvent>();
  for (const filter of filters) {
    const found = stored.filter((event) => matchFilter(filter, event));
    found.sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
    for (const event of found.slice(0, Math.min(cap, filter.limit ?? cap))) sent.add(event);
  }
  return [...sent].sort((a, b) => b.created_at - a.created_at);
}

const wiresOf = (filters: readonly Filter[]): WireFilter[] => filters.map((filter, origin) => ({ filter, origin }));
const small = (max: number) => fc.integer({ min: 1, max });
const regularKind = fc.constantFrom(1, 6, 7);
const filterArbitrary: fc.Arbitrary<Filter> = fc.record(
  {
    kinds: fc.uniqueArray(regularKind, { minLength: 1, maxLength: 2 }),
    authors: fc.uniqueArray(small(3).map(hex), { minLength: 1, maxLength: 2 }),
    until: fc.integer({ min: 50, max: 200 }),
    limit: fc.integer({ min: 1, max: 130 }),
  },
  { requiredKeys: [] },
);
const storedArbitrary = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.tuple(regularKind, small(3))), {
    minLength: 40,
    maxLength: 300,
    size: 'max',
  })
  .map((rows) => rows.map(([at, parts], index) => makeEvent(index, at, parts)));

describe('what an answer says of its range', () => {
  test('never more is said to be known than the relay has sent, whatever it was asked together and where it cuts', () => {
    const filters = fc.array(filterArbitrary, { minLength: 1, maxLength: 3 });
    const caps = fc.constantFrom(50, 64, 100, 150);
    fc.assert(
      fc.property(storedArbitrary, filters, fc.tuple(caps, fc.boolean()), (stored, asked, [cap, isKnown]) => {
        const tally = createTally(wiresOf(asked), 10_000);
        const sent = answer(stored, asked, cap);
        for (const event of sent) tally.judged(tally.match(event), event, 'kept');
        tally.end([], { ...assumed, answerEventsMax: isKnown ? cap : undefined });
        const sentIds = new Set(sent.map(({ id }) => id));
        for (const { filter, complete, oldest } of joinRows(asked, tally.rows)) {
          for (const event of stored.filter((each) => matchFilter(filter, each) && !sentIds.has(each.id))) {
            assert.ok(!complete, 'a page that was cut is not complete');
            assert.ok(oldest === undefined || event.created_at <= oldest, `${event.created_at} above ${oldest}`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a relay that sends everything is believed where nothing speaks against it', () => {
    const tally = createTally(
      wiresOf([{ kinds: [1], limit: 10 }, { ids: [hex(1)] }, { kinds: [0], authors: [hex(1)] }]),
      100,
    );
    const events = [makeEvent(1, 10, [1, 1]), makeEvent(2, 20, [1, 1]), makeEvent(3, 30, [0, 1])];
    for (const event of events) tally.judged(tally.match(event), event, 'kept');
    tally.end([], assumed);
    assert.deepEqual(
      joinRows(
        tally.rows.map(({ wire }) => wire.filter),
        tally.rows,
      ).map(({ complete }) => complete),
      [true, true, true],
    );
  });

  test('the words of NIP-67 are taken at their word', () => {
    for (const [hint, complete] of [
      ['finish', true],
      ['more', false],
    ] as const) {
      const tally = createTally(wiresOf([{ kinds: [1], limit: 2 }]), 100);
      const events = hint === 'finish' ? [makeEvent(1, 9, [1, 1]), makeEvent(2, 8, [1, 1])] : [makeEvent(1, 9, [1, 1])];
      for (const event of events) tally.judged(tally.match(event), event, 'gone');
      tally.end([hint], assumed);
      assert.equal(joinRows([{ kinds: [1], limit: 2 }], tally.rows)[0]?.complete, complete, hint);
    }
  });

  test('what comes after the end changes the newest and nothing else, so that a subscription does not grow', () => {
    const tally = createTally(wiresOf([{ kinds: [1] }]), 1_000);
    tally.end([], assumed);
    for (let second = 1; second <= 500; second++) {
      const event = makeEvent(second, second, [1, 1]);
      tally.judged(tally.match(event), event, 'kept');
    }
    assert.deepEqual([tally.rows[0]?.seconds.length, tally.rows[0]?.newest], [0, 500]);
  });

  test('without EOSE nothing is known', () => {
    const tally = createTally(wiresOf([{ kinds: [1] }]), 100);
    const event = makeEvent(1, 9, [1, 1]);
    tally.judged(tally.match(event), event, 'kept');
    const [row] = joinRows([{ kinds: [1] }], tally.rows);
    assert.deepEqual([row?.events, row?.newest, row?.oldest, row?.complete], [1, 9, undefined, false]);
  });
});

describe('splitting', () => {
  const many = fc.array(
    fc.record(
      {
        authors: fc.uniqueArray(small(40).map(hex), { minLength: 1, maxLength: 30 }),
        kinds: fc.uniqueArray(small(5), { minLength: 1 }),
        tags: fc.record({ p: fc.uniqueArray(small(40).map(hex), { minLength: 1, maxLength: 30 }) }),
        since: small(100),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 12 },
  );
  const limitsArbitrary = fc.record({
    filtersPerRequestMax: small(5),
    valuesPerFilterMax: small(20),
    requestBytesMax: fc.integer({ min: 600, max: 4_000 }),
  });

  test('keeps every part within the limits of the relay and asks for neither more nor less', () => {
    const event = fc.tuple(small(40), small(40), small(5)).map(
      ([author, mentioned, kind]): NostrEvent => ({
        ...makeEvent(1, 50, [kind, author]),
        tags: [['p', hex(mentioned)]],
      }),
    );
    fc.assert(
      fc.property(many, limitsArbitrary, fc.array(event, { maxLength: 20 }), (filters, limits, events) => {
        const groups = splitFilters(wiresOf(filters), { ...assumed, ...limits });
        for (const group of groups) {
          assert.ok(group.length <= limits.filtersPerRequestMax);
          for (const { filter } of group) assert.ok(longestList(filter) <= limits.valuesPerFilterMax);
          const frame = JSON.stringify([
            'REQ',
            'n123',
            ...group.map(({ filter }) => ({ ...filter, '#p': filter.tags?.p })),
          ]);
          assert.ok(frame.length < limits.requestBytesMax * 2);
        }
        filters.forEach((filter, origin) => {
          const parts = groups.flat().filter((wire) => wire.origin === origin);
          for (const each of events) {
            const isAsked = parts.some((part) => matchFilter(part.filter, each));
            assert.equal(isAsked, matchFilter(filter, each));
          }
        });
      }),
    );
  });

  test('filters that can match nothing are known', () => {
    for (const filter of [{ ids: [] }, { kinds: [] }, { tags: { e: [] } }, { since: 5, until: 4 }])
      assert.equal(matchesNothing(filter), true);
    for (const filter of [{}, { ids: [hex(1)] }, { since: 5, until: 5 }, { limit: 0 }])
      assert.equal(matchesNothing(filter), false);
  });
});

describe('refusals', () => {
  const asked = { subscriptions: 8, filters: 12, values: 2_000, bytes: 90_000 };

  test('the words of relays in use teach their limits', () => {
    const lessons: readonly (readonly [string, Partial<RelayLimits>])[] = [
      ['ERROR: too many concurrent REQs', { subscriptionsMax: 7 }],
      ['error: maximum concurrent subscription count reached', { subscriptionsMax: 7 }],
      ['rate-limited: Subscription limit exceeded', { subscriptionsMax: 7 }],
      ['invalid: too many filters', { filtersPerRequestMax: 6 }],
      ['error: total filters in a REQ must not exceed 10', { filtersPerRequestMax: 10 }],
    ];
    for (const [text, lesson] of lessons) {
      assert.deepEqual(learnFromRefusal(assumed, text, asked), { ...assumed, ...lesson }, text);
    }
    const single = { ...asked, filters: 1 };
    assert.equal(learnFromRefusal(assumed, 'invalid: too many authors (max 500)', single)?.valuesPerFilterMax, 500);
  });

  test('other words teach nothing, and nothing shrinks below one', () => {
    for (const text of ['blocked: no', 'error: could not connect to the database', '', 'restricted: pay first'])
      assert.equal(learnFromRefusal(assumed, text, asked), undefined, text);
    const least = { subscriptions: 1, filters: 1, values: 1, bytes: 100 };
    for (const text of ['too many filters', 'too many authors'])
      assert.equal(learnFromRefusal(assumed, text, least), undefined);
    const one = { ...assumed, subscriptionsMax: 1 };
    assert.equal(learnFromRefusal(one, 'too many subscriptions', least), undefined);
  });

  test('an information document counts only where its numbers make sense', () => {
    const knowledge = createKnowledge(defaultLimits);
    knowledge.apply({ limitation: { max_subscriptions: 0, max_message_length: -1, max_limit: Number.NaN } });
    assert.deepEqual(knowledge.current, assumed);
    knowledge.apply({
      limitation: { max_subscriptions: 5, max_message_length: 131_072, max_limit: 500 },
      supported_nips: [77],
    });
    const { subscriptionsMax, requestBytesMax, answerEventsMax, nips } = knowledge.current;
    assert.deepEqual([subscriptionsMax, requestBytesMax, answerEventsMax, nips?.has(77)], [5, 131_072, 500, true]);
  });
});
