import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import type { Deliver, RelayAnswer } from '../contract.ts';
import { realClock } from '../test-clock.ts';
import { answerHonestly, type Peer, startTestRelay, type TestRelay } from '../test-relay.ts';
import { createHeldSockets } from '../test-socket.ts';
import { createPool, type PoolOptions } from './pool.ts';

const builder = createEventBuilder('faults');
const notes = Array.from({ length: 30 }, (_, index) => builder.event({ kind: 1, created_at: 1_700_000_000 + index }));

function open(options: Partial<PoolOptions> = {}) {
  const delivered: NostrEvent[] = [];
  const deliver: Deliver = async (event) => {
    delivered.push(event as NostrEvent);
    return 'kept';
  };
  const quick = { backoffMs: 20, noticeGraceMs: 30, rateLimitMs: 30, reopenMs: 30 };
  const { limits, ...rest } = options;
  const common = { deliver, clock: realClock, random: () => 0.5, allowLocal: true };
  return { pool: createPool({ ...common, ...rest, limits: { ...quick, ...limits } }), delivered };
}

async function relayWith(events: readonly NostrEvent[]): Promise<TestRelay> {
  const relay = await startTestRelay();
  relay.events.push(...events);
  return relay;
}

const planOf = (...relays: readonly TestRelay[]) => new Map(relays.map(({ url }) => [url, [{ kinds: [1] }]]));
const one = (answers: readonly RelayAnswer[]): RelayAnswer => {
  const [answer] = answers;
  assert(answer && answers.length === 1);
  return answer;
};
const quickly = { settle: 'all', deadlineMs: 2_000 } as const;

