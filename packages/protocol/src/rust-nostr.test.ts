import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createEventBuilder,
  generateEvents,
  readJsonLines,
  requireSharedData,
  seededRandom,
  skipWithout,
} from '@nostrata/testing';
import {
  ClientMessage,
  Event,
  loadWasmSync,
  RelayMessage,
  Filter as RustFilter,
  Timestamp,
} from '@rust-nostr/nostr-sdk';
import { compileFilter } from './compile-filter.ts';
import { type NostrEvent, serializeEvent } from './event.ts';
import { parseFilter } from './filter.ts';
import { parseClientMessage } from './messages.ts';
import { getDifficulty } from './nip13.ts';
import { isExpired } from './nip40.ts';
import * as frames from './relay-messages.ts';
import { isProtected } from './tags.ts';
import { verifyEvent } from './verify.ts';

loadWasmSync();

const real = 'events/permissive.jsonl.gz';
test('rust-nostr agrees about real events and filters', { skip: skipWithout(real) }, () => {
  const random = seededRandom(5);
  const events = readJsonLines<NostrEvent>(requireSharedData(real)).filter(() => random.next() < 0.04);
  for (const event of events) {
    // rust-nostr keeps seconds in 64 bits and kinds in 16, as we do.
    const theirs = Event.fromJson(serializeEvent(event));
    assert.equal(theirs.verify(), verifyEvent(event) !== null, event.id);
    assert.ok(theirs.checkPow(getDifficulty(event.id)));
    assert.equal(theirs.checkPow(getDifficulty(event.id) + 1), false);
    assert.equal(theirs.isProtected(), isProtected(event));
    const other = random.pick(events);
    const wires = [
      { kinds: [other.kind] },
      { authors: [other.pubkey], since: other.created_at },
      { ids: [event.id, other.id], until: other.created_at },
      {
        '#p': other.tags
          .filter(([name, value]) => name === 'p' && /^[0-9a-f]{64}$/.test(value ?? ''))
          .map(([, value]) => value),
      },
      { '#t': ['nostr', ...other.tags.filter(([name]) => name === 't').map(([, value]) => value ?? '')] },
    ].filter((wire) => Object.values(wire).every((value) => !Array.isArray(value) || value.length > 0));
    for (const wire of wires) {
      const expected = RustFilter.fromJson(JSON.stringify(wire)).matchEvent(theirs);
      assert.equal(compileFilter(parseFilter(wire))(event), expected, `${JSON.stringify(wire)} ${event.id}`);
    }
  }
  assert.ok(events.length > 100);
});

test('rust-nostr agrees about our own events, about changed ones and about expiry', () => {
  for (const event of generateEvents({ seed: 'rust', events: 60, authors: 20 })) {
    assert.ok(Event.fromJson(serializeEvent(event)).verify());
    const changed = { ...event, content: `${event.content}.` };
    assert.equal(verifyEvent(changed), null);
    assert.equal(Event.fromJson(serializeEvent(changed)).verify(), false);
  }
  const event = createEventBuilder('alice').note('', { tags: [['expiration', '100']] });
  for (const second of [98, 102]) {
    assert.equal(
      Event.fromJson(serializeEvent(event)).isExpiredAt(Timestamp.fromSecs(second)),
      isExpired(event, second),
    );
  }
});

test('rust-nostr reads the frames that we write and writes frames that we read', () => {
  const event = createEventBuilder('alice').note('with "quotes" and \n', { tags: [['t', 'x']] });
  const written = [
    `${frames.eventFramePrefix('s')}${serializeEvent(event)}]`,
    frames.okFrame(event.id, false, 'blocked: no'),
    frames.eoseFrame('s'),
    frames.closedFrame('s', 'error: x'),
    frames.noticeFrame('hello'),
    frames.authFrame('challenge'),
    frames.countFrame('s', 3),
    frames.negMessageFrame('s', '61'),
    frames.negErrorFrame('s', 'blocked: too big'),
  ];
  for (const frame of written)
    assert.deepEqual(JSON.parse(RelayMessage.fromJson(frame).asJson()), JSON.parse(frame), frame);

  const filter = JSON.stringify({ kinds: [1], '#t': ['x'], since: 5, limit: 3 });
  const messages = [
    `["EVENT",${serializeEvent(event)}]`,
    `["REQ","s",${filter},{"ids":["${event.id}"]}]`,
    `["COUNT","s",${filter}]`,
    '["CLOSE","s"]',
    `["NEG-OPEN","s",${filter},"6100"]`,
    '["NEG-MSG","s","6100"]',
    '["NEG-CLOSE","s"]',
  ];
  for (const message of messages) {
    const rewritten = ClientMessage.fromJson(message).asJson();
    assert.deepEqual(parseClientMessage(rewritten), parseClientMessage(message), rewritten);
    assert.notEqual(parseClientMessage(rewritten).type, 'INVALID', rewritten);
  }
});
