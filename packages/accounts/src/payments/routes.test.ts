import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '@nostrata/database';
import type { Caller } from '@nostrata/http';
import { waitUntil } from '@nostrata/testing';
import { createBillingRoutes } from '../billing/routes.ts';
import { onEachEngine } from '../test-engines.ts';
import { createTestHttp } from '../test-http.ts';
import { formatAmount, receiptPagePolicy, renderReceipt } from './receipt-page.ts';
import { hashDocument, type Receipt } from './receipts.ts';
import { createPaymentRoutes } from './routes.ts';
import { addUser, buyerPubkey, createPaymentTest } from './test-payments.ts';

const law = await onEachEngine();
const proMonth = { kind: 'plan', plan: 'pro', period: 'month' };

function callerWith(userId: string, parts: Partial<Caller> = {}): Caller {
  const rate = { name: 'free', requestsMax: 0, windowMs: 1000 };
  return {
    userId,
    pubkey: buyerPubkey,
    role: 'user',
    by: 'session',
    credential: 'ses_1',
    scopes: undefined,
    rate,
    ...parts,
  };
}

const buyer = callerWith('usr_1');
const stranger = callerWith('usr_2');

async function serve(database: Database) {
  const world = await createPaymentTest(database, { taxPercent: 19 });
  await addUser(database, 'usr_2', 'cd'.repeat(32));
  const { payments, subscriptions, parts, provider } = world;
  const http = createTestHttp([
    ...createPaymentRoutes({ ...parts, payments }),
    ...createBillingRoutes({
      plans: world.plans,
      subscriptions,
      providers: parts.providers,
      discountOf: async () => 5,
    }),
  ]);
  const buy = async (): Promise<{ id: string; receipt: string }> => {
    const opened = await http({ target: '/api/v1/payments', body: { purchase: proMonth }, caller: buyer });
    const { id } = opened.json<{ id: string }>();
    provider.set(provider.refs.at(-1) ?? '', { state: 'paid', paidAmount: 21_000_000 });
    const settled = await http({ target: `/api/v1/payments/${id}/check`, body: {}, caller: buyer });
    return { id, receipt: settled.json<{ receipt: string }>().receipt };
  };
  return { ...world, http, buy };
}

law('from the plans to the receipt: what a buyer does through the API', async (database) => {
  const { http, provider, payments } = await serve(database);
  const plans = await http({ target: '/api/v1/plans' });
  const { items, providers, discountPercent } = plans.json<{
    items: { id: string }[];
    providers: unknown;
    discountPercent: null;
  }>();
  assert.deepEqual([items.map(({ id }) => id), discountPercent], [['free', 'pro', 'business', 'lifetime'], null]);
  assert.deepEqual(providers, [
    { name: 'lnbits', kind: 'lightning' },
    { name: 'stripe', kind: 'card' },
  ]);
  assert.equal((await http({ target: '/api/v1/plans', caller: buyer })).json().discountPercent, 5);
  const quote = await http({ target: '/api/v1/payments/quote', body: { purchase: proMonth }, caller: buyer });
  assert.deepEqual(quote.json().amounts, [
    { provider: 'lnbits', currency: 'msat', amount: 21_000_000 },
    { provider: 'stripe', currency: 'usd', amount: 900 },
  ]);
  const opened = await http({
    target: '/api/v1/payments',
    body: { purchase: proMonth },
    headers: { 'Idempotency-Key': 'k' },
    caller: buyer,
  });
  assert.equal(opened.status, 201);
  const { id, state, bolt11 } = opened.json<{ id: string; state: string; bolt11: string }>();
  assert.deepEqual([state, bolt11], ['pending', `lnbc${provider.refs[0]}`]);
  provider.set(provider.refs[0] ?? '', { state: 'paid', paidAmount: 21_000_000 });
  const delivered = await http({ target: '/api/v1/webhooks/lnbits/right', body: `d1 ${provider.refs[0]}` });
  assert.deepEqual([delivered.status, delivered.json()], [200, { received: true }]);
  await payments.inbox.process();
  await waitUntil(async () => (await payments.show('usr_1', id)).state === 'settled');
  const shown = (await http({ target: `/api/v1/payments/${id}`, caller: buyer })).json();
  assert.deepEqual([shown.state, shown.receipt, 'userId' in shown], ['settled', 'NST-2026-000001', false]);
  const subscription = (await http({ target: '/api/v1/subscription', caller: buyer })).json();
  assert.deepEqual(
    [subscription.phase, subscription.plan, subscription.periodEnd],
    ['active', 'pro', '2026-04-30T12:00:00.000Z'],
  );
  const list = (await http({ target: '/api/v1/payments', caller: buyer })).json<{ items: { id: string }[] }>();
  assert.deepEqual(
    list.items.map((payment) => payment.id),
    [id],
  );
});

