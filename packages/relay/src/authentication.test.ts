import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingest } from '@nostrata/ingest';
import { Kind, type NostrEvent, type VerifiedEvent } from '@nostrata/protocol';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import { createTestRelay } from './conformance/test-relay.ts';

const alice = createEventBuilder('alice', Math.floor(Date.now() / 1_000));
const bob = createEventBuilder('bob', Math.floor(Date.now() / 1_000));

/** A door whose checks of authentications wait until they are let go. */
function createSlowChecks() {
  const waiting: (() => void)[] = [];
  const wrapIngest = (ingest: Ingest): Ingest =>
    new Proxy(ingest, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'verify') {
          return async (event: NostrEvent): Promise<VerifiedEvent | null> => {
            await new Promise<void>((resolve) => waiting.push(resolve));
            return await target.verify(event);
          };
        }
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return { wrapIngest, waiting };
}

test('what a client sends right behind its AUTH is judged with it, in order', async () => {
  await using relay = await createTestRelay({ settings: { authRequiredToWrite: true } });
  await using client = await relay.connect();
  const challenge = await client.challenge();
  const note = alice.note('written in one breath');
  client.send('AUTH', alice.authentication(challenge, relay.url));
  client.send('EVENT', note);
  client.send('REQ', 'private', { kinds: [Kind.giftWrap] });
  client.send('AUTH', bob.authentication(challenge, relay.url));
  client.send('REQ', 'later', { kinds: [1] });
  await client.waitFor(([verb, id]) => verb === 'EOSE' && id === 'later');
  await waitUntil(() => client.inbox.filter(([verb]) => verb === 'OK').length === 3);
  assert.ok(client.inbox.every(([verb, , ok]) => verb !== 'CLOSED' && (verb !== 'OK' || ok === true)));
});

test('a connection whose AUTH is being checked waits, nobody else does, and its end meanwhile harms nobody', async () => {
  const { wrapIngest, waiting } = createSlowChecks();
  await using relay = await createTestRelay({ wrapIngest });
  const leaver = await relay.connect();
  await using client = await relay.connect();
  await using other = await relay.connect();
  leaver.send('AUTH', alice.authentication(await leaver.challenge(), relay.url));
  client.send('AUTH', alice.authentication(await client.challenge(), relay.url));
  client.send('REQ', 'behind', { kinds: [Kind.giftWrap] });
  await waitUntil(() => waiting.length === 2);
  leaver.send('REQ', 'never', { kinds: [1] });
  await leaver[Symbol.asyncDispose]();
  assert.ok((await other.request('other', [{ kinds: [1] }])).eose);
  assert.ok(!client.inbox.some(([, id]) => id === 'behind'));
  for (const go of waiting) go();
  await client.waitFor(([verb, id]) => verb === 'EOSE' && id === 'behind');
});
