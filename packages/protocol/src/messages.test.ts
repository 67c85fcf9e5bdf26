import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, note } from '@nostrata/testing';
import { serializeEvent } from './event.ts';
import { parseClientMessage } from './messages.ts';

const event = note('alice', 'hello');
const parse = (...frame: unknown[]) => parseClientMessage(JSON.stringify(frame));

test('every verb is read', () => {
  assert.deepEqual(parse('EVENT', event), { type: 'EVENT', event });
  assert.deepEqual(parse('AUTH', event), { type: 'AUTH', event });
  const filters = [{ kinds: [1] }, { tags: { e: [event.id] } }];
  assert.deepEqual(parse('REQ', 's', { kinds: [1] }, { '#e': [event.id] }), { type: 'REQ', subId: 's', filters });
  assert.deepEqual(parse('COUNT', 's', {}), { type: 'COUNT', subId: 's', filters: [{}] });
  assert.deepEqual(parse('CLOSE', 's'), { type: 'CLOSE', subId: 's' });
  assert.deepEqual(parse('NEG-OPEN', 's', {}, '61'), { type: 'NEG-OPEN', subId: 's', filter: {}, message: '61' });
  assert.deepEqual(parse('NEG-MSG', 's', '61AB'), { type: 'NEG-MSG', subId: 's', message: '61AB' });
  assert.deepEqual(parse('NEG-CLOSE', 's'), { type: 'NEG-CLOSE', subId: 's' });
});

test('a bad message says what is wrong and keeps the id by which it can be answered', () => {
  const cases: [unknown, RegExp, { subId?: string; eventId?: string; verb?: string }][] = [
    [{}, /not an array/, {}],
    [[], /verb is not a string/, {}],
    [['HELLO', 's'], /"HELLO" is not known/, {}],
    [['EVENT'], /EVENT has 0 parts, not 1/, { verb: 'EVENT' }],
    [['EVENT', { ...event, kind: 1.5 }], /kind is not an integer/, { verb: 'EVENT', eventId: event.id }],
    [['EVENT', { ...event, id: 'XYZ' }], /id is not 64/, { verb: 'EVENT', eventId: 'XYZ' }],
    [['EVENT', 's', event], /EVENT has 2 parts/, { verb: 'EVENT' }],
    [['AUTH', 'challenge'], /event is not an object/, { verb: 'AUTH' }],
    [['REQ', 's'], /REQ has no filter/, { verb: 'REQ', subId: 's' }],
    [['REQ', '', {}], /subscription id/, { verb: 'REQ' }],
    [['REQ', 'x'.repeat(65), {}], /1 to 64 characters/, { verb: 'REQ' }],
    [['REQ', 7, {}], /subscription id/, { verb: 'REQ' }],
    [['REQ', 's', { kinds: ['1'] }], /kinds holds/, { verb: 'REQ', subId: 's' }],
    [['REQ', 's', { kinds: [1] }, null], /filter is not an object/, { verb: 'REQ', subId: 's' }],
    [['COUNT', 's', { unknown: 1 }], /"unknown" is not known/, { verb: 'COUNT', subId: 's' }],
    [['NEG-OPEN', 's', {}, 'abc'], /not hex/, { verb: 'NEG-OPEN', subId: 's' }],
    [['NEG-OPEN', 's', {}], /not hex/, { verb: 'NEG-OPEN', subId: 's' }],
    [['NEG-MSG', 's', ''], /not hex/, { verb: 'NEG-MSG', subId: 's' }],
  ];
  for (const [frame, reason, { verb, subId, eventId }] of cases) {
    const message = parseClientMessage(JSON.stringify(frame));
    assert.ok(message.type === 'INVALID', JSON.stringify(frame));
    assert.match(message.reason, reason);
    assert.deepEqual([message.verb, message.subId, message.eventId], [verb, subId, eventId], JSON.stringify(frame));
  }
  assert.deepEqual(parseClientMessage('["REQ"'), {
    type: 'INVALID',
    reason: 'message is not JSON',
    verb: undefined,
    subId: undefined,
    eventId: undefined,
  });
});

test('no text whatever makes the parser throw', () => {
  const verb = fc.constantFrom(
    'EVENT',
    'REQ',
    'COUNT',
    'AUTH',
    'CLOSE',
    'NEG-OPEN',
    'NEG-MSG',
    'toString',
    '__proto__',
  );
  const frames = fc.tuple(verb, fc.jsonValue(), fc.jsonValue(), fc.jsonValue()).map((frame) => JSON.stringify(frame));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), frames), (text) => void parseClientMessage(text)),
    { numRuns: 2_000 },
  );
  const text = `["EVENT",${serializeEvent(event)}]`;
  const mutated = fc.tuple(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), fc.nat(4));
  fc.assert(
    fc.property(mutated, ([at, added, removed]) => {
      const message = parseClientMessage(text.slice(0, at) + added + text.slice(at + removed));
      assert.ok(message.type === 'INVALID' || message.type === 'EVENT');
    }),
    { numRuns: 2_000 },
  );
  assert.equal(parseClientMessage('['.repeat(200_000)).type, 'INVALID');
  assert.equal(parseClientMessage(`["REQ","s",${'['.repeat(50_000)}${']'.repeat(50_000)}]`).type, 'INVALID');
});
