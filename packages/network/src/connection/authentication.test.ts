import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import type { Authenticate } from '../contract.ts';
import { createManualClock } from '../test-clock.ts';
import { createAuthentication, lostFault } from './authentication.ts';

const relay = 'wss://relay.example.com';
const builder = createEventBuilder('authentication');

function open(
  authenticate: Authenticate | undefined = async (url, challenge) => builder.authentication(challenge, url),
) {
  const clock = createManualClock();
  const sent: NostrEvent[] = [];
  const states: boolean[] = [];
  const authentication = createAuthentication({
    relay,
    clock,
    authenticateMs: 1_000,
    authenticate,
    send: (frame) => {
      sent.push((JSON.parse(frame) as [string, NostrEvent])[1]);
      return true;
    },
    underWay: (isUnderWay) => states.push(isUnderWay),
  });
  /** The relay answers the next authentication. */
  const answer = async (index: number, accepted: boolean, reason = ''): Promise<void> => {
    const event = await waitUntil(() => sent[index]);
    assert.ok(authentication.answered(event.id, accepted, reason));
  };
  return { authentication, clock, sent, states, answer };
}

describe('authentication', () => {
  test('one challenge is answered once, for everybody who waits', async () => {
    const { authentication, sent, states, answer } = open();
    authentication.challenged('one');
    const both = [authentication.acquire(), authentication.acquire()];
    await answer(0, true);
    assert.deepEqual(await Promise.all(both), [null, null]);
    assert.equal(await authentication.acquire(), null);
    assert.equal(sent.length, 1);
    assert.deepEqual(
      sent[0]?.tags.find(([name]) => name === 'challenge'),
      ['challenge', 'one'],
    );
    assert.deepEqual(states, [true, false]);
  });

  test('a renewed challenge is answered anew', async () => {
    const { authentication, sent, answer } = open();
    authentication.challenged('one');
    const first = authentication.acquire();
    await answer(0, false, 'error: too late');
    assert.equal(await first, 'error: too late');
    assert.equal(await authentication.acquire(), 'error: too late', 'the same challenge is not tried twice');
    authentication.challenged('two');
    const second = authentication.acquire();
    await answer(1, true);
    assert.equal(await second, null);
    assert.equal(sent.length, 2);
  });

  test('a challenge that comes after the refusal is waited for, and one that never comes is not for ever', async () => {
    const { authentication, clock, answer } = open();
    const patient = authentication.acquire();
    authentication.challenged('late');
    await answer(0, true);
    assert.equal(await patient, null);
    const { authentication: silent, clock: other } = open();
    const vain = silent.acquire();
    other.advance(1_000);
    assert.equal(await vain, 'the relay sent no challenge');
    assert.equal(clock.timers, 0);
  });

  test('a policy that says no, a signer that fails and a relay that is silent are each said', async () => {
    const no = open(async () => undefined).authentication;
    no.challenged('one');
    assert.equal(await no.acquire(), 'the policy does not authenticate here');
    const broken = open(() => Promise.reject(new Error('locked'))).authentication;
    broken.challenged('one');
    assert.equal(await broken.acquire(), 'the signer failed: locked');
    const { authentication: hung, clock: later } = open(() => new Promise(() => undefined));
    hung.challenged('one');
    const unsigned = hung.acquire();
    later.advance(1_000);
    assert.equal(await unsigned, 'the signer failed: no answer');
    const { authentication, clock, sent } = open();
    authentication.challenged('one');
    const silent = authentication.acquire();
    await waitUntil(() => sent.length === 1);
    clock.advance(1_000);
    assert.equal(await silent, 'the relay did not answer the authentication');
  });

  test('a lost connection ends what waits, and a slow signer does not sign for the next one', async () => {
    let sign = (_: NostrEvent): void => undefined;
    const { authentication, sent, states } = open(
      () =>
        new Promise((resolve) => {
          sign = resolve;
        }),
    );
    authentication.challenged('one');
    const waiting = authentication.acquire();
    authentication.lost();
    authentication.challenged('two');
    sign(builder.authentication('one', relay));
    assert.equal(await waiting, lostFault);
    assert.equal(sent.length, 0);
    assert.deepEqual(states, [true]);
  });
});