describe('a relay that misbehaves', () => {
  test('forged copies are counted and neither end the request nor hide the genuine ones', async () => {
    await using relay = await relayWith(notes);
    relay.script = ([verb, subId], peer) => {
      for (const note of verb === 'REQ' ? notes : []) peer.send('EVENT', subId, { ...note, content: 'forged' });
      return false;
    };
    const deliver: Deliver = async (event) => ((event as NostrEvent).content === 'forged' ? 'forged' : 'kept');
    await using pool = open({ deliver }).pool;
    const answer = one(await pool.load(planOf(relay), quickly));
    assert.deepEqual([answer.end, answer.kept, answer.forged, answer.filters[0]?.events], ['eose', 30, 30, 30]);
    assert.equal(pool.statuses()[0]?.forged, 30);
  });

  test('what a forger writes as its time does not move the range that is known', async () => {
    await using relay = await relayWith([]);
    relay.script = ([verb, subId], peer) => {
      if (verb !== 'REQ') return false;
      for (const note of notes.slice(0, 2)) peer.send('EVENT', subId, note);
      peer.send('EVENT', subId, { ...notes[0], created_at: 1 });
      peer.send('EOSE', subId);
      return true;
    };
    const deliver: Deliver = async (event) => ((event as NostrEvent).created_at === 1 ? 'forged' : 'kept');
    await using pool = open({ deliver }).pool;
    const [filter] = one(await pool.load(planOf(relay), quickly)).filters;
    assert.deepEqual([filter?.oldest, filter?.newest], [1_700_000_000, 1_700_000_001]);
  });

  test('events that nobody asked for are counted and not delivered', async () => {
    await using relay = await relayWith(notes.slice(0, 3));
    const stranger = builder.event({ kind: 7 });
    relay.script = ([verb, subId], peer) => {
      if (verb === 'REQ') for (let copy = 0; copy < 5; copy++) peer.send('EVENT', subId, stranger);
      return false;
    };
    const { pool, delivered } = open();
    await using _ = pool;
    const answer = one(await pool.load(planOf(relay), quickly));
    assert.deepEqual([answer.unasked, answer.kept, delivered.length], [5, 3, 3]);
  });

  test('events without end are cut at a bound', async () => {
    await using relay = await relayWith([]);
    relay.script = ([verb, subId], peer) => {
      if (verb !== 'REQ') return false;
      for (let copy = 0; copy < 2_000; copy++) peer.send('EVENT', subId, notes[copy % 30]);
      return true;
    };
    const { pool, delivered } = open();
    await using _ = pool;
    const answer = one(await pool.load(new Map([[relay.url, [{ kinds: [1], limit: 20 }]]]), quickly));
    assert.deepEqual([answer.end, answer.reason], ['closed', 'sends more than was asked for']);
    assert.ok(delivered.length <= 140, `${delivered.length}`);
    assert.equal(answer.filters[0]?.complete, false);
  });

  test('garbage between the events changes nothing', async () => {
    await using relay = await relayWith(notes);
    relay.script = ([verb, subId], { socket, send }) => {
      if (verb !== 'REQ') return false;
      for (const text of ['', '[]', 'null', '{}', '["EVENT"]', '["EVENT","x",{}]', '[[[[', '["WHAT",1]'])
        socket.send(text);
      socket.send(Buffer.from([1, 2, 3]));
      send('EVENT', subId, { ...notes[0], id: 'short' });
      return false;
    };
    await using pool = open().pool;
    assert.equal(one(await pool.load(planOf(relay), quickly)).kept, 30);
  });

  test('events that cannot be read count for the cap of a relay: its page was cut all the same', async () => {
    await using relay = await relayWith([]);
    relay.script = ([verb, subId], peer) => {
      if (verb !== 'REQ') return false;
      for (const note of notes.slice(0, 9)) peer.send('EVENT', subId, note);
      peer.send('EVENT', subId, { ...notes[9], kind: 70_000 });
      peer.send('EOSE', subId);
      return true;
    };
    await using pool = open().pool;
    const answer = one(await pool.load(new Map([[relay.url, [{ kinds: [1], limit: 10 }]]]), quickly));
    assert.deepEqual([answer.unasked, answer.filters[0]?.complete], [1, false]);
    assert.equal(answer.filters[0]?.oldest, 1_700_000_000);
  });

  test('what waits for one relay is bounded: more is turned away at once', async () => {
    await using relay = await relayWith([]);
    relay.script = () => true;
    await using pool = open({ limits: { subscriptionsMax: 1, requestsWaitingMax: 2, eventsPendingMax: 2 } }).pool;
    const load = (kind: number) => pool.load(new Map([[relay.url, [{ kinds: [kind] }]]]), { deadlineMs: 300 });
    const waiting = [load(1)];
    await waitUntil(() => relay.requests().length === 1);
    waiting.push(load(2), load(3));
    const turnedAway = one(await load(4));
    assert.deepEqual([turnedAway.end, turnedAway.reason], ['closed', 'too many requests wait for this relay']);
    const [first, second, third] = notes;
    assert(first && second && third);
    const sending = [first, second].map((note) => pool.send(note, relay.url, { deadlineMs: 300 }));
    assert.equal((await pool.send(third, relay.url)).type, 'refused');
    assert.deepEqual(
      (await Promise.all(waiting)).map((answers) => one(answers).end),
      ['timeout', 'timeout', 'timeout'],
    );
    assert.deepEqual(
      (await Promise.all(sending)).map(({ type }) => type),
      ['timeout', 'timeout'],
    );
  });

  test('while the door is behind, the socket is not read', async () => {
    const { open: openSocket, sockets } = createHeldSockets();
    const verdicts: (() => void)[] = [];
    const deliver: Deliver = () => new Promise((resolve) => verdicts.push(() => resolve('kept')));
    const limits = { deliveriesPause: 10, deliveriesMax: 20, gatherMs: 0 };
    await using pool = open({ deliver, openSocket, fetchInformation: null, limits }).pool;
    const loading = pool.load(new Map([['wss://relay.example.com', [{ kinds: [1] }]]]), quickly);
    const [socket] = sockets;
    assert(socket);
    socket.handlers.opened();
    const [, subId] = JSON.parse(socket.sent[0] ?? '[]') as string[];
    for (const note of notes.slice(0, 10)) socket.say('EVENT', subId, note);
    assert.equal(socket.isPaused, true);
    for (const settle of verdicts.splice(0)) settle();
    await waitUntil(() => !socket.isPaused);
    for (const note of notes) socket.say('EVENT', subId, note);
    assert.equal(socket.isTerminated, true, 'a socket that cannot be paused is cut');
    for (const settle of verdicts) settle();
    await pool.stop();
    await loading;
  });

  test('one request that cannot begin fails alone', async () => {
    await using relay = await relayWith(notes);
    relay.script = ([verb], peer) => {
      if (verb !== 'REQ' || relay.connections > 1) return false;
      peer.socket.terminate();
      return true;
    };
    await using pool = open({ limits: { backoffMs: 400, patienceMs: 10 } }).pool;
    const first = pool.load(planOf(relay), quickly);
    await waitUntil(() => pool.statuses()[0]?.state === 'waiting');
    const second = await pool.load(new Map([[relay.url, [{ kinds: [7] }]]]), quickly);
    assert.equal(one(second).end, 'unreachable');
    assert.deepEqual([one(await first).end, relay.connections], ['eose', 2]);
  });

  test('a NOTICE instead of EOSE ends the only request, and a friendly NOTICE does not', async () => {
    await using relay = await relayWith(notes);
    relay.script = ([verb], peer) => {
      if (verb !== 'REQ') return false;
      peer.send('NOTICE', 'ERROR: bad req');
      return true;
    };
    await using pool = open().pool;
    const refused = one(await pool.load(planOf(relay), quickly));
    assert.deepEqual([refused.end, refused.reason], ['closed', 'ERROR: bad req']);
    relay.script = ([verb], peer) => {
      if (verb === 'REQ') peer.send('NOTICE', 'hello');
      return false;
    };
    assert.equal(one(await pool.load(planOf(relay), quickly)).end, 'eose');
    assert.equal(pool.statuses()[0]?.lastNotice, 'hello');
  });

  test('a connection lost in the middle is made anew once, and the answer starts over', async () => {
    await using relay = await relayWith(notes);
    let requests = 0;
    relay.script = ([verb, subId], peer) => {
      if (verb !== 'REQ' || ++requests > 1) return false;
      peer.send('EVENT', subId, notes[0]);
      peer.socket.send('["EV', () => peer.socket.terminate());
      return true;
    };
    await using pool = open().pool;
    const answer = one(await pool.load(planOf(relay), quickly));
    assert.deepEqual([answer.end, answer.filters[0]?.events], ['eose', 30]);
  });

  test('a relay that hangs up every time costs two tries', async () => {
    await using relay = await relayWith(notes);
    relay.welcome = ({ socket }) => socket.terminate();
    await using pool = open().pool;
    assert.equal(one(await pool.load(planOf(relay), quickly)).end, 'unreachable');
    assert.ok(relay.connections <= 3);
  });

  test('a door that cannot judge leaves the answer incomplete', async () => {
    await using relay = await relayWith(notes.slice(0, 2));
    await using pool = open({ deliver: () => Promise.reject(new Error('disk full')) }).pool;
    const answer = one(await pool.load(planOf(relay), quickly));
    assert.deepEqual([answer.end, answer.kept, answer.filters[0]?.complete], ['eose', 0, false]);
  });
});

