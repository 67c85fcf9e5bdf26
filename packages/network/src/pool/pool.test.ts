import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import type { Deliver, RelayAnswer } from '../contract.ts';
import { realClock } from '../test-clock.ts';
import { startTestRelay, type TestRelay } from '../test-relay.ts';
import { createPool, type PoolOptions } from './pool.ts';

const builder = createEventBuilder('pool');
const notes = Array.from({ length: 40 }, (_, index) => builder.event({ kind: 1, created_at: 1_700_000_000 + index }));

function open(options: Partial<PoolOptions> = {}) {
  const delivered: { event: NostrEvent; relay: string }[] = [];
  const deliver: Deliver = async (event, relay) => {
    delivered.push({ event: event as NostrEvent, relay });
    return 'kept';
  };
  const pool = createPool({ deliver, clock: realClock, random: () => 0.5, allowLocal: true, ...options });
  return { pool, delivered };
}

async function relayWith(events: readonly NostrEvent[]): Promise<TestRelay> {
  const relay = await startTestRelay();
  relay.events.push(...events);
  return relay;
}

const one = (answers: readonly RelayAnswer[]): RelayAnswer => {
  const [answer] = answers;
  assert(answer && answers.length === 1);
  return answer;
};

describe('load', () => {
  test('brings the events of a relay to the door and says that the answer is whole', async () => {
    await using relay = await relayWith(notes);
    const { pool, delivered } = open();
    await using _ = pool;
    const filter = { kinds: [1] };
    const answer = one(await pool.load(new Map([[relay.url, [filter]]])));
    assert.equal(answer.end, 'eose');
    assert.equal(answer.kept, 40);
    assert.deepEqual(answer.filters[0], {
      filter,
      events: 40,
      oldest: 1_700_000_000,
      newest: 1_700_000_039,
      complete: true,
    });
    assert.equal(delivered.length, 40);
  });

  test('an answer ends only after the door has judged every event', async () => {
    await using relay = await relayWith(notes.slice(0, 3));
    const verdicts: (() => void)[] = [];
    const deliver: Deliver = () => new Promise((resolve) => verdicts.push(() => resolve('kept')));
    await using pool = open({ deliver }).pool;
    let isDone = false;
    const loading = pool.load(new Map([[relay.url, [{ kinds: [1] }]]])).then((answers) => {
      isDone = true;
      return answers;
    });
    await waitUntil(() => verdicts.length === 3 && relay.frames.some(([verb]) => verb === 'CLOSE'));
    assert.equal(isDone, false);
    for (const settle of verdicts) settle();
    assert.equal(one(await loading).kept, 3);
  });

  test('a page cut at its limit is not complete, and one below it is', async () => {
    await using relay = await relayWith(notes);
    await using pool = open().pool;
    const answer = one(
      await pool.load(
        new Map([
          [
            relay.url,
            [
              { kinds: [1], limit: 10 },
              { kinds: [1], limit: 41 },
            ],
          ],
        ]),
      ),
    );
    assert.deepEqual(
      answer.filters.map(({ complete, oldest }) => [complete, oldest]),
      [
        [false, 1_700_000_030],
        [true, 1_700_000_000],
      ],
    );
  });

  test('a feed ends a grace after the first EOSE, an edit waits for all until the deadline', async () => {
    await using quick = await relayWith(notes);
    await using silent = await relayWith([]);
    silent.script = () => true;
    await using pool = open().pool;
    const plan = new Map([quick, silent].map(({ url }) => [url, [{ kinds: [1] }]]));
    const feed = await pool.load(plan, { graceMs: 50 });
    assert.deepEqual(
      feed.map(({ end }) => end),
      ['eose', 'timeout'],
    );
    const started = Date.now();
    const edit = await pool.load(plan, { settle: 'all', graceMs: 1, deadlineMs: 250 });
    assert.deepEqual(
      edit.map(({ end }) => end),
      ['eose', 'timeout'],
    );
    assert.ok(Date.now() - started >= 240);
  });

  test('the same filters asked twice at the same time are one REQ', async () => {
    await using relay = await relayWith(notes);
    await using pool = open().pool;
    const plan = new Map([[relay.url, [{ kinds: [1] }]]]);
    const both = await Promise.all([pool.load(plan), pool.load(plan)]);
    assert.deepEqual(
      both.map((answers) => one(answers).kept),
      [40, 40],
    );
    assert.equal(relay.requests().length, 1);
  });

  test('a caller that gives up does not end the request of another', async () => {
    await using relay = await relayWith([]);
    let answer = (): void => undefined;
    relay.script = ([verb, subId], peer) => {
      if (verb !== 'REQ') return false;
      answer = () => peer.send('EOSE', subId);
      return true;
    };
    await using pool = open().pool;
    const plan = new Map([[relay.url, [{ kinds: [1] }]]]);
    const controller = new AbortController();
    const first = pool.load(plan, { signal: controller.signal });
    const second = pool.load(plan);
    await waitUntil(() => relay.requests().length === 1);
    controller.abort();
    assert.equal(one(await first).end, 'aborted');
    answer();
    assert.equal(one(await second).end, 'eose');
  });

  test('what cannot be dialled is refused without a connection', async () => {
    await using pool = open({ allowLocal: false }).pool;
    const urls = ['ws://127.0.0.1:1', 'wss://10.1.2.3', 'wss://[::1]', 'ws://printer.local', 'nonsense'];
    const answers = await pool.load(new Map(urls.map((url) => [url, [{ kinds: [1] }]])));
    assert.deepEqual(new Set(answers.map(({ end }) => end)), new Set(['refused']));
    assert.deepEqual(pool.statuses(), []);
  });

  test('a relay that is not there ends as unreachable long before the deadline', async () => {
    const relay = await startTestRelay();
    await relay.close();
    await using pool = open().pool;
    const answer = one(await pool.load(new Map([[relay.url, [{ kinds: [1] }]]]), { settle: 'all' }));
    assert.equal(answer.end, 'unreachable');
    assert.match(answer.reason ?? '', /ECONNREFUSED/);
  });

  test('an empty list matches nothing and is never sent', async () => {
    await using relay = await relayWith(notes);
    await using pool = open().pool;
    const answer = one(await pool.load(new Map([[relay.url, [{ ids: [] }]]])));
    assert.deepEqual([answer.kept, answer.filters[0]?.complete], [0, true]);
    assert.equal(relay.frames.length, 0);
  });
});
