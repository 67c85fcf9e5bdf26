import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import type { RelayAnswer } from '../contract.ts';
import { defaultLimits } from '../limits.ts';
import { realClock } from '../test-clock.ts';
import { startTestRelay } from '../test-relay.ts';
import { createPool, type PoolOptions } from './pool.ts';

const builder = createEventBuilder('live');
const start = 1_700_000_000;
const notes = Array.from({ length: 30 }, (_, index) => builder.event({ kind: 1, created_at: start + index }));

function open(options: Partial<PoolOptions> = {}) {
  const delivered = new Set<string>();
  const pool = createPool({
    deliver: async (event) => {
      delivered.add((event as NostrEvent).id);
      return 'kept';
    },
    clock: realClock,
    random: () => 0.5,
    allowLocal: true,
    ...options,
    limits: { backoffMs: 20, reopenMs: 20, ...options.limits },
  });
  return { pool, delivered };
}

describe('a live subscription', () => {
  test('brings what is stored, then what comes', async () => {
    await using relay = await startTestRelay();
    relay.events.push(...notes.slice(0, 5));
    const { pool, delivered } = open();
    await using _ = pool;
    const live = pool.subscribe(new Map([[relay.url, [{ kinds: [1] }]]]));
    const [answer] = await live.loaded;
    assert.deepEqual([answer?.end, answer?.kept], ['eose', 5]);
    const [peer] = relay.peers;
    peer?.send('EVENT', relay.requests()[0]?.subId, notes[5]);
    await waitUntil(() => delivered.size === 6);
    live.close();
    await waitUntil(() => relay.frames.some(([verb]) => verb === 'CLOSE'));
  });

  test('what is recognised by its text is not delivered, but only after EOSE, where it counts for no answer', async () => {
    await using relay = await startTestRelay();
    relay.events.push(...notes.slice(0, 5));
    const seen: [string, boolean][] = [];
    const { pool, delivered } = open({
      recognize: (url) => (frame, at, isLive) => {
        assert.equal(url.replace(/\/$/, ''), relay.url);
        const event = JSON.parse(`["EVENT","x"${frame.slice(at)}`)[2] as NostrEvent;
        seen.push([event.id, isLive]);
        return event.id !== notes[6]?.id;
      },
    });
    await using _ = pool;
    const [answer] = await pool.subscribe(new Map([[relay.url, [{ kinds: [1] }]]])).loaded;
    assert.deepEqual([answer?.end, answer?.kept, delivered.size], ['eose', 5, 5]);
    const [peer] = relay.peers;
    for (const note of notes.slice(5, 8)) peer?.send('EVENT', relay.requests()[0]?.subId, note);
    await waitUntil(() => seen.length === 8);
    await waitUntil(() => delivered.has(notes[6]?.id ?? ''));
    assert.equal(delivered.size, 6);
    assert.deepEqual(
      seen.map(([, isLive]) => isLive),
      [false, false, false, false, false, true, true, true],
    );
  });

  test('after a reconnect goes on from the newest it has seen of each filter, less an overlap', async () => {
    await using relay = await startTestRelay();
    relay.events.push(...notes.slice(0, 5));
    const { pool, delivered } = open();
    await using _ = pool;
    const filters = [
      { kinds: [1], limit: 3 },
      { kinds: [7], since: start + 2 },
    ];
    await pool.subscribe(new Map([[relay.url, filters]])).loaded;
    relay.events.push(...notes.slice(5, 20));
    const before = Math.floor(Date.now() / 1000);
    relay.cutAll();
    await waitUntil(() => delivered.size === 20);
    const [, second] = relay.requests();
    const [first, cold] = second?.filters ?? [];
    assert.deepEqual(first, { kinds: [1], since: start + 4 - defaultLimits.overlapSeconds });
    // Nothing was ever seen of the other: everything since its EOSE may be new.
    assert.ok((cold?.since ?? 0) >= before - defaultLimits.overlapSeconds - 5);
    assert.equal(cold?.limit, undefined);
  });

  test('events from the future do not hide those of today', async () => {
    await using relay = await startTestRelay();
    relay.events.push(builder.event({ kind: 1, created_at: 4_000_000_000 }));
    const { pool } = open();
    await using _ = pool;
    await pool.subscribe(new Map([[relay.url, [{ kinds: [1] }]]])).loaded;
    relay.cutAll();
    await waitUntil(() => relay.requests().length === 2);
    assert.ok((relay.requests()[1]?.filters[0]?.since ?? Number.POSITIVE_INFINITY) <= Date.now() / 1000);
  });

  test('an update asks only for what is new, and ends only what is not wanted any more', async () => {
    await using relay = await startTestRelay();
    await using other = await startTestRelay();
    relay.events.push(...notes);
    const answers: RelayAnswer[] = [];
    const { pool } = open();
    await using _ = pool;
    const live = pool.subscribe(new Map([[relay.url, [{ kinds: [1] }, { kinds: [7] }]]]), {
      onAnswer: (answer) => answers.push(answer),
    });
    await live.loaded;
    live.update(
      new Map([
        [relay.url, [{ kinds: [1] }, { kinds: [6] }]],
        [other.url, [{ kinds: [1] }]],
      ]),
    );
    await waitUntil(() => relay.requests().length === 2 && other.requests().length === 1 && answers.length === 3);
    assert.deepEqual(relay.requests()[1]?.filters, [
      { kinds: [1], since: start + 29 - defaultLimits.overlapSeconds },
      { kinds: [6] },
    ]);
    live.update(new Map([[other.url, [{ kinds: [1] }]]]));
    await waitUntil(() => relay.frames.filter(([verb]) => verb === 'CLOSE').length === 2);
    assert.equal(other.requests().length, 1);
  });

  test('a relay that is not there yet is joined when it comes', async () => {
    const gone = await startTestRelay();
    const { port } = gone;
    await gone.close();
    const { pool, delivered } = open({ limits: { backoffMs: 100 } });
    await using _ = pool;
    const [answer] = await pool.subscribe(new Map([[`ws://127.0.0.1:${port}`, [{ kinds: [1] }]]])).loaded;
    assert.equal(answer?.end, 'unreachable');
    await using relay = await startTestRelay(port);
    relay.events.push(...notes.slice(0, 2));
    await waitUntil(() => delivered.size === 2);
  });

  test('closed by the relay without a lasting reason, it is opened again', async () => {
    await using relay = await startTestRelay();
    relay.events.push(...notes.slice(0, 2));
    const { pool, delivered } = open();
    await using _ = pool;
    await pool.subscribe(new Map([[relay.url, [{ kinds: [1] }]]])).loaded;
    relay.events.push(...notes.slice(2, 4));
    const [peer] = relay.peers;
    peer?.send('CLOSED', relay.requests()[0]?.subId, 'error: shutting down idle subscription');
    await waitUntil(() => delivered.size === 4);
    peer?.send('CLOSED', relay.requests()[1]?.subId, 'blocked: go away');
    await pool.load(new Map([[relay.url, [{ kinds: [9] }]]]));
    assert.equal(relay.requests().length, 3);
  });

  test('two of the same share one REQ, which stays until both are closed', async () => {
    await using relay = await startTestRelay();
    const { pool } = open();
    await using _ = pool;
    const plan = new Map([[relay.url, [{ kinds: [1] }]]]);
    const [first, second] = [pool.subscribe(plan), pool.subscribe(plan)];
    await first.loaded;
    await second.loaded;
    const third = pool.subscribe(plan);
    assert.equal((await third.loaded)[0]?.end, 'eose');
    first.close();
    third.close();
    await pool.load(new Map([[relay.url, [{ kinds: [9] }]]]));
    assert.equal(relay.requests().length, 2);
    assert.equal(relay.frames.filter(([verb, id]) => verb === 'CLOSE' && id === relay.requests()[0]?.subId).length, 0);
    second.close();
    await waitUntil(() => relay.frames.some(([verb, id]) => verb === 'CLOSE' && id === relay.requests()[0]?.subId));
  });
});

