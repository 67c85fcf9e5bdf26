import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConnectionState } from '../contract.ts';
import { hasSocket, isUsable, transitions } from './states.ts';

const states = Object.keys(transitions) as ConnectionState[];

/** What moves a connection; every pair that is not here leaves the state as it is. */
const moves: Readonly<Record<ConnectionState, Readonly<Record<string, ConnectionState>>>> = {
  idle: { want: 'connecting', hold: 'waiting' },
  connecting: { opened: 'open', lost: 'waiting', exhausted: 'given-up', release: 'closing' },
  open: { authenticate: 'authenticating', lost: 'waiting', exhausted: 'given-up', release: 'closing' },
  authenticating: { authenticated: 'open', lost: 'waiting', exhausted: 'given-up', release: 'closing' },
  closing: { closed: 'idle', lost: 'idle', exhausted: 'idle' },
  waiting: { retry: 'connecting', exhausted: 'given-up', release: 'idle' },
  'given-up': { retry: 'connecting' },
};

describe('the states of a connection', () => {
  for (const state of states) {
    test(`${state}: every signal does what the table says, and no other moves it`, () => {
      for (const [signal, next] of Object.entries(transitions[state])) {
        assert.equal(next, moves[state][signal] ?? state, signal);
      }
      for (const signal of Object.keys(moves[state])) assert.ok(signal in transitions[state], signal);
    });
  }

  test('from every state there is a way to every other', () => {
    for (const from of states) {
      const reached = new Set<ConnectionState>([from]);
      for (const state of reached) for (const next of Object.values(transitions[state])) reached.add(next);
      assert.deepEqual([...reached].sort(), [...states].sort(), from);
    }
  });

  test('frames are sent only where there is a socket', () => {
    assert.deepEqual(states.filter(isUsable), ['open', 'authenticating']);
    for (const state of states.filter(isUsable)) assert.ok(hasSocket(state));
  });
});