law('a receipt names everything that was paid, never changes, and is printed without scripts', async (database) => {
  const { http, buy } = await serve(database);
  const { id, receipt } = await buy();
  const reply = await http({ target: `/api/v1/receipts/${receipt}`, caller: buyer });
  assert.equal(reply.headers.get('etag'), `"${hashDocument(reply.text)}"`);
  const document = reply.json<Receipt>();
  assert.deepEqual(document.item, { kind: 'plan', description: 'Pro, one month' });
  assert.equal(document.buyer.npub?.slice(0, 5), 'npub1');
  assert.deepEqual(document.period, { from: '2026-03-31T12:00:00.000Z', until: '2026-04-30T12:00:00.000Z' });
  assert.deepEqual([document.amount, document.paid, document.refundOwed], [21_000_000, 21_000_000, null]);
  assert.deepEqual(document.tax, { percent: 19, included: 3_352_942 });
  assert.deepEqual(document.fiat?.minor, 900);
  assert.match(document.payment.hash ?? '', /^[0-9a-f]{64}$/);
  const page = await http({ target: `/api/v1/receipts/${receipt}/page`, caller: buyer });
  assert.equal(page.headers.get('content-security-policy'), receiptPagePolicy);
  assert.match(page.text, /21,000 sat/);
  assert.ok(page.text.includes(id) && !page.text.includes('<script'));
  const list = (await http({ target: '/api/v1/receipts', caller: buyer })).json<{ items: { paymentId: string }[] }>();
  assert.deepEqual(
    list.items.map(({ paymentId }) => paymentId),
    [id],
  );
});

law('the tax on a receipt is of what was kept, not of what is owed back', async (database) => {
  const { http, payments, provider } = await serve(database);
  const { id } = await payments.open({ userId: 'usr_1', purchase: { kind: 'plan', plan: 'pro', period: 'month' } });
  provider.set(provider.refs[0] ?? '', { state: 'paid', paidAmount: 42_000_000 });
  const { receipt } = await payments.check('usr_1', id);
  const document = (await http({ target: `/api/v1/receipts/${receipt}`, caller: buyer })).json<Receipt>();
  assert.deepEqual(document.tax, { percent: 19, included: 3_352_942 });
  assert.deepEqual(document.refundOwed, { amount: 21_000_000, reason: 'over-paid' });
});

