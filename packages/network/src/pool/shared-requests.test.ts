import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Filter, NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, fc, waitUntil } from '@nostrata/testing';
import type { Deliver, RelayAnswer } from '../contract.ts';
import { realClock } from '../test-clock.ts';
import { answerHonestly, startTestRelay, type TestRelay } from '../test-relay.ts';
import { createPool, type PoolOptions } from './pool.ts';

const builder = createEventBuilder('shared requests');
const start = 1_700_000_000;
const notes = Array.from({ length: 6 }, (_, index) => builder.event({ kind: 1, created_at: start + index }));
const reactions = Array.from({ length: 3 }, (_, index) => builder.event({ kind: 7, created_at: start + index }));

async function startRelay(events: readonly NostrEvent[] = [...notes, ...reactions]): Promise<TestRelay> {
  const relay = await startTestRelay();
  relay.events.push(...events);
  return relay;
}

function open(options: Partial<PoolOptions> = {}) {
  const delivered: string[] = [];
  const deliver: Deliver = async (event) => {
    delivered.push((event as NostrEvent).id);
    return 'kept';
  };
  return {
    delivered,
    pool: createPool({ deliver, clock: realClock, random: () => 0.5, allowLocal: true, ...options }),
  };
}

const planOf = ({ url }: TestRelay, ...filters: readonly Filter[]) => new Map([[url, filters]]);
const one = ([answer]: readonly RelayAnswer[]): RelayAnswer => {
  assert(answer);
  return answer;
};
const closes = ({ frames }: TestRelay): number => frames.filter(([verb]) => verb === 'CLOSE').length;

describe('requests of one moment', () => {
  test('leave in one REQ, and each gets exactly its own events', async () => {
    await using relay = await startRelay();
    const { pool, delivered } = open();
    await using _ = pool;
    const answers = await Promise.all([
      pool.load(planOf(relay, { kinds: [1] })),
      pool.load(planOf(relay, { kinds: [7] })),
      pool.load(planOf(relay, { kinds: [1], since: start + 4 }, { kinds: [6] })),
    ]);
    assert.deepEqual(
      answers.map((each) => [one(each).end, one(each).kept, one(each).unasked]),
      [
        ['eose', 6, 0],
        ['eose', 3, 0],
        ['eose', 2, 0],
      ],
    );
    assert.deepEqual(
      answers.flatMap((each) => one(each).filters.map(({ events, complete }) => [events, complete])),
      [
        [6, true],
        [3, true],
        [2, true],
        [0, true],
      ],
    );
    assert.equal(relay.requests().length, 1);
    assert.equal(pool.statuses()[0]?.requests, 1);
    assert.equal(delivered.length, 9, 'the door judges an event once, whoever asked for it');
    await waitUntil(() => closes(relay) === 1);
  });

  test('each has a limit of its own', async () => {
    await using relay = await startRelay();
    await using pool = open().pool;
    const filters: Filter[] = [
      { kinds: [1], limit: 2 },
      { kinds: [7], limit: 5 },
    ];
    const answers = await Promise.all(filters.map((filter) => pool.load(planOf(relay, filter))));
    assert.deepEqual(relay.requests()[0]?.filters, filters);
    assert.deepEqual(
      answers.map((each) => [one(each).filters[0]?.events, one(each).filters[0]?.complete]),
      [
        [2, false],
        [3, true],
      ],
    );
  });

  test('one that is aborted leaves the other its answer', async () => {
    await using relay = await startRelay();
    let answer = (): void => undefined;
    relay.script = (frame, peer) => {
      if (frame[0] !== 'REQ') return false;
      answer = () => answerHonestly(relay, frame, peer);
      return true;
    };
    await using pool = open().pool;
    const controller = new AbortController();
    const aborted = pool.load(planOf(relay, { kinds: [1] }), { signal: controller.signal });
    const other = pool.load(planOf(relay, { kinds: [7] }));
    await waitUntil(() => relay.requests().length === 1);
    controller.abort();
    assert.equal(one(await aborted).end, 'aborted');
    assert.equal(closes(relay), 0, 'the other still needs it');
    answer();
    const { end, kept, unasked } = one(await other);
    assert.deepEqual([end, kept, unasked], ['eose', 3, 0]);
    await waitUntil(() => closes(relay) === 1);
  });

  test('the deadline of one does not end the other, nor does it wait for it', async () => {
    await using relay = await startRelay();
    let answer = (): void => undefined;
    relay.script = (frame, peer) => {
      if (frame[0] !== 'REQ') return false;
      answer = () => answerHonestly(relay, frame, peer);
      return true;
    };
    await using pool = open().pool;
    const hasty = pool.load(planOf(relay, { kinds: [1] }), { deadlineMs: 60 });
    const patient = pool.load(planOf(relay, { kinds: [7] }));
    assert.equal(one(await hasty).end, 'timeout');
    assert.equal(relay.requests().length, 1);
    answer();
    assert.deepEqual([one(await patient).end, one(await patient).kept], ['eose', 3]);
  });

  test('a live one stays open after the other has its EOSE, and is closed when it ends', async () => {
    await using relay = await startRelay();
    const { pool, delivered } = open();
    await using _ = pool;
    const live = pool.subscribe(planOf(relay, { kinds: [1] }));
    const answer = one(await pool.load(planOf(relay, { kinds: [7] })));
    assert.deepEqual([answer.end, answer.kept], ['eose', 3]);
    assert.equal(one(await live.loaded).kept, 6);
    assert.equal(relay.requests().length, 1);
    const [subId] = relay.requests().map((request) => request.subId);
    const [peer] = relay.peers;
    const late = [builder.reaction(notes[0] as NostrEvent), builder.note('late')] as const;
    for (const event of late) peer?.send('EVENT', subId, event);
    await waitUntil(() => delivered.includes(late[1].id));
    assert.equal(delivered.includes(late[0].id), false, 'nobody needs it any more');
    assert.equal(closes(relay), 0);
    live.close();
    await waitUntil(() => closes(relay) === 1);
  });

  test('after a reconnect only the live one is asked again, from where it had come', async () => {
    await using relay = await startRelay();
    await using pool = open({ limits: { backoffMs: 20 } }).pool;
    const live = pool.subscribe(planOf(relay, { kinds: [1] }));
    await Promise.all([live.loaded, pool.load(planOf(relay, { kinds: [7] }))]);
    relay.cutAll();
    await waitUntil(() => relay.requests().length === 2);
    const [again] = relay.requests()[1]?.filters ?? [];
    assert.deepEqual([relay.requests()[1]?.filters.length, again?.kinds], [1, [1]]);
    assert.ok((again?.since ?? 0) > 0);
  });
});

