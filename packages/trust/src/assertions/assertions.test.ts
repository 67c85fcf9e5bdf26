import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '@nostrata/store';
import { createEventBuilder, fc } from '@nostrata/testing';
import type { TrustScore } from '../contract.ts';
import { type Assertion, parseAssertion, parseProviders, toAssertionDraft } from './assertion.ts';
import { createAssertions, loadAssertedResults } from './assertions.ts';

const subject = createEventBuilder('subject').pubkey;

/** A publisher over a memory store, whose scores a test sets. */
function createWorld() {
  const store = createMemoryStore({ now: () => 1_700_000_100_000 });
  const service = createEventBuilder('service');
  const state = { trustScore: 88.6, stale: false };
  const score = async (pubkey: string): Promise<TrustScore> => {
    const parts = { pubkey, followersCount: 7, components: { reportersCount: 1 }, ...state };
    // Only these fields are read.
    return parts as unknown as TrustScore;
  };
  const assertions = createAssertions({
    ...{ store, trust: { score }, servicePubkey: service.pubkey },
    async publish({ kind, tags, content }) {
      await store.put([{ event: service.event({ kind, tags, content }) }]);
    },
  });
  return { store, service, state, assertions };
}

test('a score is published once, again when it changes, and not while it is stale', async () => {
  const { store, service, state, assertions } = createWorld();
  assert.deepEqual(await assertions.publishUsers([subject]), { published: 1, unchanged: 0 });
  assert.deepEqual(await assertions.publishUsers([subject]), { published: 0, unchanged: 1 });
  const texts: string[] = [];
  for await (const page of store.query([{ kinds: [30382], authors: [service.pubkey] }])) {
    texts.push(...page.map(({ json }) => json));
  }
  const expected = [
    ['d', subject],
    ['rank', '89'],
    ['followers', '7'],
    ['reports_cnt_recd', '1'],
  ];
  assert.deepEqual(
    texts.map((text) => JSON.parse(text).tags),
    [expected],
  );
  Object.assign(state, { trustScore: 12, stale: true });
  assert.deepEqual(await assertions.publishUsers([subject]), { published: 0, unchanged: 0 });
  state.stale = false;
  assert.deepEqual(await assertions.publishUsers([subject]), { published: 1, unchanged: 0 });
});

test('an assertion of each kind is read as it was written', () => {
  const id = fc.stringMatching(/^[0-9a-f]{64}$/);
  const subjects = fc.oneof(
    fc.record({ type: fc.constant('pubkey' as const), subject: id }, { noNullPrototype: true }),
    fc.record({ type: fc.constant('event' as const), subject: id }, { noNullPrototype: true }),
    id.map((pubkey) => ({ type: 'address' as const, subject: `30023:${pubkey}:a` })),
    fc.constant({ type: 'external' as const, subject: 'isbn:9780141036144', externalKinds: ['isbn'] }),
  );
  const results = fc.record(
    { rank: fc.nat(100).map(String), comment_cnt: fc.nat().map(String) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(subjects, results, (about, results) => {
      const assertion: Assertion = { ...about, results };
      assert.deepEqual(parseAssertion(toAssertionDraft(assertion)), assertion);
    }),
  );
});

test('an assertion about no pubkey, or with a rank beyond 100, says nothing', () => {
  for (const [d, rank] of [
    ['me', '5'],
    [subject, '101'],
    [subject, '-1'],
    [subject, '5.5'],
    [subject, ''],
  ]) {
    const tags = [
      ['d', d ?? ''],
      ['rank', rank ?? ''],
    ];
    assert.equal(parseAssertion({ kind: 30382, tags }), undefined);
  }
});

test('only declared providers are heard, on what they were declared for, the first one first', async () => {
  const { store, service, assertions } = createWorld();
  const [user, rival, liar] = ['user', 'rival', 'liar'].map((name) => createEventBuilder(name));
  assert.ok(user && rival && liar);
  await assertions.publishUsers([subject]);
  for (const [builder, rank] of [[rival, '5'] as const, [liar, '100'] as const]) {
    const tags = [
      ['d', subject],
      ['rank', rank],
      ['followers', '999'],
    ];
    await store.put([{ event: builder.event({ kind: 30382, tags }) }]);
  }
  const query = { user: user.pubkey, type: 'pubkey', subject } as const;
  assert.deepEqual(await loadAssertedResults(store, query), []);
  const declared = [
    ['30382:rank', service.pubkey, 'wss://Relay.example.com'],
    ['30382:rank', rival.pubkey, ''],
  ];
  await store.put([{ event: user.event({ kind: 10_040, tags: declared }) }]);
  const privateTags = [['30382:followers', rival.pubkey, '']];
  const results = await loadAssertedResults(store, { ...query, privateTags });
  assert.deepEqual(
    results.map(({ tag, value, provider }) => [tag, value, provider]),
    [
      ['rank', '89', service.pubkey],
      ['followers', '999', rival.pubkey],
    ],
  );
  assert.equal(parseProviders(declared)[0]?.relay, 'wss://relay.example.com');
});

test('declarations of other kinds, other forms or no pubkey are left out', () => {
  const tags = [['1:rank', subject], ['30382', subject], ['30382:rank', 'me'], ['p', subject], []];
  assert.deepEqual(parseProviders(tags), []);
});
