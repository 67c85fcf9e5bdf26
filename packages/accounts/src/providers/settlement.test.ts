import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  createTestNetwork,
  startBtcpay,
  startLnbits,
  startNwcWallet,
  startStripe,
  type TestDelivery,
} from '@nostrata/testing';
import { createPayments } from '../payments/payments.ts';
import { countMoney, createPaymentTest, noonMs } from '../payments/test-payments.ts';
import { onEachEngine } from '../test-engines.ts';
import type { CheckedProvider } from './check.ts';
import { createProviders } from './providers.ts';
import { parseProviders } from './settings.ts';
import { createTestClock, toDelivery } from './test-providers.ts';

const law = await onEachEngine();
const pathSecret = 'k3W5pDq8sVn1ZyT0uXr7bGm4cJf6hLa2eNo9iQw_ABC';

/** A provider over its real protocol, and what a test does on the other side. */
interface Till {
  readonly provider: CheckedProvider;
  pay(ref: string): Promise<void>;
  /** What the provider posted, repetitions included; none of providers that never post. */
  deliveries(ref: string): Promise<readonly TestDelivery[]>;
}

const now = (): number => noonMs;

async function openTills(stack: AsyncDisposableStack): Promise<Till[]> {
  const btcpay = stack.use(await startBtcpay({ now }));
  const stripe = stack.use(await startStripe({ now }));
  const lnbits = stack.use(await startLnbits({ now }));
  const network = stack.use(await createTestNetwork({ seed: 'till', clock: { now } }));
  const wallet = stack.use(await startNwcWallet({ relays: network.urls, now }));
  const clock = { ...createTestClock(), now };
  const { url, storeId, apiKey, webhookSecret } = btcpay;
  const settings = parseProviders({
    btcpay: { url, storeId, apiKey, webhookSecret },
    stripe: { url: stripe.url, secretKey: stripe.secretKey, webhookSecret: stripe.webhookSecret },
    lnbits: { url: lnbits.url, invoiceKey: lnbits.invoiceKey, webhookSecret: pathSecret },
    nwc: { uri: wallet.uri },
  });
  const providers = createProviders(settings, { clock, random: (count) => randomBytes(count) });
  for (const provider of providers) stack.defer(async () => await provider.stop?.());
  const find = (name: string): CheckedProvider => providers.find((one) => one.name === name) ?? assert.fail(name);
  return [
    {
      provider: find('btcpay'),
      pay: (ref) => btcpay.pay(ref),
      async deliveries() {
        const last = btcpay.deliveries.at(-1) ?? assert.fail();
        return [...btcpay.deliveries, await btcpay.redeliver(last.id)];
      },
    },
    {
      provider: find('stripe'),
      async pay(ref) {
        await stripe.begin(ref);
        await stripe.finish(ref, 'succeeded');
      },
      deliveries: async () => [...stripe.deliveries, ...stripe.deliveries].reverse(),
    },
    {
      provider: find('lnbits'),
      pay: async (ref) => {
        // The server of the test posts nowhere: the address is one of the documentation.
        const payment = lnbits.payments.find(({ paymentHash }) => paymentHash === ref) ?? assert.fail();
        Object.assign(payment, { status: 'success' });
      },
      deliveries: async (ref) => [lnbits.delivery(ref), lnbits.delivery(ref), lnbits.delivery(ref, 'object')],
    },
    { provider: find('nwc'), pay: async (ref) => wallet.pay(ref), deliveries: async () => [] },
  ];
}

law('a payment through each provider, over its own protocol, is credited once however it is told', async (database) => {
  await using stack = new AsyncDisposableStack();
  const tills = await openTills(stack);
  const test = await createPaymentTest(database, { providers: tills.map(({ provider }) => provider) });
  const payments = createPayments(test.parts);
  for (const [index, till] of tills.entries()) {
    const { name } = till.provider;
    const opened = await payments.open({
      ...{ userId: 'usr_1', purchase: { kind: 'plan', plan: 'pro', period: 'month' }, provider: name },
    });
    assert.equal(opened.state, 'pending', name);
    const [row] = await database.query<{ provider_ref: string }>('SELECT provider_ref FROM payment WHERE id = $1', [
      opened.id,
    ]);
    const ref = row?.provider_ref ?? assert.fail();
    await payments.check('usr_1', opened.id);
    assert.equal((await payments.show('usr_1', opened.id)).state, 'pending', name);
    await till.pay(ref);
    for (const delivery of await till.deliveries(ref)) {
      await payments.inbox.accept(name, toDelivery(delivery, name === 'lnbits' ? pathSecret : undefined));
    }
    await Promise.all([payments.inbox.process(), payments.check('usr_1', opened.id), payments.inbox.process()]);
    assert.equal((await payments.show('usr_1', opened.id)).state, 'settled', name);
    const { entitlement, receipt, refund_owed, sum } = await countMoney(database);
    assert.deepEqual(
      { entitlement, receipt, refund_owed, sum },
      { entitlement: index + 1, receipt: index + 1, refund_owed: 0, sum: 0 },
    );
  }
});

law('a forged delivery of each provider is refused and leaves nothing', async (database) => {
  await using stack = new AsyncDisposableStack();
  const tills = await openTills(stack);
  const { payments } = await createPaymentTest(database, { providers: tills.map(({ provider }) => provider) });
  const body = JSON.stringify({ deliveryId: 'd', id: 'evt_1', type: 'InvoiceSettled', payment_hash: '0'.repeat(64) });
  for (const { provider } of tills) {
    await assert.rejects(payments.inbox.accept(provider.name, toDelivery({ headers: {}, body }, 'guess')), {
      status: provider.name === 'nwc' ? 404 : 401,
    });
  }
  assert.deepEqual(await database.query('SELECT * FROM payment_inbox'), []);
});
