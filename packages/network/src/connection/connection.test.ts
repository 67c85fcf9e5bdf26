import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fc } from '@nostrata/testing';
import type { Clock } from '../contract.ts';
import { defaultLimits } from '../limits.ts';
import { createManualClock } from '../test-clock.ts';
import { createHeldSockets } from '../test-socket.ts';
import { computeBackoff } from './backoff.ts';
import { createConnection, type Downfall } from './connection.ts';
import { utf8Bytes } from './ledger.ts';

function open({ hasPing = true, slots = 1, earlyMs = 0 } = {}) {
  const clock = createManualClock();
  const early: Clock = { now: clock.now, after: (ms, callback) => clock.after(ms - earlyMs, callback) };
  const { open: openSocket, sockets } = createHeldSockets(hasPing);
  const downs: Downfall[] = [];
  const states: string[] = [];
  const wanted = { value: true };
  let free = slots;
  const connection = createConnection({
    relay: 'wss://relay.example.com',
    clock: early,
    random: () => 1,
    openSocket,
    allowLocal: false,
    limits: defaultLimits,
    isWanted: () => wanted.value,
    takeSlot: () => free > 0 && free-- > 0,
    freeSlot: () => {
      free++;
    },
    opened: () => undefined,
    received: () => undefined,
    malformed: () => undefined,
    down: (downfall) => downs.push(downfall),
    changed: ({ state }) => states.push(state),
  });
  const last = () => {
    const socket = sockets.at(-1);
    assert(socket);
    return socket;
  };
  const fail = (reason = 'refused') => last().handlers.closed({ reason, isRefused: false });
  return { connection, clock, sockets, downs, states, wanted, last, fail, free: () => free };
}