describe('refusals', () => {
  test('auth-required is answered once by the policy, and the request is sent again', async () => {
    await using relay = await relayWith(notes);
    const known = new Set<Peer>();
    relay.welcome = (peer) => peer.send('AUTH', 'challenge-1');
    relay.script = ([verb, name], peer) => {
      if (verb === 'AUTH') {
        known.add(peer);
        peer.send('OK', (name as NostrEvent).id, true, '');
        return true;
      }
      if (verb === 'CLOSE' || known.has(peer)) return false;
      if (verb === 'REQ') peer.send('CLOSED', name, 'auth-required: who are you');
      else peer.send('OK', (name as NostrEvent).id, false, 'auth-required: who are you');
      return true;
    };
    const asked: string[] = [];
    const states: string[] = [];
    const { pool } = open({
      authenticate: async (url, challenge) => {
        asked.push(challenge);
        return builder.authentication(challenge, url);
      },
    });
    await using _ = pool;
    pool.onState(({ state }) => states.push(state));
    const [loaded, sent] = await Promise.all([
      pool.load(planOf(relay), quickly),
      pool.send(notes[0] as NostrEvent, relay.url),
    ]);
    assert.deepEqual([one(loaded).end, one(loaded).kept >= 30], ['eose', true]);
    assert.deepEqual(sent, { type: 'ok', accepted: true, reason: '' });
    assert.deepEqual(asked, ['challenge-1']);
    assert.deepEqual(states, ['connecting', 'open', 'authenticating', 'open']);
  });

  test('where nobody authenticates, auth-required is the end', async () => {
    await using relay = await relayWith(notes);
    relay.welcome = (peer) => peer.send('AUTH', 'challenge');
    relay.script = ([verb, subId], peer) => {
      if (verb === 'REQ') peer.send('CLOSED', subId, 'auth-required: no');
      return verb === 'REQ';
    };
    await using pool = open().pool;
    const answer = one(await pool.load(planOf(relay), quickly));
    assert.equal(answer.end, 'closed');
    assert.match(answer.reason ?? '', /^auth-required: no/);
    await using refusing = open({ authenticate: () => Promise.reject(new Error('no')) }).pool;
    assert.match(one(await refusing.load(planOf(relay), quickly)).reason ?? '', /the signer failed: no/);
  });

  test('after rate-limited the request is sent again later', async () => {
    await using relay = await relayWith(notes);
    let times = 0;
    relay.script = ([verb, subId], peer) => {
      if (verb !== 'REQ' || ++times > 2) return false;
      peer.send('CLOSED', subId, 'rate-limited: slow down');
      return true;
    };
    await using pool = open().pool;
    assert.equal(one(await pool.load(planOf(relay), quickly)).end, 'eose');
    assert.equal(times, 3);
  });

  test('a refusal for too many filters teaches to send fewer at a time', async () => {
    await using relay = await relayWith(notes);
    relay.script = ([verb, subId, ...filters], peer) => {
      if (verb !== 'REQ' || filters.length <= 2) return false;
      peer.send('CLOSED', subId, 'error: too many filters (max 2)');
      return true;
    };
    await using pool = open().pool;
    const filters = notes.slice(0, 7).map(({ id }) => ({ ids: [id] }));
    const answer = one(await pool.load(new Map([[relay.url, filters]]), quickly));
    assert.equal(answer.end, 'eose');
    assert.deepEqual(
      answer.filters.map(({ events, complete }) => [events, complete]),
      filters.map(() => [1, true]),
    );
  });

  test('strfry’s NOTICE about too many subscriptions makes the request wait for its turn', async () => {
    await using relay = await relayWith(notes);
    const openSubs = new Map<unknown, () => void>();
    let refusals = 0;
    relay.script = (frame, peer) => {
      const [verb, subId] = frame;
      if (verb === 'CLOSE') openSubs.delete(subId);
      if (verb !== 'REQ') return false;
      if (openSubs.size >= 2) {
        refusals++;
        peer.send('NOTICE', 'ERROR: too many concurrent REQs');
        return true;
      }
      openSubs.set(subId, () => answerHonestly(relay, frame, peer));
      setTimeout(() => openSubs.get(subId)?.(), 20);
      return true;
    };
    await using pool = open({ limits: { filtersPerRequestMax: 1 } }).pool;
    const loads = notes.slice(0, 6).map(({ id }) => pool.load(new Map([[relay.url, [{ ids: [id] }]]]), quickly));
    for (const answers of await Promise.all(loads))
      assert.deepEqual([one(answers).end, one(answers).kept], ['eose', 1]);
    assert.ok(refusals > 0);
  });

  test('the limits of the information document are kept', async () => {
    await using relay = await relayWith(notes);
    relay.information = (_, response) => {
      response.end(JSON.stringify({ limitation: { max_subscriptions: 1, max_message_length: 2_000, max_limit: 5 } }));
    };
    let openSubs = 0;
    let mostSubs = 0;
    relay.script = (frame, peer) => {
      if (frame[0] === 'CLOSE') openSubs--;
      if (frame[0] !== 'REQ') return false;
      mostSubs = Math.max(mostSubs, ++openSubs);
      assert.ok(JSON.stringify(frame).length <= 2_000);
      setTimeout(() => answerHonestly(relay, frame, peer), 5);
      return true;
    };
    await using pool = open({ limits: { filtersPerRequestMax: 1 } }).pool;
    await pool.load(new Map([[relay.url, [{ kinds: [1], limit: 1 }]]]));
    // The document is fetched beside the first request; wait until it has been read.
    await waitUntil(async () => {
      const answers = await pool.load(new Map([[relay.url, [{ kinds: [1], limit: 6, until: 1_700_000_004 }]]]));
      return one(answers).filters[0]?.complete === false;
    });
    mostSubs = 0;
    const ids = [...notes.map(({ id }) => id), ...Array.from({ length: 40 }, (_, n) => String(n).padStart(64, 'a'))];
    const answers = await Promise.all([
      pool.load(new Map([[relay.url, [{ ids }]]]), quickly),
      pool.load(new Map([[relay.url, [{ kinds: [1], limit: 3 }]]]), quickly),
    ]);
    assert.deepEqual(
      answers.map((each) => [one(each).end, one(each).filters[0]?.events]),
      [
        ['eose', 30],
        ['eose', 3],
      ],
    );
    assert.equal(mostSubs, 1);
  });
});
