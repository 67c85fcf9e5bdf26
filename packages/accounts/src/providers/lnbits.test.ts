import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInvoice, fc, type LnbitsOptions, startLnbits, type TestLnbits, waitUntil } from '@nostrata/testing';
import { type Delivery, ProviderError } from '../payments/provider.ts';
import { type CheckedProvider, checkProvider } from './check.ts';
import { createLnbits } from './lnbits.ts';
import { asked, assertFault, createTestClock, httpFaults, toDelivery } from './test-providers.ts';

const webhookSecret = 'k3W5pDq8sVn1ZyT0uXr7bGm4cJf6hLa2eNo9iQw_ABC';

interface Shop extends AsyncDisposable {
  readonly server: TestLnbits;
  readonly provider: CheckedProvider;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly secrets: readonly string[];
}

async function openShop(options: LnbitsOptions = {}, { speed = 1 } = {}): Promise<Shop> {
  const server = await startLnbits(options);
  const { url, invoiceKey } = server;
  const clock = createTestClock(speed);
  const provider = createLnbits({ url, invoiceKey, webhookSecret }, { clock });
  return { server, provider, clock, secrets: [invoiceKey, webhookSecret], [Symbol.asyncDispose]: () => server.stop() };
}

test('an invoice is made over the exact amount, with our id and a path of the webhook that nobody guesses', async () => {
  await using shop = await openShop();
  const request = asked();
  const opened = await shop.provider.create(request);
  const [made] = shop.server.payments;
  assert.deepEqual([opened.ref, opened.paymentHash], [made?.paymentHash, made?.paymentHash]);
  assert.deepEqual([opened.bolt11, opened.checkoutUrl], [made?.bolt11, null]);
  assert.ok(Math.abs(opened.expiresMs - request.expiresMs) < 5_000);
  const [post] = shop.server.requests;
  assert.equal(post?.headers['x-api-key'], shop.server.invoiceKey);
  const { expiry, ...body } = JSON.parse(post?.body ?? '');
  assert.ok(expiry > 890 && expiry <= 900);
  assert.deepEqual(body, {
    ...{ out: false, amount: 21_000, unit: 'sat', memo: 'Pro, one month', extra: { nostrata_payment: 'pay_1' } },
    webhook: `${request.webhookUrl}/${webhookSecret}`,
  });
  const { url, invoiceKey } = shop.server;
  await createLnbits({ url, invoiceKey }, { clock: createTestClock() }).create(asked());
  assert.equal(shop.server.payments[1]?.webhook, null);
});

test('every state of a payment is told as what it means', async () => {
  await using shop = await openShop();
  const { ref } = await shop.provider.create(asked());
  const nothing = { currency: 'msat', paymentId: 'pay_1', paymentHash: ref, preimage: null, paidAmount: 0 };
  assert.deepEqual(await shop.provider.load(ref), { ...nothing, state: 'pending' });
  shop.clock.nowMs = Date.now() + 1_000_000;
  assert.deepEqual(await shop.provider.load(ref), { ...nothing, state: 'expired' });
  await shop.server.pay(ref);
  const { preimage } = shop.server.payments[0] ?? assert.fail();
  assert.deepEqual(await shop.provider.load(ref), { ...nothing, state: 'paid', paidAmount: 21_000_000, preimage });
  shop.clock.nowMs = undefined;
  const second = await shop.provider.create(asked({ paymentId: 'pay_2' }));
  await shop.server.giveUp(second.ref);
  assert.equal((await shop.provider.load(second.ref)).state, 'failed');
  assert.equal((await shop.provider.load('0'.repeat(64))).state, 'unknown');
});

test('a preimage that is missing proves nothing and hinders nothing; one that does not fit is not believed', async () => {
  for (const preimages of ['none', 'zeros'] as const) {
    await using shop = await openShop({ preimages });
    const { ref } = await shop.provider.create(asked());
    await shop.server.pay(ref);
    const { state, preimage } = await shop.provider.load(ref);
    assert.deepEqual([state, preimage], ['paid', null], preimages);
  }
  await using shop = await openShop({ preimages: 'wrong' });
  const { ref } = await shop.provider.create(asked());
  await shop.server.pay(ref);
  await assertFault(shop.provider.load(ref), 'malformed', shop.secrets);
});

