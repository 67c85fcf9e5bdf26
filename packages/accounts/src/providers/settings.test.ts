import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { InvalidError } from '@nostrata/protocol';
import { fc } from '@nostrata/testing';
import { createProviders } from './providers.ts';
import { parseProviders } from './settings.ts';
import { createTestClock } from './test-providers.ts';

const pubkey = 'b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4';
const secret = '71a8c14c1407c113601079c4302dab36460f0ccd0ad506f1f2dc73b5100e4f3c';
const whole = {
  btcpay: { url: 'https://pay.example.com/', storeId: 'store', apiKey: 'btcpay-key', webhookSecret: 'btcpay-hook' },
  lnbits: { url: 'http://127.0.0.1:5000/lnbits//', invoiceKey: 'lnbits-key', webhookSecret: 'w'.repeat(43) },
  stripe: { secretKey: 'rk_live_stripe', webhookSecret: 'whsec_stripe', currency: 'eur' },
  nwc: { uri: `nostr+walletconnect://${pubkey}?relay=wss://relay.example&secret=${secret}` },
};

test('settings are read whole, addresses lose their last slash, and providers come in the order they are offered', () => {
  const settings = parseProviders(whole);
  assert.equal(settings.btcpay?.url, 'https://pay.example.com');
  assert.equal(settings.lnbits?.url, 'http://127.0.0.1:5000/lnbits');
  assert.deepEqual([settings.stripe?.url, settings.stripe?.currency], ['https://api.stripe.com', 'eur']);
  assert.deepEqual(settings.nwc?.relays, ['wss://relay.example']);
  const parts = { clock: createTestClock(), random: (count: number) => randomBytes(count) };
  const providers = createProviders(settings, parts);
  assert.deepEqual(
    providers.map(({ name, kind, currency }) => [name, kind, currency]),
    [
      ['btcpay', 'lightning', 'msat'],
      ['lnbits', 'lightning', 'msat'],
      ['nwc', 'lightning', 'msat'],
      ['stripe', 'card', 'eur'],
    ],
  );
  assert.deepEqual(createProviders(parseProviders({}), parts), []);
  assert.equal(parseProviders({ stripe: { secretKey: 'sk_test_1' } }).stripe?.currency, 'usd');
});

test('a setting that is wrong is named by its path, and its value is not repeated', () => {
  const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['providers.btcpay.url', { btcpay: { ...whole.btcpay, url: 'pay.example.com' } }],
    ['providers.btcpay.url', { btcpay: { ...whole.btcpay, url: 'https://me:hunter2@pay.example.com' } }],
    ['providers.btcpay.url', { btcpay: { ...whole.btcpay, url: 'https://pay.example.com/?key=hunter2' } }],
    ['providers.btcpay.url', { btcpay: { ...whole.btcpay, url: 'file:///etc/passwd' } }],
    ['providers.btcpay.apiKey', { btcpay: { ...whole.btcpay, apiKey: undefined } }],
    ['providers.btcpay.apiKey', { btcpay: { ...whole.btcpay, apiKey: 'hunter2\nx: y' } }],
    ['providers.btcpay.webhookSecret', { btcpay: { ...whole.btcpay, webhookSecret: '' } }],
    ['providers.lnbits.webhookSecret', { lnbits: { ...whole.lnbits, webhookSecret: 'hunter2' } }],
    ['providers.lnbits.webhookSecret', { lnbits: { ...whole.lnbits, webhookSecret: `${'hunter2'.repeat(9)}/..` } }],
    ['providers.stripe.secretKey', { stripe: { secretKey: 'pk_live_hunter2' } }],
    ['providers.stripe.webhookSecret', { stripe: { ...whole.stripe, webhookSecret: 'hunter2' } }],
    ['providers.stripe.currency', { stripe: { ...whole.stripe, currency: 'EUR' } }],
    ['providers.nwc.uri', { nwc: { uri: 'nostr+walletconnect://hunter2' } }],
    ['providers.nwc.uri', { nwc: {} }],
    ['providers.btcpay', { btcpay: { ...whole.btcpay, secret: 'hunter2' } }],
    ['providers', { paypal: { secret: 'hunter2' } }],
  ];
  for (const [path, settings] of wrong) {
    assert.throws(
      () => parseProviders(settings),
      (error) => {
        assert.ok(error instanceof InvalidError);
        assert.ok(error.message.startsWith(`setting ${path}: `), error.message);
        assert.ok(!error.message.includes('hunter2') && !error.message.includes('\n'), error.message);
        return true;
      },
    );
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        parseProviders(value);
      } catch (error) {
        assert.ok(error instanceof InvalidError);
      }
    }),
  );
});
