import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOwnRelayCheck } from './own-relay.ts';

test('every spelling of an own URL means this relay', () => {
  const isOwn = createOwnRelayCheck(['wss://relay.example.com/', 'ws://127.0.0.1:7777', 'wss://example.org/inbox']);
  const own = [
    'wss://Relay.Example.com',
    'ws://relay.example.com//',
    'wss://relay.example.com.:443/',
    'relay.example.com',
    ' https://relay.example.com',
    'ws://127.0.0.1:7777/',
    'wss://example.org/inbox/',
  ];
  for (const url of own) assert.ok(isOwn(url), url);
});

test('another host, port or path means another relay, and no URL means none', () => {
  const isOwn = createOwnRelayCheck(['wss://relay.example.com/']);
  const others = [
    'wss://relay.example.com:444',
    'wss://relay.example.com/inbox',
    'wss://example.com',
    'wss://relay.example.com.evil.example',
    'ftp://relay.example.com',
    'wss://',
    '',
    'ALL_RELAYS',
  ];
  for (const url of others) assert.equal(isOwn(url), false, url);
  assert.equal(createOwnRelayCheck(undefined)('wss://relay.example.com'), false);
});