test('an EVENT does not overtake the REQ that was made before it', async () => {
  await using relay = await startRelay();
  await using pool = open().pool;
  await pool.load(planOf(relay, { kinds: [1] }));
  const live = pool.subscribe(planOf(relay, { kinds: [24_133] }));
  const sent = pool.send(builder.note('request'), relay.url);
  assert.equal((await sent).type, 'ok');
  await live.loaded;
  assert.deepEqual(
    relay.frames.map(([verb]) => verb).filter((verb) => verb !== 'CLOSE'),
    ['REQ', 'REQ', 'EVENT'],
  );
});

describe('a relay that takes no shared requests', () => {
  /** Answers CLOSED to every REQ whose filters the rule does not like. */
  const refuse = (relay: TestRelay, reason: string, isRefused: (filters: readonly unknown[]) => boolean): void => {
    relay.script = ([verb, subId, ...filters], peer) => {
      if (verb !== 'REQ' || !isRefused(filters)) return false;
      peer.send('CLOSED', subId, reason);
      return true;
    };
  };

  test('is asked for each by itself, then and later', async () => {
    await using relay = await startRelay();
    refuse(relay, 'error: one filter only', (filters) => filters.length > 1);
    await using pool = open().pool;
    for (const expected of [3, 5]) {
      const answers = await Promise.all(
        [1, 7].map((kind) => pool.load(planOf(relay, { kinds: [kind], since: start - expected }))),
      );
      assert.deepEqual(
        answers.map((each) => [one(each).end, one(each).kept]),
        [
          ['eose', 6],
          ['eose', 3],
        ],
      );
      assert.equal(relay.requests().length, expected);
    }
  });

  test('tells each why where it refuses each', async () => {
    await using relay = await startRelay();
    refuse(relay, 'blocked: not for you', () => true);
    await using pool = open().pool;
    const answers = await Promise.all([1, 7].map((kind) => pool.load(planOf(relay, { kinds: [kind] }))));
    assert.deepEqual(
      answers.map((each) => [one(each).end, one(each).reason]),
      [
        ['closed', 'blocked: not for you'],
        ['closed', 'blocked: not for you'],
      ],
    );
  });

  test('that refuses one of them answers the other', async () => {
    await using relay = await startRelay();
    refuse(relay, 'restricted: no reactions', (filters) => JSON.stringify(filters).includes('[7]'));
    await using pool = open().pool;
    const answers = await Promise.all([1, 7].map((kind) => pool.load(planOf(relay, { kinds: [kind] }))));
    assert.deepEqual(
      answers.map((each) => one(each).end),
      ['eose', 'closed'],
    );
  });

  test('that says how many filters it takes gets so many', async () => {
    await using relay = await startRelay();
    refuse(relay, 'error: total filters in a REQ must not exceed 2', (filters) => filters.length > 2);
    await using pool = open().pool;
    const kinds = [1, 7, 6, 5, 4];
    const answers = await Promise.all(kinds.map((kind) => pool.load(planOf(relay, { kinds: [kind] }))));
    assert.ok(answers.every((each) => one(each).end === 'eose'));
    assert.deepEqual(
      relay.requests().map(({ filters }) => filters.length),
      [5, 2, 2, 1],
    );
  });

  test('whose information document allows one subscription and short messages gets no more', async () => {
    await using relay = await startRelay();
    relay.information = (_, response) => {
      response.end(JSON.stringify({ limitation: { max_subscriptions: 1, max_message_length: 1_024 } }));
    };
    let openSubs = 0;
    relay.script = (frame, peer) => {
      if (frame[0] === 'CLOSE') openSubs--;
      if (frame[0] !== 'REQ') return false;
      assert.equal(++openSubs, 1);
      assert.ok(JSON.stringify(frame).length <= 1_024);
      setTimeout(() => answerHonestly(relay, frame, peer), 2);
      return true;
    };
    let documents = 0;
    const { information } = relay;
    relay.information = (request, response) => {
      documents++;
      information(request, response);
    };
    await using pool = open({ limits: { subscriptionsMax: 1, requestBytesMax: 1_024 } }).pool;
    await pool.load(planOf(relay, { kinds: [9] }));
    await waitUntil(() => documents === 1);
    const authors = Array.from({ length: 8 }, (_, index) => index.toString(16).repeat(64));
    const loads = authors.map((author) =>
      pool.load(planOf(relay, { kinds: [0], authors: [author, ...authors.slice(0, 5)] })),
    );
    for (const answers of await Promise.all(loads)) assert.equal(one(answers).end, 'eose');
    assert.ok(relay.requests().length > 2 && relay.requests().length < 9, `${relay.requests().length}`);
  });
});

