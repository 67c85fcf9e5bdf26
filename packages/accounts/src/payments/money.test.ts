import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { Purchase } from '../contract.ts';
import { onEachEngine } from '../test-engines.ts';
import { checkAccounts } from './check-accounts.ts';
import { addUser, countMoney, createPaymentTest } from './test-payments.ts';

const law = await onEachEngine();
const hour = 3_600_000;
const aName: Purchase = { kind: 'name', nameId: 'nam_1', years: 1 };
const price = 21_000_000;

/** Opens a payment for a name and says what the provider knows. */
async function start(database: Database, options: Parameters<typeof createPaymentTest>[1] = {}) {
  const world = await createPaymentTest(database, options);
  const { id } = await world.payments.open({ userId: 'usr_1', purchase: aName });
  const ref = world.provider.refs.at(-1) ?? '';
  const check = async (state?: Parameters<typeof world.provider.set>[1]) => {
    if (state !== undefined) world.provider.set(ref, state);
    return await world.payments.check('usr_1', id);
  };
  return { ...world, id, ref, check };
}

async function agrees(database: Database): Promise<void> {
  const { findings } = await checkAccounts(database);
  assert.deepEqual(findings, []);
}

law('too little keeps a payment open, and is owed back when the invoice is over', async (database) => {
  const { check } = await start(database);
  assert.equal((await check({ paidAmount: price - 1 })).state, 'pending');
  assert.equal((await countMoney(database)).postings, 0);
  const over = await check({ state: 'expired' });
  assert.equal(over.state, 'expired');
  assert.deepEqual(over.refund, { amount: price - 1, reason: 'under-paid', state: 'open' });
  await check();
  assert.equal((await countMoney(database)).refund_owed, 1, 'once however often it is looked at');
  const more = await check({ state: 'paid', paidAmount: price });
  assert.deepEqual(more.refund, { amount: price, reason: 'under-paid', state: 'open' }, 'the rest is owed as well');
  assert.equal((await countMoney(database)).entitlement, 0);
  await agrees(database);
});

law('too little that a provider calls paid buys nothing', async (database) => {
  const { check, names } = await start(database);
  const answer = await check({ state: 'paid', paidAmount: price - 1000 });
  assert.equal(answer.state, 'expired');
  assert.equal(answer.refund?.amount, price - 1000);
  assert.deepEqual(names.granted, []);
  await agrees(database);
});

law(
  'too little of an invoice that a provider never calls over is owed back when the time is over',
  async (database) => {
    const { provider, ref, payments, clock, id } = await start(database);
    provider.set(ref, { paidAmount: 5 });
    clock.advance(47 * hour);
    await payments.reconcile();
    assert.equal((await payments.show('usr_1', id)).refund, null);
    clock.advance(5 * hour);
    await payments.reconcile();
    assert.deepEqual((await payments.show('usr_1', id)).refund, { amount: 5, reason: 'under-paid', state: 'open' });
    await agrees(database);
  },
);

law('that an operator declared an invoice paid stands in the audit log', async (database) => {
  const { payments, provider } = await createPaymentTest(database);
  const { id } = await payments.open({ userId: 'usr_1', purchase: { kind: 'plan', plan: 'pro', period: 'month' } });
  provider.set(provider.refs[0] ?? '', { state: 'paid', paidAmount: 21_000_000, isMarked: true });
  await payments.check('usr_1', id);
  const [entry] = await database.query(`SELECT details FROM audit_log WHERE action = 'payment.settled'`);
  assert.equal(JSON.parse(String(entry?.details)).isMarked, true);
});

law('an invoice that an operator marked as paid without money stays open', async (database) => {
  const { check } = await start(database);
  assert.equal((await check({ state: 'paid', paidAmount: 0 })).state, 'pending');
  await agrees(database);
});

law('too much buys what was ordered, and the rest is owed back', async (database) => {
  const { check } = await start(database);
  const answer = await check({ state: 'paid', paidAmount: price + 500 });
  assert.equal(answer.state, 'settled');
  assert.deepEqual(answer.refund, { amount: 500, reason: 'over-paid', state: 'open' });
  await agrees(database);
});