test('an invoice whose answer was lost is found again and not made twice', async () => {
  await using shop = await openShop();
  for (const fault of ['lost', 'cut-body'] as const) {
    shop.server.fail(fault, /^POST/);
    const made = shop.server.payments.length;
    const opened = await shop.provider.create(asked({ paymentId: fault }));
    assert.equal(shop.server.payments.length, made + 1);
    assert.equal(opened.ref, shop.server.payments[made]?.paymentHash);
  }
  shop.server.fail('cut', /^POST/);
  await assertFault(shop.provider.create(asked({ paymentId: 'pay_3' })), 'away', shop.secrets);
  assert.equal(shop.server.payments.length, 2);
});

test('whatever goes wrong on the way is an error of one line that says what it means and no secret', async () => {
  await using shop = await openShop({}, { speed: 100 });
  const { ref } = await shop.provider.create(asked());
  for (const [fault, means] of httpFaults) {
    shop.server.fail(fault);
    await assertFault(shop.provider.load(ref), means, shop.secrets);
    await assertFault(shop.provider.create(asked({ paymentId: 'pay_9' })), means, shop.secrets);
  }
  shop.server.fail(undefined);
  assert.equal((await shop.provider.load(ref)).state, 'pending');
  await assertFault(shop.provider.create(asked({ amount: 10 ** 13 })), 'refused', shop.secrets);
  const { url } = shop.server;
  const stranger = createLnbits({ url, invoiceKey: 'another-key' }, { clock: createTestClock() });
  await assertFault(stranger.create(asked()), 'refused', ['another-key']);
  // The server answers of any payment whose hash is known, to whoever asks; that is not the word of the wallet.
  await shop.server.pay(ref);
  await assertFault(stranger.load(ref), 'refused', ['another-key']);
  shop.server.fail({
    status: 520,
    body: JSON.stringify({ detail: `no ${shop.server.invoiceKey} here\n<b>`, status: 'pending' }),
  });
  await assertFault(shop.provider.load(ref), 'away', shop.secrets);
});

test('an invoice over another amount, of another payment, or none is not shown to anybody', async () => {
  await using shop = await openShop();
  const right = createInvoice({ amountMsat: 21_000_000, seed: 'a', createdAt: 1_700_000_000 });
  const other = createInvoice({ amountMsat: 21_000, seed: 'a', createdAt: 1_700_000_000 });
  const whole = { payment_hash: right.paymentHash, bolt11: right.bolt11, amount: 21_000_000, extra: {} };
  for (const part of [
    { bolt11: other.bolt11 },
    { payment_hash: 'a'.repeat(64) },
    { bolt11: 'lnbc1junk' },
    { amount: 21_000 },
  ]) {
    shop.server.fail({ status: 201, body: JSON.stringify({ ...whole, ...part }) }, /^POST/);
    await assertFault(shop.provider.create(asked()), 'malformed', shop.secrets);
  }
  shop.server.fail({ status: 201, body: JSON.stringify(whole) }, /^POST/);
  assert.equal((await shop.provider.create(asked())).bolt11, right.bolt11);
  const paid = { paid: true, preimage: right.preimage, details: whole };
  const wrong = [
    { details: { ...whole, amount: -21_000_000 } },
    { paid: 'true' },
    { preimage: 'f'.repeat(64) },
    { preimage: 'x' },
  ];
  for (const part of wrong) {
    shop.server.fail({ status: 200, body: JSON.stringify({ ...paid, ...part }) });
    await assertFault(shop.provider.load(right.paymentHash), 'malformed', shop.secrets);
  }
  shop.server.fail({ status: 200, body: JSON.stringify(paid) });
  assert.equal((await shop.provider.load(right.paymentHash)).state, 'paid');
  await assertFault(
    shop.provider.load(createInvoice({ amountMsat: 1, seed: 'b', createdAt: 1 }).paymentHash),
    'malformed',
    [],
  );
});

test('hostile answers end as errors of the provider and never as a payment', async () => {
  await using shop = await openShop();
  const { ref } = await shop.provider.create(asked());
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(true, 'success', ref, 21_000_000, { payment_hash: ref, amount: 1 }),
  );
  const names = ['paid', 'status', 'preimage', 'details', 'payment_hash', 'amount', 'bolt11', 'extra'] as const;
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), value)), async (body) => {
      shop.server.fail({ status: 200, body: JSON.stringify(body) });
      for (const run of [() => shop.provider.load(ref), () => shop.provider.create(asked({ paymentId: 'pay_2' }))]) {
        await assert.rejects(run, (error) => error instanceof ProviderError);
      }
    }),
    { numRuns: 60 },
  );
});