describe('send', () => {
  const [note] = notes;
  assert(note);

  test('an event without an OK is sent again after a reconnect, once', async () => {
    await using relay = await startTestRelay();
    let times = 0;
    relay.script = ([verb], peer) => {
      if (verb !== 'EVENT' || ++times > 1) return false;
      peer.socket.terminate();
      return true;
    };
    await using pool = open().pool;
    assert.deepEqual(await pool.send(note, relay.url), { type: 'ok', accepted: true, reason: '' });
    assert.equal(times, 2);
  });

  test('says what the relay said, and nothing more than the deadline allows', async () => {
    await using relay = await startTestRelay();
    await using pool = open().pool;
    relay.script = ([verb, event], peer) => {
      peer.send('OK', (event as NostrEvent).id, false, 'blocked: no');
      return verb === 'EVENT';
    };
    assert.deepEqual(await pool.send(note, relay.url), { type: 'ok', accepted: false, reason: 'blocked: no' });
    relay.script = () => true;
    assert.equal((await pool.send(note, relay.url, { deadlineMs: 40 })).type, 'timeout');
    const aborted = await pool.send(note, relay.url, { signal: AbortSignal.abort() });
    assert.equal(aborted.type, 'aborted');
    assert.equal((await pool.send(note, 'ws://10.0.0.1:nonsense')).type, 'refused');
    await relay.close();
    assert.equal((await pool.send(note, relay.url, { deadlineMs: 2_000 })).type, 'unreachable');
  });
});