law('the same invoice paid a second time is owed back, each time', async (database) => {
  const { check, names, clock, payments } = await start(database);
  await check({ state: 'paid', paidAmount: price });
  clock.advance(2 * hour);
  await check({ paidAmount: 2 * price });
  await check();
  await check({ paidAmount: 3 * price });
  const { items } = await payments.admin.refunds({ state: 'open' });
  assert.deepEqual(
    items.map(({ amount, reason }) => [amount, reason.slice(0, 10)]),
    [
      [price, 'paid-again'],
      [price, 'paid-again'],
    ],
  );
  assert.equal(names.granted.length, 1);
  await agrees(database);
});

law(
  'a payment that comes after its invoice has expired is honoured within 48 hours, found by the job alone',
  async (database) => {
    const { payments, provider, ref, clock, id } = await start(database);
    clock.advance(hour);
    await payments.reconcile();
    assert.equal((await payments.show('usr_1', id)).state, 'expired');
    provider.set(ref, { state: 'paid', paidAmount: price });
    clock.advance(40 * hour);
    await payments.reconcile();
    assert.equal((await payments.show('usr_1', id)).state, 'settled');
    await agrees(database);
  },
);

law(
  'a late payment for what is gone is owed back in full, with a receipt and without an entitlement',
  async (database) => {
    const { check, names } = await start(database);
    names.answer = { kind: 'refund', reason: 'name-lost' };
    const answer = await check({ state: 'paid', paidAmount: price + 7 });
    assert.equal(answer.state, 'settled');
    assert.deepEqual(answer.refund, { amount: price + 7, reason: 'name-lost', state: 'open' });
    const counts = await countMoney(database);
    assert.deepEqual([counts.entitlement, counts.receipt, counts.refund_owed], [0, 1, 1]);
    await agrees(database);
  },
);

law('money for a payment that had failed is owed back', async (database) => {
  const { check } = await start(database);
  assert.equal((await check({ state: 'failed' })).state, 'failed');
  const answer = await check({ state: 'paid', paidAmount: price });
  assert.equal(answer.state, 'failed');
  assert.deepEqual(answer.refund, { amount: price, reason: 'paid-after-failed', state: 'open' });
  await check();
  await agrees(database);
});

law('a payment under way is not credited before it is final', async (database) => {
  const { check } = await start(database);
  assert.equal((await check({ state: 'processing' })).state, 'processing');
  assert.equal((await countMoney(database)).entitlement, 0);
  assert.equal((await check({ state: 'paid', paidAmount: price })).state, 'settled');
  await agrees(database);
});

law('evidence of another payment, hash or currency moves nothing and is told', async (database) => {
  const { check, logger } = await start(database);
  for (const other of [{ paymentId: 'pay_other' }, { currency: 'usd' }, { paymentHash: '00'.repeat(32) }]) {
    const answer = await check({ state: 'paid', paidAmount: price, ...other });
    assert.equal(answer.state, 'pending');
    await check({ paymentId: null, currency: 'msat', paymentHash: null, state: 'pending', paidAmount: 0 });
  }
  assert.equal(logger.lines.filter((line) => line.startsWith('error')).length, 3);
  assert.equal((await countMoney(database)).postings, 0);
});

law('an amount that is no whole number is not believed', async (database) => {
  const { check } = await start(database);
  for (const paidAmount of [1.5, -1, Number.NaN, 2 ** 60]) {
    await assert.rejects(
      check({ state: 'paid', paidAmount }),
      (error) => error instanceof Problem && error.status === 503,
    );
  }
  assert.equal((await countMoney(database)).postings, 0);
});

law('what was quoted is what is credited, whatever it costs now', async (database) => {
  const { check, names, payments, id } = await start(database);
  names.quote = async () => ({
    description: 'x',
    price: { msat: 1000 },
    creditMsat: 0,
    isDiscounted: false,
    terms: {},
  });
  assert.equal((await check({ state: 'pending', paidAmount: 1000 })).state, 'pending', 'the new price is not enough');
  await check({ state: 'paid', paidAmount: price });
  assert.equal((await payments.show('usr_1', id)).amount, price);
});

