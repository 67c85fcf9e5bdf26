import assert from 'node:assert/strict';
import { test } from 'node:test';
import { note } from '@nostrata/testing';
import { InvalidError } from './errors.ts';
import { serializeEvent } from './event.ts';
import * as frames from './relay-messages.ts';

test('what is written is what is read', () => {
  const event = note('alice', 'with "quotes" and \u2028');
  const sub = 'a "quoted" id';
  const cases: [string, frames.RelayMessage][] = [
    [`${frames.eventFramePrefix(sub)}${serializeEvent(event)}]`, { type: 'EVENT', subId: sub, event }],
    [frames.okFrame(event.id, true), { type: 'OK', eventId: event.id, accepted: true, reason: '' }],
    [frames.okFrame('"', false, 'pow: "no"'), { type: 'OK', eventId: '"', accepted: false, reason: 'pow: "no"' }],
    [frames.eoseFrame(sub), { type: 'EOSE', subId: sub, hints: [] }],
    [frames.eoseFrame(sub, 'finish'), { type: 'EOSE', subId: sub, hints: ['finish'] }],
    [frames.closedFrame(sub, 'error: x'), { type: 'CLOSED', subId: sub, reason: 'error: x' }],
    [frames.noticeFrame('hello'), { type: 'NOTICE', text: 'hello' }],
    [frames.authFrame('c'), { type: 'AUTH', challenge: 'c' }],
    [frames.countFrame(sub, 3), { type: 'COUNT', subId: sub, count: 3, hll: undefined }],
    [frames.countFrame(sub, 3, '00'), { type: 'COUNT', subId: sub, count: 3, hll: '00' }],
    [frames.negMessageFrame(sub, '61'), { type: 'NEG-MSG', subId: sub, message: '61' }],
    [frames.negErrorFrame(sub, 'blocked: too big', 5), { type: 'NEG-ERR', subId: sub, reason: 'blocked: too big' }],
  ];
  for (const [text, message] of cases) assert.deepEqual(frames.parseRelayMessage(text), message);
  assert.equal(frames.negErrorFrame('s', 'blocked: x', 5), '["NEG-ERR","s","blocked: x",5]');
});

test('relays that leave out the reason are understood, other nonsense is refused', () => {
  assert.deepEqual(frames.parseRelayMessage('["OK","a",true]'), {
    type: 'OK',
    eventId: 'a',
    accepted: true,
    reason: '',
  });
  for (const text of [
    '',
    '{}',
    '[]',
    '["OK","a"]',
    '["EVENT","s",{}]',
    '["COUNT","s",{"count":-1}]',
    '["X","y"]',
    '["NOTICE"]',
  ]) {
    assert.throws(() => frames.parseRelayMessage(text), InvalidError, text);
  }
});

test('the prefix of a reason is the word before its colon', () => {
  assert.equal(frames.getReasonPrefix('rate-limited: slow down'), 'rate-limited');
  assert.equal(frames.getReasonPrefix('something: else'), undefined);
  assert.equal(frames.getReasonPrefix('no colon'), undefined);
});
