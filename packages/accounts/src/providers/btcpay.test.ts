import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInvoice } from '@nostrata/protocol';
import { type BtcpayOptions, fc, startBtcpay, type TestBtcpay } from '@nostrata/testing';
import { ProviderError } from '../payments/provider.ts';
import { createBtcpay } from './btcpay.ts';
import { type CheckedProvider, checkProvider } from './check.ts';
import { asked, assertFault, createTestClock, httpFaults, toDelivery } from './test-providers.ts';

interface Shop extends AsyncDisposable {
  readonly server: TestBtcpay;
  readonly provider: CheckedProvider;
  readonly secrets: readonly string[];
}

async function openShop(
  options: BtcpayOptions = {},
  { speed = 1, webhookSecret = 'btcpay webhook secret' } = {},
): Promise<Shop> {
  const server = await startBtcpay({ ...options, webhookSecret });
  const { url, storeId, apiKey } = server;
  const provider = createBtcpay({ url, storeId, apiKey, webhookSecret }, { clock: createTestClock(speed) });
  return { server, provider, secrets: [apiKey, webhookSecret], [Symbol.asyncDispose]: () => server.stop() };
}

test('an invoice is made over the exact amount, with our id, a Lightning invoice and a page to pay on', async () => {
  await using shop = await openShop();
  const request = asked();
  const opened = await shop.provider.create(request);
  const [made] = shop.server.invoices;
  assert.equal(opened.ref, made?.id);
  assert.equal(opened.bolt11, made?.bolt11);
  assert.equal(opened.paymentHash, parseInvoice(opened.bolt11 ?? '').paymentHash);
  assert.equal(opened.checkoutUrl, `${shop.server.url}/i/${made?.id}`);
  assert.ok(Math.abs(opened.expiresMs - request.expiresMs) <= 60_000);
  const post = shop.server.requests.find(({ method }) => method === 'POST');
  assert.equal(post?.headers.authorization, `token ${shop.server.apiKey}`);
  const body = JSON.parse(post?.body ?? '');
  assert.deepEqual([body.amount, body.currency, body.metadata.orderId], ['0.00021000', 'BTC', 'pay_1']);
  assert.deepEqual([body.checkout.expirationMinutes, body.checkout.redirectURL], [15, request.returnUrl]);
  assert.equal(body.checkout.paymentTolerance, 0);
});

test('the names that methods of payment had before are understood, and a store without Lightning has its page', async () => {
  await using old = await openShop({ paymentMethods: ['BTC-CHAIN', 'BTC-LNURL', 'BTC-LightningNetwork'] });
  assert.ok((await old.provider.create(asked())).bolt11);
  await using chain = await openShop({ paymentMethods: ['BTC-CHAIN'] });
  const opened = await chain.provider.create(asked());
  assert.deepEqual([opened.bolt11, opened.paymentHash], [null, null]);
  assert.ok(opened.checkoutUrl);
});

