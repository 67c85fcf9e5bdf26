import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createTestRelay } from './conformance/test-relay.ts';

const alice = createEventBuilder('alice');

test('an event that was accepted is served, and comes live to those who asked before', async () => {
  await using relay = await createTestRelay();
  await using writer = await relay.connect();
  await using reader = await relay.connect();
  const first = alice.note('first');
  assert.deepEqual(await writer.publish(first), { ok: true, message: '' });
  const stored = await reader.request('sub', [{ kinds: [1] }], { keepOpen: true });
  assert.deepEqual(stored.events, [first]);
  assert.deepEqual(stored.frame, ['EOSE', 'sub', ['finish']]);
  const second = alice.note('second, with ünicode ☃ and \u2028');
  await writer.publish(second);
  assert.deepEqual(await reader.nextEvent('sub'), second);
});
