import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, type StripeOptions, startStripe, type TestStripe } from '@nostrata/testing';
import { type DeliveryReading, type InvoiceRequest, ProviderError } from '../payments/provider.ts';
import { type CheckedProvider, checkProvider } from './check.ts';
import { createStripe } from './stripe.ts';
import { asked, assertFault, createTestClock, httpFaults, toDelivery } from './test-providers.ts';

interface Shop extends AsyncDisposable {
  readonly server: TestStripe;
  readonly provider: CheckedProvider;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly secrets: readonly string[];
}

async function openShop(options: StripeOptions = {}, { speed = 1 } = {}): Promise<Shop> {
  const server = await startStripe(options);
  const { url, secretKey, webhookSecret } = server;
  const clock = createTestClock(speed);
  const provider = createStripe({ url, secretKey, webhookSecret, currency: 'usd' }, { clock });
  return { server, provider, clock, secrets: [secretKey, webhookSecret], [Symbol.asyncDispose]: () => server.stop() };
}

/** Ten dollars. */
const card = (parts: Partial<InvoiceRequest> = {}): InvoiceRequest =>
  asked({ amount: 1_000, currency: 'usd', ...parts });

test('a session is made over the exact amount in one currency, with our id and addresses to come back to', async () => {
  await using shop = await openShop();
  const request = card();
  const opened = await shop.provider.create(request);
  const [session] = shop.server.sessions;
  assert.deepEqual(
    [opened.ref, opened.bolt11, opened.paymentHash, opened.checkoutUrl],
    [session?.id, null, null, `https://checkout.stripe.com/c/pay/${session?.id}`],
  );
  assert.ok(opened.expiresMs >= request.expiresMs + 30 * 60_000);
  const { form } = session ?? assert.fail();
  assert.equal(form['line_items[0][price_data][unit_amount]'], '1000');
  assert.equal(form['line_items[0][price_data][currency]'], 'usd');
  assert.equal(form['line_items[0][price_data][product_data][name]'], 'Pro, one month');
  assert.deepEqual([form.client_reference_id, form.mode], ['pay_1', 'payment']);
  assert.deepEqual([form.success_url, form.cancel_url], [request.returnUrl, request.returnUrl]);
  assert.equal(form['adaptive_pricing[enabled]'], 'false');
  const [post] = shop.server.requests;
  assert.equal(post?.headers.authorization, `Bearer ${shop.server.secretKey}`);
  assert.equal(post?.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.equal(post?.headers['idempotency-key'], 'nostrata pay_1');
  assert.match(post?.headers['stripe-version'] ?? '', /^\d{4}-\d\d-\d\d/);
});

test('every state of a session is told as what it means', async () => {
  type Step = (server: TestStripe, id: string) => Promise<void>;
  const matrix: readonly (readonly [string, readonly Step[], string, number])[] = [
    ['open', [], 'pending', 0],
    ['paid by card', [(server, id) => server.pay(id)], 'paid', 1_000],
    ['begun', [(server, id) => server.begin(id)], 'processing', 0],
    [
      'begun and gone well',
      [(server, id) => server.begin(id), (server, id) => server.finish(id, 'succeeded')],
      'paid',
      1_000,
    ],
    ['begun and failed', [(server, id) => server.begin(id), (server, id) => server.finish(id, 'failed')], 'failed', 0],
    ['expired', [(server, id) => server.expire(id)], 'expired', 0],
  ];
  await using shop = await openShop();
  for (const [name, steps, state, paidAmount] of matrix) {
    const { ref } = await shop.provider.create(card({ paymentId: name }));
    for (const step of steps) await step(shop.server, ref);
    const loaded = await shop.provider.load(ref);
    assert.deepEqual([loaded.state, loaded.paidAmount, loaded.currency], [state, paidAmount, 'usd'], name);
    assert.equal(loaded.paymentId, name);
  }
  assert.equal((await shop.provider.load('cs_test_never_made')).state, 'unknown');
});

test('what is asked twice, or asked again because the answer was lost, is one session', async () => {
  await using shop = await openShop();
  const first = await shop.provider.create(card());
  assert.deepEqual(await shop.provider.create(card({ expiresMs: first.expiresMs - 31 * 60_000 })), first);
  for (const fault of ['lost', 'cut-body', { status: 409, body: '{}' }] as const) {
    const request = card({ paymentId: `pay ${JSON.stringify(fault)}` });
    const made = shop.server.sessions.length;
    shop.server.fail(fault);
    const creating = shop.provider.create(request);
    await assertFault(creating, 'away', shop.secrets);
    shop.server.fail(undefined);
    await shop.provider.create(request);
    assert.equal(shop.server.sessions.length, made + 1);
  }
});

test('one id for two different payments is refused and not mixed up', async () => {
  await using shop = await openShop();
  await shop.provider.create(card());
  await assertFault(shop.provider.create(card({ amount: 2_000 })), 'refused', shop.secrets);
  assert.equal(shop.server.sessions.length, 1);
});

test('an amount that is too small and a wrong key are refused in words that repeat no key', async () => {
  await using shop = await openShop();
  await assert.rejects(shop.provider.create(card({ amount: 49 })), /amount_too_small/);
  const { url } = shop.server;
  const secretKey = 'sk_live_abcdefghijklmnop';
  const stranger = createStripe({ url, secretKey, currency: 'usd' }, { clock: createTestClock() });
  await assertFault(stranger.create(card()), 'refused', [secretKey, 'sk_live_', 'mnop']);
});

test('whatever goes wrong on the way is an error of one line that says what it means and no secret', async () => {
  await using shop = await openShop({}, { speed: 100 });
  const { ref } = await shop.provider.create(card());
  for (const [fault, means] of httpFaults) {
    shop.server.fail(fault);
    await assertFault(shop.provider.load(ref), means, shop.secrets);
    await assertFault(shop.provider.create(card({ paymentId: 'pay_9' })), means, shop.secrets);
  }
  shop.server.fail(undefined);
  assert.equal((await shop.provider.load(ref)).state, 'pending');
});

test('hostile answers end as errors of the provider and never as a payment', async () => {
  await using shop = await openShop();
  const { ref } = await shop.provider.create(card());
  const names = ['id', 'object', 'mode', 'status', 'payment_status', 'amount_total', 'currency', 'expires_at'] as const;
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('complete', 'paid', 'checkout.session', 'payment', ref, 'usd', 1_000),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), value)), async (body) => {
      shop.server.fail({ status: 200, body: JSON.stringify(body) });
      for (const run of [() => shop.provider.load(ref), () => shop.provider.create(card({ paymentId: 'pay_2' }))]) {
        await assert.rejects(run, (error) => error instanceof ProviderError);
      }
    }),
    { numRuns: 60 },
  );
  const right = {
    id: ref,
    object: 'checkout.session',
    mode: 'payment',
    status: 'complete',
    amount_total: 1_000,
    expires_at: 1,
  };
  for (const part of [
    { id: 'cs_other' },
    { mode: 'subscription' },
    { amount_total: 10.5 },
    { payment_status: 'Paid' },
  ]) {
    shop.server.fail({
      status: 200,
      body: JSON.stringify({ ...right, payment_status: 'paid', currency: 'usd', ...part }),
    });
    await assertFault(shop.provider.load(ref), 'malformed', shop.secrets);
  }
  shop.server.fail({
    status: 200,
    body: JSON.stringify({ ...right, payment_status: 'no_payment_required', currency: 'usd' }),
  });
  assert.deepEqual((await shop.provider.load(ref)).state, 'failed');
});