test('texts on a receipt cannot become markup, and amounts are written by whole numbers', () => {
  const evil = '<script>alert(1)</script>"\'&';
  const receipt = {
    number: evil,
    issuedAt: evil,
    seller: { name: evil, address: [evil], npub: evil, taxId: evil },
    buyer: { id: evil, npub: null },
    item: { kind: 'plan', description: evil },
    period: null,
    currency: 'usd',
    price: 900,
    discountPercent: 0,
    credit: 0,
    amount: 900,
    paid: 900,
    refundOwed: { amount: 1, reason: evil },
    granted: null,
    fiat: null,
    tax: null,
    payment: { id: evil, provider: evil, ref: evil, hash: evil, settledAt: evil },
  } satisfies Receipt;
  assert.doesNotMatch(renderReceipt(receipt, 'hash'), /<script|alert\(1\)<\/|"'/);
  const amounts: readonly (readonly [number, string, string])[] = [
    [21_000_000, 'msat', '21,000 sat'],
    [1, 'msat', '0.001 sat'],
    [1_234_567_890, 'msat', '1,234,567.890 sat'],
    [5, 'usd', 'USD 0.05'],
    [123_456, 'usd', 'USD 1,234.56'],
    [1500, 'jpy', 'JPY 1,500'],
  ];
  for (const [amount, currency, text] of amounts) assert.equal(formatAmount(amount, currency), text);
});

law('nobody sees or moves what is of somebody else: it is not there', async (database) => {
  const { http, buy } = await serve(database);
  const { id, receipt } = await buy();
  const targets = [
    { target: `/api/v1/payments/${id}` },
    { target: `/api/v1/payments/${id}/check`, body: {} },
    { target: `/api/v1/receipts/${receipt}` },
    { target: `/api/v1/receipts/${receipt}/page` },
  ];
  for (const asked of targets) {
    assert.equal((await http({ ...asked, caller: stranger })).status, 404, asked.target);
    assert.equal((await http(asked)).status, 401, asked.target);
    const key = callerWith('usr_1', { by: 'api-key', scopes: new Set(['stats:read']) });
    assert.equal((await http({ ...asked, caller: key })).status, 403, asked.target);
  }
  for (const target of ['/api/v1/payments', '/api/v1/receipts']) {
    assert.deepEqual((await http({ target, caller: stranger })).json().items, []);
  }
  const free = (await http({ target: '/api/v1/subscription', caller: stranger })).json();
  assert.deepEqual([free.phase, free.plan], ['none', 'free']);
});

law('bodies, keys and ids that are none are refused', async (database) => {
  const { http } = await serve(database);
  const bodies: readonly unknown[] = [
    {},
    { purchase: null },
    { purchase: { ...proMonth, period: 'week' } },
    { purchase: { ...proMonth, price: 1 } },
    { purchase: proMonth, amount: 1 },
    { purchase: { kind: 'name', nameId: 'x', years: 1 } },
    { purchase: { kind: 'name', nameId: 'nam_1', years: 0 } },
    { purchase: { kind: 'name', nameId: 'nam_1', years: 1e9 } },
    { purchase: { kind: '__proto__' } },
  ];
  for (const body of bodies) {
    assert.equal((await http({ target: '/api/v1/payments', body, caller: buyer })).status, 400, JSON.stringify(body));
  }
  for (const key of ['', 'x'.repeat(101), 'a b', 'ü']) {
    const asked = { target: '/api/v1/payments', body: { purchase: proMonth }, headers: { 'Idempotency-Key': key } };
    assert.equal((await http({ ...asked, caller: buyer })).status, 400, key);
  }
  for (const target of ['/api/v1/payments/x', '/api/v1/payments?cursor=1', "/api/v1/receipts/NST-1'--"]) {
    assert.equal((await http({ target, caller: buyer })).status, 400, target);
  }
});

law('webhooks are answered before anybody is asked, and forged ones are told so', async (database) => {
  const { http, provider } = await serve(database);
  await http({ target: '/api/v1/payments', body: { purchase: proMonth }, caller: buyer });
  const [ref = ''] = provider.refs;
  assert.equal((await http({ target: '/api/v1/webhooks/lnbits/wrong', body: `d1 ${ref}` })).status, 401);
  assert.equal((await http({ target: '/api/v1/webhooks/stripe', body: `d1 ${ref}` })).status, 401);
  assert.equal((await http({ target: '/api/v1/webhooks/btcpay', body: `d1 ${ref}` })).status, 404);
  assert.equal((await http({ target: '/api/v1/webhooks/lnbits/right', body: 'x'.repeat(300_000) })).status, 413);
  assert.equal(provider.loads(), 0);
});

law('trial, cancellation, resumption and downgrade through the API', async (database) => {
  const { http, buy } = await serve(database);
  const post = (path: string, body: unknown, caller = buyer) =>
    http({ target: `/api/v1/subscription/${path}`, body, caller });
  const trial = await post('trial', { plan: 'pro' }, stranger);
  assert.deepEqual(
    [trial.status, trial.json().phase, trial.json().trialEndsAt],
    [200, 'trial', '2026-04-14T12:00:00.000Z'],
  );
  assert.equal((await post('trial', { plan: 'pro' }, stranger)).status, 409);
  await buy();
  assert.equal((await post('cancel', {})).json().cancelsAtEnd, true);
  assert.equal((await post('resume', {})).json().cancelsAtEnd, false);
  assert.equal((await post('downgrade', { plan: 'business', period: 'month' })).status, 409);
  assert.equal((await post('downgrade', { plan: 'free' })).json().cancelsAtEnd, true);
  assert.equal((await post('cancel', { extra: 1 })).status, 400);
});

law('lists go on with a cursor, each entry once', async (database) => {
  const { payments, clock } = await createPaymentTest(database);
  for (let index = 0; index < 60; index += 1) {
    if (index % 10 === 0) clock.advance(16 * 60_000);
    await payments.open({ userId: 'usr_1', purchase: { kind: 'name', nameId: 'nam_1', years: 1 } });
  }
  const first = await payments.list('usr_1', undefined);
  assert.equal(first.items.length, 50);
  const second = await payments.list('usr_1', first.next ?? '');
  assert.equal(second.next, null);
  assert.equal(new Set([...first.items, ...second.items].map(({ id }) => id)).size, 60);
  assert.equal((await payments.admin.list({ state: 'settled' })).items.length, 0);
  assert.equal((await payments.admin.list({ userId: 'usr_1' })).items[0]?.userId, 'usr_1');
});