test('whatever is asked at the same moment, each answer is what it would be alone', async () => {
  const small = (max: number) => fc.integer({ min: 0, max });
  const second = small(20).map((offset) => start + offset);
  const filter: fc.Arbitrary<Filter> = fc.record(
    {
      kinds: fc.uniqueArray(fc.constantFrom(1, 6, 7), { minLength: 1 }),
      limit: fc.integer({ min: 1, max: 10 }),
      since: second,
      until: second,
    },
    { requiredKeys: ['kinds'] },
  );
  const events = Array.from({ length: 30 }, (_, index) =>
    builder.event({ kind: [1, 6, 7][index % 3] ?? 1, created_at: start + (index % 20), content: `${index}` }),
  );
  await using relay = await startRelay(events);
  await using together = open().pool;
  await using alone = open({ limits: { filtersPerRequestMax: 1 } }).pool;
  await fc.assert(
    fc.asyncProperty(fc.array(filter, { minLength: 2, maxLength: 5 }), async (filters) => {
      const joint = await Promise.all(filters.map((each) => together.load(planOf(relay, each))));
      for (const [index, each] of filters.entries()) {
        const [mine, expected] = [one(joint[index] ?? []), one(await alone.load(planOf(relay, each)))];
        assert.equal(mine.end, expected.end);
        assert.ok(mine.kept >= expected.kept);
        // What others asked for can only make it more careful.
        const [row, wanted] = [mine.filters[0], expected.filters[0]];
        if (row?.complete) assert.equal(wanted?.complete, true);
        if (row?.oldest !== undefined) assert.ok(row.oldest >= (wanted?.oldest ?? 0));
      }
    }),
    { numRuns: 60 },
  );
});
