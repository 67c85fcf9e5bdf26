import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { idPreimage, type NostrEvent, serializeEvent, strictIdPreimage, type UnsignedEvent } from '@nostrata/protocol';
import { fc, readJsonLines, requireSharedData, skipWithout } from '@nostrata/testing';
import { hasRightId } from './identity.ts';

function withId(event: UnsignedEvent, preimage: string): NostrEvent {
  const id = createHash('sha256').update(preimage).digest('hex');
  return { ...event, id, sig: 'b'.repeat(128) };
}

function isRight(event: NostrEvent): boolean {
  return hasRightId(event, serializeEvent(event));
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom(
    'content',
    ',"content":',
    '"content":',
    ',"content":"',
    '\\',
    '\\"',
    '","content":""',
    '\u2028',
    '\0',
    '\u0001',
  ),
);

const anyEvent = fc.record({
  pubkey: fc.constant('a'.repeat(64)),
  created_at: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  kind: fc.nat({ max: 65_535 }),
  tags: fc.array(fc.array(text, { maxLength: 4 }), { maxLength: 4 }),
  content: text,
});

test('the id of any event is found right, and wrong once anything is changed', () => {
  fc.assert(
    fc.property(anyEvent, (unsigned) => {
      const event = withId(unsigned, idPreimage(unsigned));
      assert.equal(isRight(event), true);
      assert.equal(isRight({ ...event, content: `${event.content}x` }), false);
      assert.equal(isRight({ ...event, created_at: event.created_at + 1 }), false);
      assert.equal(isRight({ ...event, kind: event.kind ^ 1 }), false);
      assert.equal(isRight({ ...event, pubkey: 'c'.repeat(64) }), false);
      assert.equal(isRight({ ...event, tags: [...event.tags, []] }), false);
    }),
    { numRuns: 300 },
  );
});

test('an id made with control characters verbatim, as NIP-01 says to the letter, is right too', () => {
  const unsigned = { pubkey: 'a'.repeat(64), created_at: 1, kind: 1, tags: [['t', '\u0001']], content: 'a\u001fb' };
  const strict = strictIdPreimage(unsigned);
  assert(strict !== null);
  assert.notEqual(strict, idPreimage(unsigned));
  assert.equal(isRight(withId(unsigned, strict)), true);
});

const file = 'events/permissive.jsonl.gz';
test('every real event has the right id', { skip: skipWithout(file) }, () => {
  const events = readJsonLines<NostrEvent>(requireSharedData(file));
  assert.ok(events.length > 6_000);
  for (const event of events) assert.equal(isRight(event), true, event.id);
});
