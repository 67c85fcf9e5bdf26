import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys, fc } from '@nostrata/testing';
import { createNostrConnectURI, parseBunkerInput } from 'nostr-tools/nip46';
import { InvalidError } from './errors.ts';
import {
  formatBunkerUrl,
  formatClientUrl,
  formatRemoteRequest,
  formatRemoteResponse,
  parseBunkerUrl,
  parseClientUrl,
  parseRemoteRequest,
  parseRemoteResponse,
} from './nip46.ts';

const { pubkey } = createKeys('signer');
const relays = ['wss://a.example', 'wss://b.example/path?x=1&y=2'];
const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => text.isWellFormed());

test('a bunker URL is read as it was written, here and by nostr-tools', async () => {
  await fc.assert(
    fc.asyncProperty(secret, async (anySecret) => {
      const pointer = { remoteSigner: pubkey, relays, secret: anySecret };
      assert.deepEqual(parseBunkerUrl(formatBunkerUrl(pointer)), pointer);
      assert.deepEqual(await parseBunkerInput(formatBunkerUrl(pointer)), { pubkey, relays, secret: anySecret });
    }),
  );
  const url = ` BUNKER://${pubkey.toUpperCase()}/?relay=wss%3A%2F%2FA.example%2F&relay=http://x&relay=wss://a.example`;
  assert.deepEqual(parseBunkerUrl(url), { remoteSigner: pubkey, relays: ['wss://a.example'], secret: undefined });
});

test('a nostrconnect URL is read as it was written, and as nostr-tools writes it', () => {
  const example =
    'nostrconnect://83f3b2ae6aa368e8275397b9c26cf550101d63ebaab900d19dd4a4429f5ad8f5?relay=wss%3A%2F%2Frelay1.example.com&perms=nip44_encrypt%2Cnip44_decrypt%2Csign_event%3A13%2Csign_event%3A14%2Csign_event%3A1059&name=My+Client&secret=0s8j2djs&relay=wss%3A%2F%2Frelay2.example2.com';
  assert.deepEqual(parseClientUrl(example), {
    client: '83f3b2ae6aa368e8275397b9c26cf550101d63ebaab900d19dd4a4429f5ad8f5',
    relays: ['wss://relay1.example.com', 'wss://relay2.example2.com'],
    secret: '0s8j2djs',
    permissions: ['nip44_encrypt', 'nip44_decrypt', 'sign_event:13', 'sign_event:14', 'sign_event:1059'],
    name: 'My Client',
    url: undefined,
    image: undefined,
  });
  fc.assert(
    fc.property(secret, secret, (anySecret, name) => {
      const pointer = {
        client: pubkey,
        relays,
        secret: anySecret,
        permissions: ['sign_event:1', 'ping'],
        name,
        url: 'https://app.example',
        image: undefined,
      };
      assert.deepEqual(parseClientUrl(formatClientUrl(pointer)), pointer);
    }),
  );
  const theirs = createNostrConnectURI({ clientPubkey: pubkey, relays, secret: 's', perms: ['ping'], name: 'n' });
  assert.deepEqual(parseClientUrl(theirs).permissions, ['ping']);
});

test('URLs without a key, a relay or a needed secret are refused', () => {
  for (const url of [
    '',
    'bunker://',
    `bunker://${pubkey}`,
    `bunker://x?relay=wss://a.example`,
    `nostrconnect://${pubkey}?relay=wss://a.example`,
    `bunker://${pubkey}?relay=wss://a.example&x=${'x'.repeat(9_000)}`,
  ]) {
    assert.throws(() => parseBunkerUrl(url), InvalidError, url.slice(0, 90));
  }
  for (const url of [
    `nostrconnect://${pubkey}?relay=wss://a.example`,
    `nostrconnect://${pubkey}?secret=x`,
    `nostrconnect://?secret=x&relay=wss://a.example`,
  ]) {
    assert.throws(() => parseClientUrl(url), InvalidError, url);
  }
});

test('requests and responses are read as they were written', () => {
  const request = { id: '1', method: 'sign_event', params: ['{}'] };
  assert.deepEqual(parseRemoteRequest(formatRemoteRequest(request)), request);
  const responses = [
    { type: 'result', id: '1', result: 'pong' },
    { type: 'result', id: '1', result: null },
    { type: 'error', id: '1', error: 'no' },
    { type: 'auth-url', id: '1', url: 'https://auth.example' },
  ] as const;
  for (const response of responses) assert.deepEqual(parseRemoteResponse(formatRemoteResponse(response)), response);
});

test('a result that is no text becomes one, and an empty error is none', () => {
  assert.deepEqual(parseRemoteResponse('{"id":"1","result":["wss://a.example"],"error":""}'), {
    type: 'result',
    id: '1',
    result: '["wss://a.example"]',
  });
  assert.deepEqual(parseRemoteResponse('{"id":"1"}'), { type: 'result', id: '1', result: null });
});

test('malformed messages are refused', () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"id":1,"method":"ping","params":[]}',
    '{"id":"1","method":"ping"}',
    '{"id":"1","method":"ping","params":[1]}',
    `"${'x'.repeat(500_000)}"`,
  ]) {
    assert.throws(() => parseRemoteRequest(text), InvalidError, text.slice(0, 40));
  }
  for (const text of ['', 'null', '{"result":"x"}']) assert.throws(() => parseRemoteResponse(text), InvalidError);
});