law('a refund is closed once, with ledger and audit', async (database) => {
  const { check, payments } = await start(database);
  await check({ state: 'paid', paidAmount: price + 500 });
  const [refund] = (await payments.admin.refunds({ state: 'open' })).items;
  const id = refund?.id ?? '';
  const closing = { note: 'sent back', actor: 'user:usr_admin' };
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => payments.admin.closeRefund(id, closing)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of results) {
    if (result.status === 'rejected') assert.ok(result.reason instanceof Problem && result.reason.status === 409);
  }
  assert.deepEqual((await payments.admin.refunds({ state: 'open' })).items, []);
  assert.equal((await payments.admin.refunds({ state: 'refunded' })).items[0]?.note, 'sent back');
  await agrees(database);
  await assert.rejects(
    payments.admin.closeRefund('ref_none', closing),
    (error) => error instanceof Problem && error.status === 404,
  );
});

law('receipts are numbered without gaps, year by year, in the order of the settlements', async (database) => {
  const { payments, provider, clock } = await start(database);
  clock.set(Date.UTC(2026, 11, 31, 23, 50));
  const settleOne = async () => {
    const { id } = await payments.open({ userId: 'usr_1', purchase: aName });
    provider.set(provider.refs.at(-1) ?? '', { state: 'paid', paidAmount: price });
    return (await payments.check('usr_1', id)).receipt;
  };
  const numbers = [await settleOne(), await settleOne()];
  clock.set(Date.UTC(2027, 0, 1));
  numbers.push(await settleOne());
  assert.deepEqual(numbers, ['NST-2026-000001', 'NST-2026-000002', 'NST-2027-000001']);
  await agrees(database);
});

law('cards are settled in cents, and credits know what that was in millisatoshi', async (database) => {
  const { payments, card, subscriptions } = await createPaymentTest(database);
  const purchase = { kind: 'plan', plan: 'pro', period: 'month' } as const;
  const { id, amount, currency } = await payments.open({ userId: 'usr_1', purchase, provider: 'stripe' });
  assert.deepEqual([amount, currency], [900, 'usd']);
  card.set(card.refs[0] ?? '', { state: 'paid', paidAmount: 900 });
  assert.equal((await payments.check('usr_1', id)).state, 'settled');
  assert.equal((await subscriptions.load('usr_1'))?.paidMsat, 21_000_000);
  await agrees(database);
});

law('a buyer without a pubkey buys as everybody does', async (database) => {
  const { payments, provider } = await createPaymentTest(database);
  await addUser(database, 'usr_2', null);
  const { id } = await payments.open({ userId: 'usr_2', purchase: aName });
  provider.set(provider.refs[0] ?? '', { state: 'paid', paidAmount: price });
  assert.equal((await payments.check('usr_2', id)).state, 'settled');
});

law(
  'an upgrade is paid with the credit once, and a second invoice with the same credit is owed back',
  async (database) => {
    const { payments, provider, subscriptions, clock } = await createPaymentTest(database);
    const buy = async (plan: string, period: 'month' | 'year') => {
      const payment = await payments.open({ userId: 'usr_1', purchase: { kind: 'plan', plan, period } });
      return { ...payment, ref: provider.refs.at(-1) ?? '' };
    };
    const pro = await buy('pro', 'year');
    provider.set(pro.ref, { state: 'paid', paidAmount: pro.amount });
    await payments.check('usr_1', pro.id);
    clock.advance(30 * 24 * hour);
    const [first, second] = [await buy('business', 'year'), await buy('business', 'year')];
    assert.ok(first.credit > 190_000_000 && first.amount + first.credit >= 690_000_000 - 1000);
    for (const { ref, amount } of [first, second]) provider.set(ref, { state: 'paid', paidAmount: amount });
    assert.equal((await payments.check('usr_1', first.id)).refund, null);
    assert.match((await payments.check('usr_1', second.id)).refund?.reason ?? '', /had changed the plan before/);
    const { plan, periodEnd } = await subscriptions.show('usr_1');
    assert.deepEqual([plan, periodEnd?.slice(0, 10)], ['business', '2027-04-30']);
    await agrees(database);
  },
);
