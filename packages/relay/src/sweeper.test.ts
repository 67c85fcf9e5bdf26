import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '@nostrata/testing';
import { createConnection } from './connection.ts';
import { createSweeper } from './sweeper.ts';
import { createTokenBucket } from './token-bucket.ts';

/** A connection over a socket that only notes how it was ended. */
function createSilentConnection(nowMs: number) {
  const ends: string[] = [];
  const nothing = () => undefined;
  const outbox = {
    send: nothing,
    sendSpliced: nothing,
    sendShared: nothing,
    isCongested: false,
    onDrain: nothing,
    close: () => ends.push('close'),
    cut: () => ends.push('cut'),
    cutIfSlow: nothing,
    pauseReading: nothing,
    resumeReading: nothing,
  };
  const bucket = createTokenBucket(1, 1, nowMs);
  const request = { ip: '127.0.0.1', url: 'ws://127.0.0.1/' };
  const parts = { number: 1, request, outbox, challenge: '', messages: bucket, bytes: bucket, nowMs };
  return { connection: createConnection(parts), ends };
}

function createSilentSweeper() {
  const clock = createFakeClock();
  const { connection, ends } = createSilentConnection(clock.now());
  const registry = {
    size: 1,
    refuse: () => undefined,
    add: () => undefined,
    remove: () => undefined,
    all: () => [connection],
    getSocket: () => undefined,
    whenEmpty: () => Promise.resolve(),
  };
  const sweeper = createSweeper({ limits: { pingSeconds: 30, idleSeconds: 900 }, registry, now: clock.now });
  const pass = (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 5) {
      clock.advance(5_000);
      sweeper.sweep();
    }
  };
  return { connection, ends, pass };
}

test('a connection that says nothing for two pings is cut', () => {
  const { ends, pass } = createSilentSweeper();
  pass(55);
  assert.deepEqual(ends, []);
  pass(5);
  assert.deepEqual(ends, ['cut']);
});

test('a connection that was not read for long is not taken for dead when it is read again', () => {
  const { connection, ends, pass } = createSilentSweeper();
  connection.isPaused = true;
  pass(120);
  connection.isPaused = false;
  pass(55);
  assert.deepEqual(ends, []);
  pass(5);
  assert.deepEqual(ends, ['cut']);
});
