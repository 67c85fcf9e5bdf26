import assert from 'node:assert/strict';
import { createFakeClock } from '@nostrata/testing';
import { type Law, publishAll } from './law.ts';
import { createTestRelay } from './test-relay.ts';

/** Subscriptions and connections: how they begin, live and end. */
export const subscriptionLaws: readonly Law[] = [
  {
    name: 'EOSE follows the stored events',
    async check({ client, author }) {
      const writer = author('writer');
      await publishAll(client, writer.note('one'), writer.note('two'));
      const { events, eose } = await client.request('sub', [{ authors: [writer.pubkey] }]);
      assert.equal(events.length, 2);
      assert.ok(eose);
    },
  },
  {
    name: 'a subscription that can get nothing more is left open after EOSE, and EOSE says that it is complete',
    async check({ client, author }) {
      const event = author('writer').note('only one');
      await publishAll(client, event);
      const { frame } = await client.request('complete', [{ ids: [event.id] }], { keepOpen: true });
      assert.deepEqual(frame, ['EOSE', 'complete', ['finish']]);
      // CLOSED would have come before the answer to the next message.
      await client.count('probe', [{ ids: [event.id] }]);
      assert.deepEqual(
        client.inbox.filter(([verb]) => verb === 'CLOSED'),
        [],
      );
    },
  },
  {
    name: 'a subscription that can get more is left open after EOSE',
    async check({ client, author }) {
      const writer = author('writer');
      await client.request('open', [{ authors: [writer.pubkey] }], { keepOpen: true });
      await client.count('probe', [{ authors: [writer.pubkey] }]);
      assert.deepEqual(
        client.inbox.filter(([verb]) => verb === 'CLOSED'),
        [],
      );
    },
  },
  {
    name: 'events that come in after EOSE are sent',
    async check({ client, relay, author }) {
      const writer = author('writer');
      await client.request('live', [{ authors: [writer.pubkey] }], { keepOpen: true });
      await using other = await relay.connect();
      const event = writer.note('later');
      await publishAll(other, event);
      assert.deepEqual(await client.nextEvent('live'), event);
    },
  },
  {
    name: 'a client with a subscription is not sent away however long it is silent',
    async check({ author }) {
      const clock = createFakeClock(Date.now());
      await using relay = await createTestRelay({ now: clock.now });
      await using client = await relay.connect();
      await client.request('open', [{ authors: [author('writer').pubkey] }], { keepOpen: true });
      for (let minute = 0; minute < 60; minute++) {
        // Half a minute at a time: each sweep asks with a ping, and the next sees that it was answered.
        clock.advance(31_000);
        relay.relay.sweep();
        await client.count('probe', [{ limit: 0 }]);
      }
      assert.equal(client.isOpen, true);
    },
  },
  {
    name: 'a client without any subscription is sent away in the end',
    async check() {
      const clock = createFakeClock(Date.now());
      await using relay = await createTestRelay({ now: clock.now, settings: { limits: { idleSeconds: 40 } } });
      await using client = await relay.connect();
      await client.count('probe', [{ limit: 0 }]);
      clock.advance(41_000);
      relay.relay.sweep();
      assert.equal((await client.closed).code, 1000);
      assert.match(String(client.inbox.find(([verb]) => verb === 'NOTICE')?.[1]), /^closed: /);
    },
  },
  {
    name: 'subscriptions beyond the limit are answered with CLOSED rate-limited, and those open stay',
    async check({ author }) {
      await using relay = await createTestRelay({ settings: { limits: { subscriptionsPerConnectionMax: 3 } } });
      await using client = await relay.connect();
      const writer = author('writer');
      for (const id of ['a', 'b', 'c']) await client.request(id, [{ authors: [writer.pubkey] }], { keepOpen: true });
      assert.match((await client.request('d', [{}])).closed ?? '', /^rate-limited: /);
      const event = writer.note('still there');
      await publishAll(client, event);
      for (const id of ['a', 'b', 'c']) assert.deepEqual(await client.nextEvent(id), event);
      client.send('CLOSE', 'a');
      assert.ok((await client.request('d', [{ limit: 1 }])).eose);
    },
  },
  {
    name: 'connections beyond the limit of an address are closed with code 1013',
    async check() {
      await using relay = await createTestRelay({ settings: { limits: { connectionsPerIpMax: 2 } } });
      await using first = await relay.connect();
      await using second = await relay.connect();
      await using third = await relay.connect();
      assert.equal((await third.closed).code, 1013);
      assert.ok(first.isOpen && second.isOpen);
    },
  },
  {
    name: 'a client that has left can connect again at once',
    async check({ relay }) {
      for (let round = 0; round < 3; round++) {
        await using client = await relay.connect();
        assert.ok((await client.request('again', [{ limit: 0 }])).eose);
      }
    },
  },
];
