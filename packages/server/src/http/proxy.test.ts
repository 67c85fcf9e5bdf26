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

test('limits count an IPv6 client by its network of 64 bits, and IPv4 however it is written', () => {
  const resolve = createResolveOrigin(['10.0.0.0/8', 'fd00::1']);
  const ipOf = (remoteAddress: string) => resolve({ headers: { host: 'h' }, remoteAddress, isEncrypted: false }).ip;
  const counted: Readonly<Record<string, string>> = {
    '2001:db8:1:2::1': '2001:db8:1:2::/64',
    '2001:DB8:1:2:ffff:ffff:ffff:ffff': '2001:db8:1:2::/64',
    '2001:db8:1:3::1': '2001:db8:1:3::/64',
    '2001:db8::1': '2001:db8::/64',
    '1:0:0:2:3:4:5:6': '1:0:0:2::/64',
    'fe80::1%eth0': 'fe80::/64',
    '::1': '::/64',
    '::ffff:192.0.2.1': '192.0.2.1',
    '::ffff:c000:201': '192.0.2.1',
    '0:0:0:0:0:FFFF:192.0.2.1': '192.0.2.1',
    '64:ff9b::192.0.2.1': '64:ff9b::/64',
    '192.0.2.1': '192.0.2.1',
    '': '',
  };
  for (const [address, expected] of Object.entries(counted)) assert.equal(ipOf(address), expected, address);
  const forwardedBy = (remoteAddress: string, client: string) =>
    resolve({ headers: { host: 'h', 'x-forwarded-for': client }, remoteAddress, isEncrypted: false }).ip;
  assert.equal(forwardedBy('fd00::1', '[2001:db8:1:2::9]:4711'), '2001:db8:1:2::/64');
  assert.equal(forwardedBy('::ffff:a00:1', '2001:db8:1:2::9'), '2001:db8:1:2::/64', 'a proxy in hexadecimal');
  assert.equal(forwardedBy('fd00::2', '192.0.2.9'), 'fd00::/64', 'only the address that is trusted');
});

test('what is no address is refused at the start', () => {
  for (const proxy of ['example.com', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '']) {
    assert.throws(() => createResolveOrigin([proxy]), ConfigError, proxy);
  }
});
