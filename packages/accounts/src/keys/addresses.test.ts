import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@nostrata/http';
import { isAddressAllowed, parseAddresses } from './addresses.ts';

test('addresses and networks are taken as people write them, each once', () => {
  assert.deepEqual(parseAddresses([' 192.0.2.7', '192.0.2.7', '10.0.0.0/8', '2001:DB8::/56', '::ffff:198.51.100.1']), [
    '192.0.2.7',
    '10.0.0.0/8',
    '2001:db8::/56',
    '198.51.100.1',
  ]);
});

test('what is no address, and IPv6 that is narrower than what callers are known by, is refused', () => {
  const wrong = [
    '',
    'example.com',
    '300.1.1.1',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '1.2.3.4/ 8',
  ];
  const narrow = ['2001:db8::1', '2001:db8::/65', '2001:db8::/128', 'fe80::%eth0/64', '::ffff:1.2.3.4/104', '::/999'];
  for (const text of [...wrong, ...narrow]) {
    assert.throws(
      () => parseAddresses([text]),
      (error) => error instanceof Problem && error.status === 400,
      text,
    );
  }
});

test('a key is let in from its addresses only', () => {
  const allowed = parseAddresses(['192.0.2.7', '10.0.0.0/8', '2001:db8:0:ff00::/56']);
  for (const address of ['192.0.2.7', '10.255.0.1', '2001:db8:0:ff01::/64', '::ffff:10.1.1.1']) {
    assert.ok(isAddressAllowed(allowed, address), address);
  }
  for (const address of ['192.0.2.8', '11.0.0.1', '2001:db8:0:fe00::/64', '2001:db9::/64', '', 'unknown', '::/64']) {
    assert.equal(isAddressAllowed(allowed, address), false, address);
  }
  assert.ok(isAddressAllowed([], 'anywhere'));
});