test('every state of an invoice and everything said besides is told as what it means', async () => {
  type Step = (server: TestBtcpay, id: string) => Promise<void>;
  const onChain: Step = (server, id) => server.pay(id, { isConfirmed: false });
  const matrix: readonly (readonly [string, readonly Step[], string, number, boolean?])[] = [
    ['New', [], 'pending', 0],
    ['New PaidPartial', [(server, id) => server.pay(id, { sat: 20_999 })], 'pending', 20_999_000],
    ['New PaidPartial', [(server, id) => server.pay(id, { sat: 20_999, isConfirmed: false })], 'pending', 0],
    ['Processing None', [onChain], 'processing', 0],
    ['Processing PaidOver', [(server, id) => server.pay(id, { sat: 30_000, isConfirmed: false })], 'processing', 0],
    ['Settled None', [(server, id) => server.pay(id)], 'paid', 21_000_000],
    ['Settled None', [onChain, (server, id) => server.confirm(id)], 'paid', 21_000_000],
    [
      'Settled None',
      [(server, id) => server.pay(id, { sat: 1 }), (server, id) => server.pay(id, { sat: 20_999 })],
      'paid',
      21_000_000,
    ],
    ['Settled PaidOver', [(server, id) => server.pay(id, { sat: 42_000 })], 'paid', 42_000_000],
    ['Expired None', [(server, id) => server.expire(id)], 'expired', 0],
    [
      'Expired PaidPartial',
      [(server, id) => server.pay(id, { sat: 5 }), (server, id) => server.expire(id)],
      'expired',
      5_000,
    ],
    ['Expired PaidLate', [(server, id) => server.expire(id), (server, id) => server.pay(id)], 'paid', 21_000_000],
    ['Expired PaidLate', [(server, id) => server.expire(id), onChain], 'processing', 0],
    [
      'Expired PaidLate',
      [(server, id) => server.expire(id), onChain, (server, id) => server.confirm(id)],
      'paid',
      21_000_000,
    ],
    ['Invalid None', [onChain, (server, id) => server.giveUp(id)], 'failed', 0],
    ['Invalid Marked', [(server, id) => server.mark(id, 'Invalid')], 'failed', 0],
    ['Settled Marked', [(server, id) => server.mark(id, 'Settled')], 'paid', 21_000_000, true],
    [
      'Settled Marked',
      [(server, id) => server.pay(id, { sat: 9 }), (server, id) => server.mark(id, 'Settled')],
      'paid',
      21_000_000,
      true,
    ],
  ];
  await using shop = await openShop();
  for (const [index, [name, steps, state, paidAmount, isMarked]] of matrix.entries()) {
    const { ref } = await shop.provider.create(asked({ paymentId: `pay_${index}` }));
    for (const step of steps) await step(shop.server, ref);
    const loaded = await shop.provider.load(ref);
    assert.deepEqual(
      [loaded.state, loaded.paidAmount, loaded.isMarked],
      [state, paidAmount, isMarked],
      `${name}, case ${index}`,
    );
    assert.deepEqual([loaded.paymentId, loaded.currency], [`pay_${index}`, 'msat']);
    const { status, additionalStatus } = shop.server.invoices[index] ?? {};
    assert.ok(`${status} ${additionalStatus}`.startsWith(name), `${status} ${additionalStatus}`);
  }
  assert.equal((await shop.provider.load('never-made')).state, 'unknown');
});

test('the same payment never gets a second invoice, also where the answer to the first was lost', async () => {
  await using shop = await openShop();
  const first = await shop.provider.create(asked());
  assert.deepEqual(await shop.provider.create(asked()), first);
  for (const fault of ['lost', 'cut-body'] as const) {
    const request = asked({ paymentId: `pay_${fault}` });
    shop.server.fail(fault, /^POST/);
    const opened = await shop.provider.create(request);
    assert.equal(shop.server.invoices.filter(({ metadata }) => metadata.orderId === request.paymentId).length, 1);
    assert.ok(opened.bolt11);
  }
  // The answer about the methods of payment was lost, and nobody was left to try again but the caller.
  shop.server.fail('cut', /payment-methods/);
  await assertFault(shop.provider.create(asked({ paymentId: 'pay_3' })), 'away', shop.secrets);
  shop.server.fail(undefined);
  await shop.provider.create(asked({ paymentId: 'pay_3' }));
  assert.equal(shop.server.invoices.length, 4);
});

test('whatever goes wrong on the way is an error of one line that says what it means and no secret', async () => {
  await using shop = await openShop({}, { speed: 100 });
  const { ref } = await shop.provider.create(asked());
  for (const [fault, means] of httpFaults) {
    shop.server.fail(fault);
    await assertFault(shop.provider.load(ref), means, shop.secrets);
    const made = shop.server.invoices.length;
    await assertFault(shop.provider.create(asked({ paymentId: 'pay_9' })), means, shop.secrets);
    assert.equal(shop.server.invoices.length, made);
  }
  shop.server.fail(undefined);
  assert.equal((await shop.provider.load(ref)).state, 'pending');
  await shop.server.stop();
  await assertFault(shop.provider.load(ref), 'away', shop.secrets);
});

