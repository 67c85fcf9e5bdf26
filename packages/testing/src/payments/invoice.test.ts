import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPreimageOf, parseInvoice, recoverPayee } from '@nostrata/protocol';
import { fc } from '../seed.ts';
import { createInvoice } from './invoice.ts';

test('an invoice for tests is read back whole, is signed, and its preimage is its own', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 ** 12 }),
      fc.string({ maxLength: 60 }),
      fc.integer({ min: 60, max: 86_400 }),
      (amountMsat, seed, expirySeconds) => {
        const { bolt11, paymentHash, preimage } = createInvoice({
          ...{ amountMsat, seed, expirySeconds, createdAt: 1_700_000_000, description: seed },
        });
        const invoice = parseInvoice(bolt11);
        assert.deepEqual(
          [invoice.amountMsat, invoice.paymentHash, invoice.expirySeconds, invoice.createdAt, invoice.network],
          [amountMsat, paymentHash, expirySeconds, 1_700_000_000, 'regtest'],
        );
        assert.deepEqual([invoice.description, invoice.features], [seed, [14, 17]]);
        assert.ok(isPreimageOf(invoice, preimage));
        assert.match(recoverPayee(bolt11), /^0[23][0-9a-f]{64}$/);
      },
    ),
    { numRuns: 40 },
  );
});