test('a delivery is a hint to whoever has the secret of the path, whether the body is JSON or a string of JSON', async () => {
  await using shop = await openShop();
  const { ref } = await shop.provider.create(asked());
  await shop.server.pay(ref);
  const read = (delivery: Delivery) => shop.provider.readDelivery?.(delivery);
  for (const shape of ['string', 'object'] as const) {
    const reading = read(toDelivery(shop.server.delivery(ref, shape), webhookSecret));
    assert.ok(reading?.ok);
    assert.deepEqual([reading.ref, reading.deliveryId.length], [ref, 64]);
    assert.deepEqual(read(toDelivery(shop.server.delivery(ref, shape), webhookSecret)), reading);
  }
  const delivery = shop.server.delivery(ref);
  const wrong = [
    undefined,
    '',
    webhookSecret.slice(1),
    `${webhookSecret}x`,
    webhookSecret.toLowerCase(),
    'x'.repeat(10_000),
  ];
  for (const one of wrong) assert.deepEqual(read(toDelivery(delivery, one)), { ok: false, reason: 'forged' });
  const { url, invoiceKey } = shop.server;
  const open = createLnbits({ url, invoiceKey }, { clock: createTestClock() });
  for (const one of [undefined, '', 'undefined', webhookSecret]) {
    assert.deepEqual(open.readDelivery?.(toDelivery(delivery, one)), { ok: false, reason: 'no-secret' });
  }
  const hostile = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((text) => JSON.stringify(text)),
  );
  fc.assert(
    fc.property(hostile, (body) => {
      assert.deepEqual(read(toDelivery({ headers: {}, body }, webhookSecret)), { ok: false, reason: 'malformed' });
    }),
  );
});

test('the socket of the wallet gives hints, is opened again after each loss, and survives whatever is sent', async () => {
  await using shop = await openShop({}, { speed: 100 });
  const hints: string[] = [];
  const watching = shop.provider.watch?.((ref) => hints.push(ref)) ?? assert.fail();
  const connected = (): Promise<unknown> => waitUntil(() => shop.server.sockets === 1, { what: 'a socket' });
  await connected();
  const { ref } = await shop.provider.create(asked());
  for (const text of ['', 'x', '[]', '{"payment":null}', '{"payment":{"payment_hash":"short"}}', '"\\u0000"'])
    shop.server.push(text);
  await shop.server.pay(ref);
  await waitUntil(() => hints.length === 1, { what: 'a hint' });
  for (let round = 0; round < 3; round++) {
    shop.server.cutSockets();
    await waitUntil(() => shop.server.sockets === 0);
    await connected();
  }
  // A frame beyond all bounds ends the connection, not the program.
  shop.server.push('x'.repeat(100_000));
  await waitUntil(() => shop.server.sockets === 0);
  await connected();
  const second = await shop.provider.create(asked({ paymentId: 'pay_2' }));
  await shop.server.pay(second.ref);
  await waitUntil(() => hints.length === 2, { what: 'the second hint' });
  assert.deepEqual(hints, [ref, second.ref]);
  await watching.stop();
  await watching.stop();
  await waitUntil(() => shop.server.sockets === 0);
});

test('a watch over a server that is away goes on trying and can be stopped', async () => {
  const shop = await openShop({}, { speed: 1_000 });
  await shop.server.stop();
  const watching = shop.provider.watch?.(() => assert.fail()) ?? assert.fail();
  await watching.stop();
});

test('a check says whether the key works, and warns of one that can spend', async () => {
  await using shop = await openShop();
  const { url, adminKey } = shop.server;
  const clock = createTestClock();
  assert.deepEqual(await checkProvider(shop.provider), {
    ...{ name: 'lnbits', state: 'works', message: 'lnbits: the key makes invoices of the wallet' },
  });
  assert.match(
    (await checkProvider(createLnbits({ url, invoiceKey: adminKey }, { clock }))).message,
    /admin key, which can spend/,
  );
  const wrong = await checkProvider(createLnbits({ url, invoiceKey: 'wrong' }, { clock }));
  assert.deepEqual(wrong, {
    name: 'lnbits',
    state: 'wrong',
    message: 'lnbits refused: status 404 (Wallet not found.)',
  });
});