test('an answer about another invoice, another store, another amount or currency is not believed', async () => {
  await using shop = await openShop();
  const { ref } = await shop.provider.create(asked());
  await shop.server.pay(ref);
  const { storeId, url } = shop.server;
  const right = {
    id: ref,
    storeId,
    amount: '0.00021',
    paidAmount: '0.00021',
    currency: 'BTC',
    expirationTime: 1,
    status: 'Settled',
  };
  const wrong = [
    { id: 'other' },
    { storeId: 'other' },
    { currency: 'USD' },
    { amount: 'much' },
    { paidAmount: 'NaN' },
    { status: 'Paid' },
  ];
  for (const part of wrong) {
    shop.server.fail({ status: 200, body: JSON.stringify({ ...right, ...part }) }, /^GET/);
    await assertFault(shop.provider.load(ref), 'malformed', shop.secrets);
  }
  shop.server.fail(
    { status: 200, body: JSON.stringify({ ...right, metadata: { orderId: 7 }, additionalStatus: 'New one' }) },
    /^GET/,
  );
  assert.deepEqual(await shop.provider.load(ref), {
    ...{ state: 'paid', paidAmount: 21_000_000, currency: 'msat', paymentId: null, paymentHash: null, preimage: null },
  });
  shop.server.fail(
    { status: 200, body: JSON.stringify({ ...right, amount: '0.00000001', checkoutLink: `${url}/i/1` }) },
    /^POST/,
  );
  await assertFault(shop.provider.create(asked({ paymentId: 'pay_2' })), 'malformed', shop.secrets);
});

test('hostile answers end as errors of the provider and never as a payment', async () => {
  await using shop = await openShop();
  const { ref } = await shop.provider.create(asked());
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom('Settled', ref, shop.server.storeId, 'BTC', '0.00021', null));
  const names = [
    'id',
    'storeId',
    'amount',
    'paidAmount',
    'currency',
    'status',
    'additionalStatus',
    'metadata',
  ] as const;
  const body = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), value));
  await fc.assert(
    fc.asyncProperty(body, async (drawn) => {
      shop.server.fail({ status: 200, body: JSON.stringify(drawn) });
      for (const run of [() => shop.provider.load(ref), () => shop.provider.create(asked({ paymentId: 'pay_2' }))]) {
        await assert.rejects(run, (error) => error instanceof ProviderError);
      }
    }),
    { numRuns: 60 },
  );
});

test('a delivery is believed where the signature of its raw bytes is right, and only then', async () => {
  await using shop = await openShop();
  const read = shop.provider.readDelivery?.bind(shop.provider);
  assert.ok(read);
  const { ref } = await shop.provider.create(asked());
  await shop.server.pay(ref);
  assert.deepEqual(
    shop.server.deliveries.map(({ type }) => type),
    ['InvoiceCreated', 'InvoiceReceivedPayment', 'InvoiceProcessing', 'InvoiceSettled'],
  );
  for (const delivery of shop.server.deliveries) {
    assert.deepEqual(read(toDelivery(delivery)), { ok: true, deliveryId: delivery.id, ref });
    const again = await shop.server.redeliver(delivery.id);
    assert.notEqual(again.id, delivery.id);
    assert.deepEqual(read(toDelivery(again)), { ok: true, deliveryId: delivery.id, ref });
    if (shop.server.deliveries.length >= 8) break;
  }
  const { body, headers } = shop.server.deliveries[3] ?? assert.fail();
  const signature = headers['btcpay-sig'] ?? '';
  const forged = { ok: false, reason: 'forged' };
  for (const changed of [
    ` ${body}`,
    `${body}\n`,
    JSON.stringify(JSON.parse(body), null, 1),
    body.replace(ref, `${ref}x`),
    '',
  ]) {
    assert.deepEqual(read(toDelivery({ headers, body: changed })), forged, changed);
  }
  const wrong = [
    '',
    'sha256=',
    signature.slice(7),
    signature.slice(0, -1),
    `${signature}0`,
    `sha1=${signature.slice(7)}`,
    `${signature},${signature}`,
  ];
  for (const one of wrong) assert.deepEqual(read(toDelivery({ headers: { 'btcpay-sig': one }, body })), forged, one);
  assert.deepEqual(read(toDelivery({ headers: {}, body })), forged);
  assert.deepEqual(read(toDelivery(shop.server.sign(body, 'another secret'))), forged);
  assert.deepEqual(read(toDelivery(shop.server.sign(body, ''))), forged);
});