test('an event is believed where one of the signatures of its raw bytes is right, and keeps its id in repetitions', async () => {
  await using shop = await openShop();
  const { ref } = await shop.provider.create(card());
  await shop.server.begin(ref);
  await shop.server.finish(ref, 'succeeded');
  const read = (delivery: Parameters<typeof toDelivery>[0]): DeliveryReading | undefined =>
    shop.provider.readDelivery?.(toDelivery(delivery));
  // In the wrong order, twice: each is a hint to look, and says nothing of the state by itself.
  for (const delivery of [...shop.server.deliveries].reverse()) {
    assert.deepEqual(read(delivery), { ok: true, deliveryId: delivery.id, ref });
    assert.deepEqual(read(await shop.server.redeliver(delivery.id)), { ok: true, deliveryId: delivery.id, ref });
  }
  const { body } = shop.server.deliveries[0] ?? assert.fail();
  const { sign, webhookSecret } = shop.server;
  const ok = { ok: true, deliveryId: shop.server.deliveries[0]?.id, ref };
  assert.deepEqual(read(sign(body, { secrets: ['whsec_old', webhookSecret] })), ok);
  assert.deepEqual(read(sign(body, { secrets: [webhookSecret, 'whsec_new'] })), ok);
  assert.deepEqual(read(sign(body, { more: `,v0=${'0'.repeat(64)},v2=abc, v3` })), ok);
  const forged = { ok: false, reason: 'forged' };
  assert.deepEqual(read(sign(body, { secrets: ['whsec_old', 'whsec_new'] })), forged);
  assert.deepEqual(read(sign(body, { secrets: [''] })), forged);
  assert.deepEqual(read(sign(body, { secrets: [] })), forged);
  const { headers } = sign(body);
  const header = headers['stripe-signature'] ?? '';
  for (const changed of [
    `${body} `,
    `\n${body}`,
    JSON.stringify(JSON.parse(body)),
    body.replace('succeeded', 'Succeeded'),
    '',
  ]) {
    if (changed !== body) assert.deepEqual(read({ headers, body: changed }), forged);
  }
  const seconds = header.slice(2, 12);
  const wrong = [
    ...[
      '',
      't=',
      header.replace('v1=', 'v0='),
      header.replace(/,.*/, ''),
      header.replace(/^t=\d+,/, ''),
      `t=1,${header}`,
    ],
    ...[
      header.replace(seconds, `0${seconds}`),
      header.replace(seconds, 'NaN'),
      header.slice(0, -1),
      `${header}0`,
      'x'.repeat(5_000),
    ],
  ];
  for (const one of wrong) assert.deepEqual(read({ headers: { 'stripe-signature': one }, body }), forged, one);
  assert.deepEqual(read({ headers: {}, body }), forged);
});

