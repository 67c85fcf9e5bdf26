import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { ProviderError } from '../payments/provider.ts';
import { formatBitcoin, parseBitcoin, parseDecimal, wholeSat } from './amounts.ts';

test('whole satoshi become bitcoin and come back as the same millisatoshi', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_100_000_000_000 }), (sat) => {
      assert.match(formatBitcoin(sat), /^\d+\.\d{8}$/);
      assert.equal(parseBitcoin(formatBitcoin(sat)), sat * 1_000);
    }),
  );
  assert.equal(formatBitcoin(21_000), '0.00021000');
  assert.equal(formatBitcoin(2_100_000_000_000_000), '21000000.00000000');
});

test('decimals are read exactly, whatever their length, and smaller parts are left off', () => {
  assert.equal(parseBitcoin('0.00021'), 21_000_000);
  assert.equal(parseBitcoin('0.1'), 10_000_000_000);
  assert.equal(parseBitcoin('0.000000000019999'), 1);
  assert.equal(parseBitcoin('-0.00000001'), -1_000);
  assert.equal(parseDecimal('5.00', 2), 500);
  assert.equal(parseDecimal('0.29', 2), 29);
  assert.equal(Object.is(parseDecimal('-0.0', 2), 0), true);
});

test('what is no decimal number, or too large to count, is refused', () => {
  for (const text of [
    '',
    '.',
    '1.',
    '.5',
    '1e3',
    '0x10',
    '1,5',
    ' 1',
    'NaN',
    'Infinity',
    '--1',
    '1.2.3',
    '9'.repeat(40),
  ]) {
    assert.throws(() => parseBitcoin(text), ProviderError, text);
  }
  assert.throws(() => parseBitcoin('999999999999999'), ProviderError);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.ok(Number.isSafeInteger(parseBitcoin(text)));
      } catch (error) {
        assert.ok(error instanceof ProviderError);
      }
    }),
  );
});

test('an amount with a part of a satoshi, or none at all, is not asked for', () => {
  assert.equal(wholeSat(21_000), 21);
  for (const amount of [0, -1_000, 1, 999, 1_001, 1.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => wholeSat(amount), ProviderError, String(amount));
  }
});
