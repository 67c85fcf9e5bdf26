import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Filter, Kind, type ListedRelay } from '@nostrata/protocol';
import { createEventBuilder, fc, seededRandom } from '@nostrata/testing';
import type { Plan, RelayAnswer } from '../contract.ts';
import { coverKeys } from './cover.ts';
import { createRoutes, type RoutesOptions } from './routes.ts';
import { createScores } from './scores.ts';

const key = (index: number): string => index.toString(16).padStart(64, '0');
const wss = (name: string | number): string => `wss://${name}.example.com`;
const both = (...names: readonly (string | number)[]): ListedRelay[] =>
  names.map((name) => ({ url: wss(name), read: true, write: true }));

function open(lists: Readonly<Record<string, readonly ListedRelay[]>>, options: Partial<RoutesOptions> = {}) {
  return createRoutes({
    relayListOf: async (pubkeys) =>
      new Map(pubkeys.flatMap((pubkey) => (lists[pubkey] ? [[pubkey, lists[pubkey]] as const] : []))),
    defaults: [wss('default')],
    random: seededRandom(1).next,
    ...options,
  });
}

const answer = (relay: string, parts: Partial<RelayAnswer>): RelayAnswer => {
  return { relay, end: 'eose', kept: 0, gone: 0, forged: 0, unasked: 0, filters: [], endMs: 200, ...parts };
};
const authorsAt = (plan: Plan, relay: string): readonly string[] =>
  (plan.get(relay) ?? []).flatMap(({ authors }) => authors ?? []);

describe('reading', () => {
  test('authors are asked where they write, each relay for its own authors only', async () => {
    const routes = open({
      [key(1)]: [...both('a'), { url: wss('inbox'), read: true, write: false }],
      [key(2)]: both('b'),
    });
    const filter: Filter = { kinds: [1], authors: [key(1), key(2), key(3)], limit: 5 };
    assert.deepEqual(
      await routes.forRead([filter]),
      new Map([
        [wss('a'), [{ ...filter, authors: [key(1)] }]],
        [wss('b'), [{ ...filter, authors: [key(2)] }]],
        [wss('default'), [{ ...filter, authors: [key(3)] }]],
      ]),
    );
  });

  test('every author is asked for somewhere, and no plan is larger than the budget', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }), {
          minLength: 1,
          maxLength: 40,
          size: 'max',
        }),
        fc.integer({ min: 2, max: 20 }),
        async (relaysOfAuthors, connectionsMax) => {
          const lists = Object.fromEntries(relaysOfAuthors.map((relays, index) => [key(index), both(...relays)]));
          const routes = open(lists, { connectionsMax });
          const plan = await routes.forRead([{ kinds: [1], authors: Object.keys(lists) }]);
          assert.ok(plan.size <= connectionsMax, `${plan.size} relays`);
          const asked = [...plan.keys()].flatMap((relay) => authorsAt(plan, relay));
          assert.deepEqual(new Set(asked), new Set(Object.keys(lists)));
          for (const author of asked) assert.ok(asked.filter((other) => other === author).length <= 3);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('mentions are asked where those mentioned read', async () => {
    const routes = open({
      [key(1)]: [
        { url: wss('in'), read: true, write: false },
        { url: wss('out'), read: false, write: true },
      ],
    });
    const filter: Filter = { kinds: [7], tags: { p: [key(1)] } };
    assert.deepEqual(await routes.forRead([filter]), new Map([[wss('in'), [filter]]]));
  });

  test('what is asked of the hints alone goes to no default relay, but where there are no hints', async () => {
    const filters = [{ tags: { e: ['f'.repeat(64)] } }, { authors: [key(1)] }];
    const routes = open({ [key(1)]: both('own') });
    const hinted = await routes.forRead(filters, { hints: [wss('hint')], isHinted: true });
    assert.deepEqual([...hinted.keys()].sort(), [wss('hint'), wss('own')]);
    const usual = await routes.forRead(filters, { isHinted: true });
    assert.deepEqual([...usual.keys()].sort(), [wss('default'), wss('own')]);
  });

  test('ids and hashtags go to the default relays, and to the hints', async () => {
    const filters: Filter[] = [{ ids: [key(9)] }, { tags: { t: ['nostr'] } }];
    assert.deepEqual(
      await open({}).forRead(filters, { hints: ['WSS://Hint.example.com/', 'nonsense'] }),
      new Map([
        [wss('hint'), filters],
        [wss('default'), filters],
      ]),
    );
  });

  test('messages are asked at the inbox of their reader, searches where there is search', async () => {
    const routes = open(
      {},
      {
        inboxRelaysOf: async () => new Map([[key(1), [wss('dm')]]]),
        searchRelays: [wss('search')],
      },
    );
    const wraps: Filter = { kinds: [Kind.giftWrap], tags: { p: [key(1)] } };
    const others: Filter = { kinds: [Kind.giftWrap], tags: { p: [key(2)] } };
    const search: Filter = { kinds: [1], search: 'cats' };
    assert.deepEqual(
      await routes.forRead([wraps, others, search]),
      new Map([
        [wss('dm'), [wraps]],
        [wss('search'), [search]],
      ]),
    );
  });

  test('profiles of strangers are asked at the lookup relays too', async () => {
    const plan = await open({}, { lookupRelays: [wss('lookup')] }).forRead([{ kinds: [0], authors: [key(1)] }]);
    assert.deepEqual([...plan.keys()], [wss('default'), wss('lookup')]);
  });

  test('relays that are gone, blocked or private are asked only where nothing else has the author', async () => {
    const lists = {
      [key(1)]: [...both('gone', 'here'), { url: 'ws://192.168.1.4', read: true, write: true }],
      [key(2)]: both('gone'),
      [key(3)]: both('blocked'),
    };
    const routes = open(lists, {
      relaysPerAuthorMax: 1,
      isAlive: (relay) => (relay === wss('gone') ? false : undefined),
      blockedRelays: () => new Set([wss('blocked')]),
    });
    const plan = await routes.forRead([{ authors: [key(1), key(2), key(3)] }]);
    assert.deepEqual(authorsAt(plan, wss('here')), [key(1)]);
    assert.deepEqual(authorsAt(plan, wss('gone')), [key(2)]);
    assert.deepEqual(authorsAt(plan, wss('default')), [key(3)]);
    assert.equal(plan.size, 3);
  });

  test('what answers is chosen more and more, and what was learned outlives a restart', async () => {
    const saved = new Map<string, string>();
    const scores = { load: () => saved, save: (relay: string, score: string) => void saved.set(relay, score) };
    const lists = { [key(1)]: both('dead', 'slow', 'good') };
    const options = { scores, relaysPerAuthorMax: 1, random: seededRandom(7).next };
    const routes = open(lists, options);
    const chosen: string[] = [];
    for (let round = 0; round < 200; round++) {
      const [relay = ''] = (await routes.forRead([{ authors: [key(1)] }])).keys();
      chosen.push(relay);
      if (relay === wss('good')) routes.observe(answer(relay, { kept: 5 }));
      else if (relay === wss('slow')) routes.observe(answer(relay, { kept: 5, firstEventMs: 9_000, endMs: 9_500 }));
      else routes.observe(answer(relay, { end: 'unreachable' }));
    }
    const share = (from: readonly string[]): number =>
      from.filter((relay) => relay === wss('good')).length / from.length;
    assert.ok(share(chosen.slice(-100)) > 0.8, `${share(chosen.slice(-100))}`);
    const later = open(lists, options);
    const again: string[] = [];
    for (let round = 0; round < 50; round++) again.push(...(await later.forRead([{ authors: [key(1)] }])).keys());
    assert.ok(share(again) > 0.8);
  });
});

