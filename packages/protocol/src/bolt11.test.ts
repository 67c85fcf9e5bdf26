import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fc, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { encodeBech32 } from './bech32.ts';
import { isPreimageOf, parseInvoice, parseInvoiceAmount, recoverPayee } from './bolt11.ts';
import { InvalidError } from './errors.ts';

const paths = ['vectors/bolt11-spec-examples.json', 'vectors/bolt11-fixtures.json'] as const;
const skip = skipWithout(...paths);

interface Example {
  readonly title: string;
  readonly valid: boolean;
  readonly invoice: string;
}

const examples = skip ? [] : (JSON.parse(readText(requireSharedData(paths[0]))) as { examples: Example[] }).examples;
const invoiceOf = (title: string): string => examples.find((example) => example.title.startsWith(title))?.invoice ?? '';
const payee = '03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad';
const paymentHash = '0001020304050607080900010203040506070809000102030405060708090102';

test('the valid examples of BOLT 11 are read, and their payee is recovered', { skip }, () => {
  const valid = examples.filter((example) => example.valid);
  assert.equal(valid.length, 16);
  for (const { title, invoice } of valid) {
    const { createdAt } = parseInvoice(invoice);
    assert.ok(createdAt > 1_490_000_000 && createdAt < 1_700_000_000, title);
    if (!title.includes('pico-BTC') && !title.includes('high-S')) assert.equal(recoverPayee(invoice), payee, title);
    else assert.match(recoverPayee(invoice), /^0[23][0-9a-f]{64}$/);
  }
});

test('an example is read field by field', { skip }, () => {
  assert.deepEqual(parseInvoice(invoiceOf('Please send $3 for a cup of coffee')), {
    network: 'bitcoin',
    amountMsat: 250_000_000,
    createdAt: 1_496_314_658,
    expirySeconds: 60,
    paymentHash,
    description: '1 cup coffee',
    descriptionHash: undefined,
    paymentSecret: '1'.repeat(64),
    features: [8, 14],
  });
  const donation = parseInvoice(invoiceOf('Please make a donation'));
  assert.equal(donation.amountMsat, undefined);
  assert.equal(donation.expirySeconds, 3_600);
  assert.equal(parseInvoice(invoiceOf('Please send 0.0025 BTC')).description, 'ナンセンス 1杯');
  assert.equal(parseInvoice(invoiceOf('The same, on testnet')).network, 'testnet');
  assert.equal(parseInvoice(invoiceOf('Please send 0.00967878534 BTC')).amountMsat, 967_878_534);
  const list =
    'One piece of chocolate cake, one icecream cone, one pickle, one slice of swiss cheese, one slice of salami, one lollypop, one piece of cherry pie, one sausage, one cupcake, and one slice of watermelon';
  assert.equal(
    parseInvoice(invoiceOf('Now send $24')).descriptionHash,
    createHash('sha256').update(list).digest('hex'),
  );
  assert.deepEqual(parseInvoice(invoiceOf('Same, but all upper case')).features, [8, 14, 99]);
});

test('the invalid examples are refused, but for two that only a payer must not pay', { skip }, () => {
  const invalid = examples.filter((example) => !example.valid);
  assert.equal(invalid.length, 10);
  for (const { title, invoice } of invalid) {
    if (title.includes('feature 100')) assert.ok(parseInvoice(invoice).features.includes(100));
    else if (title.includes('`s` field')) assert.equal(parseInvoice(invoice).paymentSecret, undefined);
    else if (/signature/i.test(title)) assert.throws(() => recoverPayee(invoice), InvalidError, title);
    else assert.throws(() => parseInvoice(invoice), InvalidError, title);
  }
});

test('amounts are read as the fixtures say', { skip }, () => {
  interface Amounts {
    readonly valid: { input: string; output: string }[];
    readonly invalid: { input: string }[];
  }
  const { hrpToSat, hrpToMillisat } = JSON.parse(readText(requireSharedData(paths[1]))) as Record<string, Amounts>;
  for (const { input, output } of hrpToSat?.valid ?? []) {
    assert.equal(parseInvoiceAmount(input), Number(output) * 1_000, input);
  }
  for (const { input, output } of hrpToMillisat?.valid ?? []) assert.equal(parseInvoiceAmount(input), Number(output));
  for (const input of [
    '10x',
    '1f0',
    '8p',
    '21000001',
    '',
    'm',
    '0',
    '01',
    '-1',
    '1.5',
    '1e3',
    ' 1',
    '１',
    '9'.repeat(40),
  ]) {
    assert.throws(() => parseInvoiceAmount(input), InvalidError, input);
  }
});

test('an amount written in any unit is the same amount', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (units) => {
      assert.equal(parseInvoiceAmount(`${units}m`), parseInvoiceAmount(`${units}000u`));
      assert.equal(parseInvoiceAmount(`${units}u`), units * 100_000);
      assert.equal(parseInvoiceAmount(`${units}n`), parseInvoiceAmount(`${units}000p`));
      assert.equal(parseInvoiceAmount(`${units}0p`), units);
    }),
  );
});

test('a preimage belongs to the invoice whose hash it has', { skip }, () => {
  const invoice = parseInvoice(invoiceOf('Please make a donation'));
  const preimage = '5d006d2cf1e73c7148e7519a4c68adc81642ce0e25a432b2434c99f97344c15f';
  const hash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex');
  assert.equal(isPreimageOf({ ...invoice, paymentHash: hash }, preimage), true);
  assert.equal(isPreimageOf(invoice, preimage), false);
  assert.equal(isPreimageOf(invoice, 'x'), false);
});

test('broken invoices are refused with one kind of error', () => {
  const random = fc.uint8Array({ minLength: 60, maxLength: 200 });
  fc.assert(
    fc.property(random, fc.constantFrom('lnbc', 'lnbc10u', 'lntbs1m', 'lnbcrt5', 'lnxx', 'bc'), (bytes, prefix) => {
      for (const read of [parseInvoice, recoverPayee]) {
        try {
          read(encodeBech32(prefix, bytes));
        } catch (error) {
          assert.ok(error instanceof InvalidError, String(error));
        }
      }
    }),
  );
  assert.throws(() => parseInvoice(`lnbc1${'q'.repeat(20_000)}`), InvalidError);
});