test('an event is stale from five minutes and a second on, whether its time is past or to come', async () => {
  await using shop = await openShop();
  const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'x', data: { object: {} } });
  shop.clock.nowMs = 1_700_000_000_000;
  const at = (offset: number): DeliveryReading | undefined =>
    shop.provider.readDelivery?.(toDelivery(shop.server.sign(body, { timestamp: 1_700_000_000 + offset })));
  for (const offset of [0, 300, -300]) assert.deepEqual(at(offset), { ok: true, deliveryId: 'evt_1', ref: null });
  for (const offset of [301, -301, -1_700_000_000, 10 ** 11])
    assert.deepEqual(at(offset), { ok: false, reason: 'stale' });
});

test('a signed event about something else, or no event, credits nobody', async () => {
  await using shop = await openShop();
  const read = (value: unknown): DeliveryReading | undefined =>
    shop.provider.readDelivery?.(
      toDelivery(shop.server.sign(typeof value === 'string' ? value : JSON.stringify(value))),
    );
  const event = { id: 'evt_1', object: 'event', type: 'charge.succeeded' };
  const nobody = { ok: true, deliveryId: 'evt_1', ref: null };
  for (const object of [
    { id: 'ch_1', object: 'charge' },
    { object: 'checkout.session' },
    { id: 7, object: 'checkout.session' },
    {},
  ]) {
    assert.deepEqual(read({ ...event, data: { object } }), nobody);
  }
  assert.deepEqual(read({ ...event, data: { object: { id: 'x'.repeat(201), object: 'checkout.session' } } }), nobody);
  const malformed = { ok: false, reason: 'malformed' };
  for (const part of [{ id: '' }, { id: 'x'.repeat(201) }, { object: 'v2.core.event' }, { data: null }]) {
    assert.deepEqual(read({ ...event, data: { object: {} }, ...part }), malformed);
  }
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (body) => assert.deepEqual(read(body), malformed)));
});

test('of several secrets that are configured each is good, and none other', async () => {
  await using shop = await openShop();
  const { url, secretKey, sign } = shop.server;
  const settings = { url, secretKey, webhookSecret: 'whsec_old,whsec_new', currency: 'usd' };
  const { readDelivery } = createStripe(settings, { clock: createTestClock() });
  const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'x', data: { object: {} } });
  for (const secret of ['whsec_old', 'whsec_new']) {
    assert.equal(readDelivery?.(toDelivery(sign(body, { secrets: [secret] }))).ok, true, secret);
  }
  for (const secret of ['whsec_old,whsec_new', '', 'whsec_other']) {
    const reading = readDelivery?.(toDelivery(sign(body, { secrets: [secret] })));
    assert.deepEqual(reading, { ok: false, reason: 'forged' });
  }
});

test('without a secret every event is refused', async () => {
  await using shop = await openShop();
  const { url, secretKey } = shop.server;
  const open = createStripe({ url, secretKey, currency: 'usd' }, { clock: createTestClock() });
  for (const delivery of [
    shop.server.sign('{}'),
    shop.server.sign('{}', { secrets: [''] }),
    { headers: {}, body: '{}' },
  ]) {
    assert.deepEqual(open.readDelivery?.(toDelivery(delivery)), { ok: false, reason: 'no-secret' });
  }
});

test('a check says whether the key works, and currencies have the decimals that Stripe counts in', async () => {
  await using shop = await openShop();
  assert.deepEqual(await checkProvider(shop.provider), {
    ...{ name: 'stripe', state: 'works', message: 'stripe: the key works, in test mode: no real money' },
  });
  const { url } = shop.server;
  const clock = createTestClock();
  const wrong = await checkProvider(createStripe({ url, secretKey: 'sk_live_wrong', currency: 'usd' }, { clock }));
  assert.deepEqual(wrong, {
    name: 'stripe',
    state: 'wrong',
    message: 'stripe refused: status 401 (invalid_request_error)',
  });
  const digits = ['usd', 'eur', 'jpy', 'kwd'].map(
    (currency) => createStripe({ url, secretKey: 'sk_', currency }, { clock }).minorDigits,
  );
  assert.deepEqual(digits, [2, 2, 0, 3]);
});