describe('publishing', () => {
  const builder = createEventBuilder('routes');
  const own = { [builder.pubkey]: both('own'), [key(1)]: both('inbox-1', 'inbox-2'), [key(2)]: [] };

  test('goes to the own write relays and the inboxes of those mentioned', async () => {
    const note = builder.note('hi', {
      tags: [
        ['p', key(1)],
        ['p', key(2), wss('hint')],
      ],
    });
    assert.deepEqual(await open(own).forWrite(note), [wss('own'), wss('inbox-1'), wss('inbox-2'), wss('hint')]);
  });

  test('without an own list goes to the default relays; profiles also to the lookup relays', async () => {
    const routes = open({}, { lookupRelays: [wss('lookup')] });
    assert.deepEqual(await routes.forWrite(builder.note('hi')), [wss('default')]);
    assert.deepEqual(await routes.forWrite(builder.profile({ name: 'a' })), [wss('default'), wss('lookup')]);
  });

  test('a wrap goes to its reader’s inbox or nowhere', async () => {
    const routes = open(own, { inboxRelaysOf: async () => new Map([[key(1), [wss('dm')]]]) });
    const wrapFor = (pubkey: string) => builder.event({ kind: Kind.giftWrap, tags: [['p', pubkey]] });
    assert.deepEqual(await routes.forWrite(wrapFor(key(1))), [wss('dm')]);
    assert.deepEqual(await routes.forWrite(wrapFor(key(2))), []);
  });

  test('a thread of hundreds goes to a bounded number of relays, the own first', async () => {
    const lists = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [key(n), both(`a${n}`, `b${n}`)]));
    const tags = Object.keys(lists).map((pubkey) => ['p', pubkey]);
    const relays = await open({ ...lists, ...own }).forWrite(builder.note('hi', { tags }));
    assert.equal(relays.length, 30);
    assert.equal(relays[0], wss('own'));
  });
});

test('a cover within a budget reaches at least as many keys as the best relays taken one by one', () => {
  const lists = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 5 }), {
    maxLength: 30,
    size: 'max',
  });
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 6 }), (relaysOfKeys, relaysMax) => {
      const relaysByKey = new Map(relaysOfKeys.map((relays, index) => [`k${index}`, relays.map(String)]));
      const cover = coverKeys({ relaysByKey, relaysPerKey: 2, relaysMax });
      assert.ok(cover.size <= relaysMax);
      const keysOf = (relay: string): string[] =>
        [...relaysByKey].flatMap(([k, relays]) => (relays.includes(relay) ? [k] : []));
      const relays = [...new Set([...relaysByKey.values()].flat())];
      const largest = relays
        .sort((a, b) => keysOf(b).length - keysOf(a).length)
        .slice(0, 1)
        .flatMap(keysOf);
      assert.ok(new Set([...cover.values()].flat()).size >= largest.length);
      for (const [relay, keys] of cover) for (const k of keys) assert.ok(relaysByKey.get(k)?.includes(relay));
    }),
  );
});

test('scores that cannot be read are as if they were not there', () => {
  const load = () =>
    new Map([
      [wss('a'), 'nonsense'],
      [wss('b'), '-1 2 3'],
      [wss('c'), ''],
    ]);
  const scores = createScores({ load, save: () => undefined }, seededRandom(3).next);
  for (const name of ['a', 'b', 'c']) assert.ok(scores.sample(wss(name)) > 0);
});
