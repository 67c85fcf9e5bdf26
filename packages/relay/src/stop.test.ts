import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createTestRelay } from './conformance/test-relay.ts';

test('a relay that stops still answers every event that it took', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  const author = createEventBuilder('last words');
  const events = Array.from({ length: 300 }, (_, index) => author.note(`${index}`));
  for (const event of events) client.send('EVENT', event);
  await client.waitFor(([verb]) => verb === 'OK');
  const stopped = relay.relay.stop();
  await client.closed;
  await stopped;
  await relay.ingest.stop();
  const { count } = await relay.store.count([{ kinds: [1] }]);
  const answered = client.inbox.filter(([verb, , ok]) => verb === 'OK' && ok === true).length + 1;
  assert.equal(answered, count);
});

test('a relay that stops does not wait for ever for a door that does not answer', async () => {
  await using relay = await createTestRelay({
    settings: { limits: { stopAnswersMillisecondsMax: 50 } },
    wrapIngest: (ingest) =>
      new Proxy(ingest, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (name === 'submit') return () => new Promise(() => undefined);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
  });
  await using client = await relay.connect();
  client.send('EVENT', createEventBuilder('unheard').note('no answer'));
  await client.request('read', [{ limit: 0 }]);
  await relay.relay.stop();
  assert.equal((await client.closed).code, 1001);
});
