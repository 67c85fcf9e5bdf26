import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../config/errors.ts';
import { createResolveOrigin } from './proxy.ts';

const forwarded = {
  host: 'inner:7447',
  'x-forwarded-for': '198.51.100.7, 10.0.0.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'relay.example.com',
};

test('forwarded headers of a stranger are not believed', () => {
  const resolve = createResolveOrigin(['10.0.0.0/8']);
  const origin = resolve({ headers: forwarded, remoteAddress: '203.0.113.5', isEncrypted: false });
  assert.deepEqual(origin, { ip: '203.0.113.5', isSecure: false, host: 'inner:7447' });
});

test('a trusted proxy tells the client, the scheme and the host', () => {
  const resolve = createResolveOrigin(['10.0.0.0/8', '::1']);
  for (const remoteAddress of ['10.1.2.3', '::ffff:10.1.2.3', '::1']) {
    const origin = resolve({ headers: forwarded, remoteAddress, isEncrypted: false });
    assert.deepEqual(origin, { ip: '198.51.100.7', isSecure: true, host: 'relay.example.com' });
  }
});

test('an address that the client itself put in front does not count', () => {
  const resolve = createResolveOrigin(['10.0.0.0/8']);
  const headers = { host: 'h', 'x-forwarded-for': '1.1.1.1, 198.51.100.7:4711' };
  assert.equal(resolve({ headers, remoteAddress: '10.0.0.1', isEncrypted: false }).ip, '198.51.100.7');
  const junk = { host: 'h', 'x-forwarded-for': '1.1.1.1, <script>' };
  assert.equal(resolve({ headers: junk, remoteAddress: '10.0.0.1', isEncrypted: false }).ip, '10.0.0.1');
});

test('what is no address is refused at the start', () => {
  for (const proxy of ['example.com', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '']) {
    assert.throws(() => createResolveOrigin([proxy]), ConfigError, proxy);
  }
});
