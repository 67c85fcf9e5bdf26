import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import type { Caller } from '@nostrata/http';
import { startBtcpay, startLnbits, startStripe, type TestDelivery, waitUntil } from '@nostrata/testing';
import { createBtcpay } from '../providers/btcpay.ts';
import { createLnbits } from '../providers/lnbits.ts';
import { createStripe } from '../providers/stripe.ts';
import { createTestClock } from '../providers/test-providers.ts';
import { onEachEngine } from '../test-engines.ts';
import { createTestHttp } from '../test-http.ts';
import { checkAccounts } from './check-accounts.ts';
import type { PaymentProvider } from './provider.ts';
import { createPaymentRoutes } from './routes.ts';
import { buyerPubkey, countMoney, createPaymentTest } from './test-payments.ts';

const law = await onEachEngine();
const rate = { name: 'free', requestsMax: 0, windowMs: 1000 };
const buyer: Caller = {
  ...{ userId: 'usr_1', pubkey: buyerPubkey, role: 'user', by: 'session', credential: 'ses_1' },
  ...{ scopes: undefined, rate },
};

async function serve(database: Database, provider: PaymentProvider) {
  const world = await createPaymentTest(database, { providers: [provider] });
  world.clock.set(createTestClock().now());
  const http = createTestHttp(createPaymentRoutes({ ...world.parts, payments: world.payments }));
  const purchase = { kind: 'plan', plan: 'pro', period: 'month' };
  const opened = await http({ target: '/api/v1/payments', body: { purchase }, caller: buyer });
  assert.equal(opened.status, 201, opened.text);
  const { id } = opened.json<{ id: string }>();
  const [row] = await database.query<{ provider_ref: string }>('SELECT provider_ref FROM payment');
  const deliver = async ({ headers, body }: TestDelivery, secret = '') =>
    (await http({ target: `/api/v1/webhooks/${provider.name}${secret}`, method: 'POST', headers, body })).status;
  const state = async () => (await world.payments.show('usr_1', id)).state;
  /** The same delivery many times, the page of the buyer and the job, all at once. */
  const rush = async (deliveries: readonly TestDelivery[], secret = ''): Promise<void> => {
    assert.equal(await state(), 'pending', 'nothing is credited before anybody asks');
    world.clock.advance(60_000);
    const statuses = await Promise.all([
      ...[...deliveries, ...deliveries, ...deliveries].map((delivery) => deliver(delivery, secret)),
      ...[1, 2, 3].map(
        async () => (await http({ target: `/api/v1/payments/${id}/check`, body: {}, caller: buyer })).status,
      ),
      world.payments.reconcile().then(() => 200),
    ]);
    assert.deepEqual(new Set(statuses), new Set([200]));
    await waitUntil(async () => (await state()) === 'settled');
    const { entitlement, receipt, sum } = await countMoney(database);
    assert.deepEqual([entitlement, receipt, sum], [1, 1, 0]);
    assert.deepEqual((await checkAccounts(database)).findings, []);
  };
  return { ...world, http, id, ref: row?.provider_ref ?? '', deliver, state, rush };
}

law('a payment through BTCPay is credited once, and what was paid too much is owed back', async (database) => {
  await using server = await startBtcpay({ webhookSecret: 'secret of the webhook' });
  const { url, storeId, apiKey, webhookSecret } = server;
  const clock = createTestClock();
  const shop = await serve(database, createBtcpay({ url, storeId, apiKey, webhookSecret }, { clock }));
  await server.pay(shop.ref, { sat: 21_500 });
  const forged = server.deliveries.at(-1) ?? assert.fail();
  assert.equal(await shop.deliver({ ...forged, body: forged.body.replace('Invoice', 'invoice') }), 401);
  assert.equal(await shop.deliver({ ...forged, headers: {} }), 401);
  await shop.rush(server.deliveries);
  assert.deepEqual((await shop.payments.show('usr_1', shop.id)).refund, {
    ...{ amount: 500_000, reason: 'over-paid', state: 'open' },
  });
});

law('too little through BTCPay is owed back when its invoice has expired', async (database) => {
  await using server = await startBtcpay({ webhookSecret: 'secret of the webhook' });
  const { url, storeId, apiKey, webhookSecret } = server;
  const clock = createTestClock();
  const shop = await serve(database, createBtcpay({ url, storeId, apiKey, webhookSecret }, { clock }));
  await server.pay(shop.ref, { sat: 20_000 });
  assert.equal((await shop.payments.check('usr_1', shop.id)).state, 'pending');
  await server.expire(shop.ref);
  const { state, refund } = await shop.payments.check('usr_1', shop.id);
  assert.deepEqual([state, refund?.amount, refund?.reason], ['expired', 20_000_000, 'under-paid']);
  assert.deepEqual((await checkAccounts(database)).findings, []);
});

law('a payment through LNbits is credited once, by whichever shape of its webhook comes', async (database) => {
  await using server = await startLnbits();
  const { url, invoiceKey } = server;
  const webhookSecret = 'k3W5pDq8sVn1ZyT0uXr7bGm4cJf6hLa2eNo9iQw_ABC';
  const clock = createTestClock();
  const shop = await serve(database, createLnbits({ url, invoiceKey, webhookSecret }, { clock }));
  assert.equal(await shop.deliver(server.delivery(shop.ref), `/${webhookSecret.replace('k3', 'k4')}`), 401);
  await server.pay(shop.ref);
  await shop.rush([server.delivery(shop.ref)], `/${webhookSecret}`);
});

law('a payment by card through Stripe is credited once, however its events come', async (database) => {
  await using server = await startStripe();
  const { url, secretKey, webhookSecret } = server;
  const clock = createTestClock();
  const shop = await serve(database, createStripe({ url, secretKey, webhookSecret, currency: 'usd' }, { clock }));
  await server.pay(shop.ref);
  const [event] = server.deliveries;
  assert.equal(await shop.deliver({ headers: event?.headers ?? {}, body: `${event?.body} ` }), 401);
  await shop.rush([...server.deliveries].reverse());
});