describe('a connection', () => {
  test('waits twice as long after each failure, is given up at the bound, and holds no slot meanwhile', () => {
    const { connection, clock, sockets, last, fail, downs, free } = open();
    connection.want();
    const waits: number[] = [];
    while (connection.state !== 'given-up') {
      const count = sockets.length;
      fail();
      assert.equal(free(), 1);
      let waited = 0;
      while (connection.state === 'waiting' && sockets.length === count && waited < 200_000) {
        clock.advance(500);
        waited += 500;
      }
      if (sockets.length > count) waits.push(waited);
    }
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
    assert.equal(sockets.length, defaultLimits.attemptsMax);
    assert.equal(downs.length, defaultLimits.attemptsMax);
    clock.advance(3_600_000);
    assert.equal(sockets.length, defaultLimits.attemptsMax, 'nothing is tried by itself');
    connection.want();
    assert.equal(connection.state, 'connecting', 'a request after the cool-down tries again');
    last().handlers.opened();
    assert.equal(connection.state, 'open');
  });

  test('a success counts only after it has held for a while', () => {
    const { connection, clock, last, fail } = open();
    connection.want();
    for (let round = 1; round <= 3; round++) {
      last().handlers.opened();
      fail('hung up');
      assert.equal(connection.status().attempts, round);
      clock.advance(5_000);
    }
    last().handlers.opened();
    clock.advance(defaultLimits.heldMs);
    assert.equal(connection.status().attempts, 0);
  });

  test('a timer that rings a little early tries again all the same', () => {
    const { connection, clock, sockets, fail } = open({ earlyMs: 1 });
    connection.want();
    fail();
    clock.advance(1_000);
    assert.equal(sockets.length, 2);
  });

  test('while we do not read, silence proves nothing', () => {
    const { connection, clock, last, downs } = open();
    connection.want();
    last().handlers.opened();
    connection.pauseReading(true);
    clock.advance(600_000);
    assert.equal(connection.state, 'open');
    connection.pauseReading(false);
    clock.advance(defaultLimits.pingMs + defaultLimits.pongMs);
    assert.match(downs[0]?.reason ?? '', /half-open/);
  });

  test('a handshake that never ends is cut', () => {
    const { connection, clock, last } = open();
    connection.want();
    clock.advance(defaultLimits.connectMs);
    assert.equal(connection.state, 'waiting');
    assert.ok(last().isTerminated);
    assert.equal(connection.status().lastFailure, 'no connection in time');
  });

  test('a half-open connection is found by a ping that nothing follows', () => {
    const { connection, clock, last, downs } = open();
    connection.want();
    const socket = last();
    socket.handlers.opened();
    clock.advance(defaultLimits.pingMs);
    assert.equal(socket.pings, 1);
    socket.handlers.ponged();
    clock.advance(defaultLimits.pingMs);
    assert.equal(connection.state, 'open');
    assert.equal(socket.pings, 2);
    clock.advance(defaultLimits.pongMs);
    assert.match(downs.at(-1)?.reason ?? '', /half-open/);
    assert.ok(socket.isTerminated);
  });

  test('where there are no pings, a request for an event that nobody has takes their place', () => {
    const { connection, clock, last } = open({ hasPing: false });
    connection.want();
    const socket = last();
    socket.handlers.opened();
    clock.advance(defaultLimits.pingMs);
    assert.match(socket.sent[0] ?? '', /^\["REQ","ping",\{"ids":\["0{64}"\],"limit":1\}\]$/);
    socket.say('EOSE', 'ping');
    assert.equal(socket.sent[1], '["CLOSE","ping"]');
    clock.advance(defaultLimits.pongMs);
    assert.equal(connection.state, 'open');
  });

  test('an address that may not be dialled is given up at once', () => {
    const { connection, last, downs } = open();
    connection.want();
    last().handlers.closed({ reason: 'a private or local address', isRefused: true });
    assert.equal(connection.state, 'given-up');
    assert.equal(downs[0]?.isRefused, true);
  });

  test('without a network nothing is tried, and everything at once when it is back', () => {
    const { connection, clock, sockets, fail } = open();
    connection.want();
    fail();
    connection.setOnline(false);
    clock.advance(3_600_000);
    assert.equal(sockets.length, 1);
    assert.equal(connection.outlookMs(), Number.POSITIVE_INFINITY);
    connection.setOnline(true);
    assert.equal(sockets.length, 2);
    assert.equal(connection.state, 'connecting');
  });

  test('nobody wants it: it closes, and does not try again after a failure', () => {
    const { connection, clock, sockets, last, wanted, fail, free } = open();
    connection.want();
    last().handlers.opened();
    wanted.value = false;
    connection.release();
    assert.equal(connection.state, 'idle');
    assert.equal(free(), 1);
    wanted.value = true;
    connection.want();
    wanted.value = false;
    fail();
    assert.equal(connection.state, 'idle');
    clock.advance(3_600_000);
    assert.equal(sockets.length, 2);
  });

  test('garbage without end is cut', () => {
    const { connection, last, downs } = open();
    connection.want();
    const socket = last();
    socket.handlers.opened();
    for (let frame = 0; frame <= defaultLimits.garbageFramesMax; frame++)
      socket.handlers.received('{"no":"message"', 15);
    assert.equal(connection.state, 'waiting');
    assert.match(downs[0]?.reason ?? '', /no message/);
  });

  test('a socket that was replaced is not heard any more', () => {
    const { connection, clock, sockets, downs } = open();
    connection.want();
    const [old] = sockets;
    clock.advance(defaultLimits.connectMs);
    old?.handlers.opened();
    old?.handlers.closed({ reason: 'late', isRefused: false });
    assert.equal(connection.state, 'waiting');
    assert.equal(downs.length, 1);
  });

  test('without room in the budget it does not connect until it is asked again', () => {
    const { connection, sockets } = open({ slots: 0 });
    connection.want();
    assert.equal(connection.state, 'idle');
    assert.equal(sockets.length, 0);
  });
});

test('a back-off lies between half and all of its doubled wait', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, random) => {
        const options = { backoffMs: 1_000, backoffMsMax: 60_000, random: () => random };
        const full = Math.min(60_000, 1_000 * 2 ** Math.min(40, failures - 1));
        const wait = computeBackoff(failures, options);
        assert.ok(wait >= full / 2 && wait <= full);
      },
    ),
  );
});

test('bytes are counted as UTF-8 has them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(utf8Bytes(text), Buffer.byteLength(text));
    }),
  );
});
