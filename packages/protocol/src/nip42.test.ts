import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { isExpired } from './nip40.ts';
import { findAuthenticationFault } from './nip42.ts';
import { isVanishRequestFor } from './nip62.ts';
import { embedsProtectedEvent } from './nip70.ts';

const alice = createEventBuilder('alice');
const nowSeconds = 1_700_000_000;
const context = { challenge: 'c', relayUrls: ['wss://relay.example/', 'ws://127.0.0.1:7777'], nowSeconds };
const fault = (challenge: string, relay: string, created_at = nowSeconds) =>
  findAuthenticationFault(alice.authentication(challenge, relay, { created_at }), context);

test('an authentication is good for any URL with the host of the relay', () => {
  for (const url of [
    'wss://relay.example',
    'wss://RELAY.example:443/',
    'ws://relay.example/path',
    'ws://127.0.0.1:1',
  ]) {
    assert.equal(fault('c', url), null, url);
  }
});

test('another challenge, relay, kind or time is refused', () => {
  assert.match(fault('d', 'wss://relay.example') ?? '', /challenge/);
  assert.match(fault('c', 'wss://evil.example') ?? '', /evil\.example, which is not this relay/);
  assert.match(fault('c', 'wss://relay.example.evil.example') ?? '', /not this relay/);
  assert.match(fault('c', 'relay.example') ?? '', /not a URL/);
  assert.match(fault('c', 'https://relay.example') ?? '', /not a URL/);
  for (const away of [-601, 601])
    assert.match(fault('c', 'wss://relay.example', nowSeconds + away) ?? '', /ten minutes/);
  for (const away of [-600, 600]) assert.equal(fault('c', 'wss://relay.example', nowSeconds + away), null);
  const wrongKind = alice.event({
    kind: 1,
    created_at: nowSeconds,
    tags: [
      ['challenge', 'c'],
      ['relay', 'wss://relay.example'],
    ],
  });
  assert.match(findAuthenticationFault(wrongKind, context) ?? '', /kind is not 22242/);
  assert.match(
    findAuthenticationFault(alice.event({ kind: 22_242, created_at: nowSeconds }), context) ?? '',
    /challenge/,
  );
});

test('an event expires with the second that it names', () => {
  const event = alice.note('', { tags: [['expiration', '100']] });
  assert.deepEqual(
    [99, 100, 101].map((second) => isExpired(event, second)),
    [false, true, true],
  );
  for (const value of ['', 'x', '-1', '1e3', '1.5']) {
    assert.equal(isExpired(alice.note('', { tags: [['expiration', value]] }), 10 ** 10), false, value);
  }
});

test('a vanish request means this relay in any spelling, or all relays', () => {
  assert.ok(isVanishRequestFor(alice.vanish(['ALL_RELAYS']), []));
  assert.ok(
    isVanishRequestFor(alice.vanish(['wss://other.example', 'WSS://Relay.example:443/']), ['wss://relay.example']),
  );
  assert.equal(isVanishRequestFor(alice.vanish(['wss://other.example', 'all_relays']), ['wss://relay.example']), false);
  assert.equal(isVanishRequestFor(alice.note('', { tags: [['relay', 'ALL_RELAYS']] }), []), false);
});

test('a repost that carries a protected event is recognised', () => {
  const protectedEvent = JSON.stringify(alice.note('secret', { tags: [['-']] }));
  const open = JSON.stringify(alice.note('open "-"', { tags: [['t', '-']] }));
  assert.ok(embedsProtectedEvent(alice.event({ kind: 6, content: protectedEvent })));
  assert.ok(embedsProtectedEvent(alice.event({ kind: 16, content: protectedEvent })));
  assert.equal(embedsProtectedEvent(alice.event({ kind: 1, content: protectedEvent })), false);
  assert.equal(embedsProtectedEvent(alice.event({ kind: 6, content: open })), false);
  for (const content of ['', '["-"]', '{"tags":"-"}', 'not json "-"', 'null "-"', '{"tags":["-"], "x":"-"}']) {
    assert.equal(embedsProtectedEvent(alice.event({ kind: 6, content })), false, content);
  }
});