test('a signed delivery that is none of ours, or no event, credits nobody', async () => {
  await using shop = await openShop();
  const read = shop.provider.readDelivery?.bind(shop.provider);
  assert.ok(read);
  const { storeId } = shop.server;
  const event = { deliveryId: 'd1', type: 'InvoiceSettled', storeId, invoiceId: 'i1' };
  const refOf = (parts: object): unknown => read(toDelivery(shop.server.sign(JSON.stringify({ ...event, ...parts }))));
  assert.deepEqual(refOf({}), { ok: true, deliveryId: 'd1', ref: 'i1' });
  for (const parts of [
    { storeId: 'other' },
    { type: 'PayoutCreated' },
    { invoiceId: undefined },
    { storeId: undefined },
  ]) {
    assert.deepEqual(refOf(parts), { ok: true, deliveryId: 'd1', ref: null });
  }
  const malformed = { ok: false, reason: 'malformed' };
  for (const parts of [
    { deliveryId: '' },
    { deliveryId: 1 },
    { deliveryId: 'x'.repeat(201) },
    { invoiceId: 'x'.repeat(201) },
  ]) {
    assert.deepEqual(refOf(parts), malformed);
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
      assert.deepEqual(read(toDelivery(shop.server.sign(body))), malformed);
    }),
  );
});

test('without a secret every delivery is refused, signed with nothing or not', async () => {
  await using shop = await openShop();
  const { url, storeId, apiKey } = shop.server;
  const open = createBtcpay({ url, storeId, apiKey }, { clock: createTestClock() });
  const body = '{"deliveryId":"d1","type":"InvoiceSettled"}';
  for (const delivery of [
    shop.server.sign(body),
    shop.server.sign(body, ''),
    shop.server.sign(body, 'undefined'),
    { headers: {}, body },
  ]) {
    assert.deepEqual(open.readDelivery?.(toDelivery(delivery)), { ok: false, reason: 'no-secret' });
  }
});

test('a check says whether the key works, and what it lacks', async () => {
  await using shop = await openShop();
  assert.deepEqual(await checkProvider(shop.provider), {
    ...{ name: 'btcpay', state: 'works', message: 'btcpay: the key makes and sees invoices of the store' },
  });
  const { url, storeId, apiKey } = shop.server;
  const clock = createTestClock();
  const strange = await checkProvider(createBtcpay({ url, storeId, apiKey: 'wrong-key' }, { clock }));
  assert.deepEqual([strange.state, strange.message], ['wrong', 'btcpay refused: status 401 (unauthenticated)']);
  const other = await checkProvider(createBtcpay({ url, storeId: 'other', apiKey }, { clock }));
  assert.equal(other.state, 'wrong');
  await using viewer = await openShop({ permissions: ['btcpay.store.canviewinvoices'] });
  const { state, message } = await checkProvider(viewer.provider);
  assert.deepEqual(
    [state, message],
    ['wrong', 'btcpay: the key may not make invoices (btcpay.store.cancreateinvoice)'],
  );
  await shop.server.stop();
  assert.equal((await checkProvider(shop.provider)).state, 'away');
});
