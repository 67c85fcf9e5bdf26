import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, fc, note } from '@nostrata/testing';
import { getEventHash } from 'nostr-tools/pure';
import { InvalidError } from './errors.ts';
import { getEventId, idOfSerialized, type NostrEvent, parseEvent, serializeEvent } from './event.ts';

const good = note('alice', 'hello');
/** Any UTF-16 text: NUL, lone surrogates and U+2028 included. */
const text = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 20 });
const anyEvent: fc.Arbitrary<NostrEvent> = fc.record(
  {
    id: fc.constant(good.id),
    pubkey: fc.constant(good.pubkey),
    created_at: fc.nat(Number.MAX_SAFE_INTEGER),
    kind: fc.nat(65_535),
    tags: fc.array(fc.array(text, { maxLength: 4 }), { maxLength: 6 }),
    content: text,
    sig: fc.constant(good.sig),
  },
  { noNullPrototype: true },
);

test('any event survives writing and reading, and its id and pubkey stand at their fixed places', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const json = serializeEvent(event);
      assert.deepEqual(parseEvent(JSON.parse(json)), event);
      assert.equal(serializeEvent(parseEvent(JSON.parse(json))), json);
      assert.equal(idOfSerialized(json), event.id);
      assert.equal(json.slice(83, 147), event.pubkey);
      assert.deepEqual(parseEvent(JSON.parse(Buffer.from(json, 'utf8').toString('utf8'))), event, 'after UTF-8');
    }),
  );
});

test('ids are those of nostr-tools', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const tags = event.tags.map((tag) => [...tag]);
      assert.equal(getEventId(event), getEventHash({ ...event, tags }));
    }),
  );
});

test('5,000 tags survive', () => {
  const tags = Array.from({ length: 5_000 }, (_, index) => ['p', String(index), '\u2028\0']);
  const event = createEventBuilder('alice').event({ tags });
  assert.deepEqual(parseEvent(JSON.parse(serializeEvent(event))), event);
});

test('every malformed field is refused, and unknown fields are left out', () => {
  const faults: Record<string, unknown>[] = [
    { id: good.id.toUpperCase() },
    { id: `${good.id}0` },
    { pubkey: 1 },
    { created_at: -1 },
    { created_at: 1.5 },
    { created_at: '1' },
    { created_at: 2 ** 53 },
    { kind: 65_536 },
    { kind: -1 },
    { kind: null },
    { tags: {} },
    { tags: ['t'] },
    { tags: [['t', 1]] },
    { tags: [['t', null]] },
    { content: null },
    { sig: good.sig.slice(1) },
    { sig: undefined },
  ];
  for (const fault of faults)
    assert.throws(() => parseEvent({ ...good, ...fault }), InvalidError, JSON.stringify(fault));
  for (const value of [null, 1, 'x', [], undefined]) assert.throws(() => parseEvent(value), InvalidError);
  assert.deepEqual(parseEvent({ ...good, seen: 1 }), { ...good });
});