describe('the budget of connections', () => {
  test('requests to more relays than it holds take turns, and all are answered', async () => {
    const relays = await Promise.all(Array.from({ length: 6 }, () => startTestRelay()));
    for (const relay of relays) relay.events.push(...notes.slice(0, 1));
    const { pool } = open({ connectionsMax: 2 });
    let most = 0;
    pool.onState(() => {
      const used = pool.statuses().filter(({ state }) => !['idle', 'waiting', 'given-up'].includes(state));
      most = Math.max(most, used.length);
    });
    const answers = await pool.load(new Map(relays.map(({ url }) => [url, [{ kinds: [1] }]])), { settle: 'all' });
    assert.deepEqual(new Set(answers.map(({ end, kept }) => `${end} ${kept}`)), new Set(['eose 1']));
    assert.equal(most, 2);
    await pool.stop();
    await Promise.all(relays.map((relay) => relay.close()));
  });

  test('where every connection is needed, a request ends as refused at its deadline', async () => {
    const [busy, other] = [await startTestRelay(), await startTestRelay()];
    const { pool } = open({ connectionsMax: 1 });
    await pool.subscribe(new Map([[busy.url, [{ kinds: [1] }]]])).loaded;
    const [answer] = await pool.load(new Map([[other.url, [{ kinds: [1] }]]]), { deadlineMs: 60 });
    assert.deepEqual([answer?.end, answer?.reason], ['refused', 'no room in the budget of connections']);
    assert.equal(other.connections, 0);
    await pool.stop();
    await Promise.all([busy.close(), other.close()]);
  });

  test('a connection that nobody needs is closed after a while', async () => {
    await using relay = await startTestRelay();
    const { pool } = open({ limits: { idleMs: 30 } });
    await using _ = pool;
    await pool.load(new Map([[relay.url, [{ kinds: [1] }]]]));
    await waitUntil(() => relay.peers.size === 0);
    assert.equal((await pool.load(new Map([[relay.url, [{ kinds: [1] }]]])))[0]?.end, 'eose');
  });

  test('stopping ends everything as aborted and leaves no connection', async () => {
    await using relay = await startTestRelay();
    relay.script = () => true;
    const { pool } = open();
    const loading = pool.load(new Map([[relay.url, [{ kinds: [1] }]]]));
    await waitUntil(() => relay.requests().length === 1);
    await pool.stop();
    await pool.stop();
    assert.equal((await loading)[0]?.end, 'aborted');
    await waitUntil(() => relay.peers.size === 0);
    assert.equal((await pool.load(new Map([[relay.url, [{ kinds: [1] }]]])))[0]?.end, 'aborted');
  });
});

describe('COUNT and negotiations', () => {
  test('a count is a number, or undefined where the relay does not count', async () => {
    await using relay = await startTestRelay();
    relay.events.push(...notes);
    const { pool } = open({ limits: { noticeGraceMs: 20 } });
    await using _ = pool;
    assert.deepEqual(await pool.count([{ kinds: [1] }], relay.url), { count: 30, hll: undefined });
    relay.script = ([verb], peer) => {
      if (verb === 'COUNT') peer.send('NOTICE', 'unknown command');
      return true;
    };
    assert.equal(await pool.count([{ kinds: [1] }], relay.url), undefined);
  });

  test('a negotiation goes on until nothing is left to say, and a refusal is remembered', async () => {
    await using relay = await startTestRelay();
    relay.script = ([verb, subId, , message], peer) => {
      if (verb === 'NEG-OPEN') peer.send('NEG-MSG', subId, `${message}1`);
      if (verb === 'NEG-MSG') peer.send('NEG-MSG', subId, 'end');
      return true;
    };
    await using pool = open().pool;
    const heard: string[] = [];
    const next = (message: string) => {
      heard.push(message);
      return message === 'end' ? null : '02';
    };
    assert.equal(await pool.negotiate(relay.url, { filter: {}, message: '00', next }), 'reconciled');
    assert.deepEqual(heard, ['001', 'end']);
    await waitUntil(() => relay.frames.some(([verb]) => verb === 'NEG-CLOSE'));
    relay.script = ([verb, subId], peer) => {
      if (verb === 'NEG-OPEN') peer.send('NEG-ERR', subId, 'blocked: too many query results');
      return true;
    };
    assert.equal(await pool.negotiate(relay.url, { filter: {}, message: '00', next }), 'too-large');
    relay.script = ([verb], peer) => {
      if (verb === 'NEG-OPEN') peer.send('NOTICE', 'ERROR: negentropy disabled');
      return true;
    };
    for (let round = 0; round < 2; round++)
      assert.equal(await pool.negotiate(relay.url, { filter: {}, message: '00', next }), 'unsupported');
    assert.equal(relay.frames.filter(([verb]) => verb === 'NEG-OPEN').length, 3);
  });
});
