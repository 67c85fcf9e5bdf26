import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@nostrata/http';
import { fc, testSeed, waitUntil } from '@nostrata/testing';
import type { Purchase } from '../contract.ts';
import { isTaken } from '../errors.ts';
import { onEachEngine } from '../test-engines.ts';
import { amountsIn, waitForDiscount } from './amounts.ts';
import type { PaymentProvider } from './provider.ts';
import { countMoney, createPaymentTest, createScriptedProvider, noonMs } from './test-payments.ts';

const law = await onEachEngine();
const aName: Purchase = { kind: 'name', nameId: 'nam_1', years: 1 };
const refused = (status: number, code: string) => (error: unknown) =>
  error instanceof Problem && error.status === status && error.code === code;

law('a payment has its invoice, its price and its hold from the moment it is there', async (database) => {
  const { payments, names, provider } = await createPaymentTest(database, { loadDiscountPercent: async () => 20 });
  const answer = await payments.open({ userId: 'usr_1', purchase: aName });
  const { id: _, ...rest } = answer;
  assert.deepEqual(rest, {
    state: 'pending',
    provider: 'lnbits',
    purchase: aName,
    description: 'alice@example.com, one year',
    currency: 'msat',
    amount: 16_800_000,
    price: 21_000_000,
    discountPercent: 20,
    credit: 0,
    bolt11: `lnbc${provider.refs[0]}`,
    checkoutUrl: null,
    createdAt: '2026-03-31T12:00:00.000Z',
    expiresAt: '2026-03-31T12:15:00.000Z',
    settledAt: null,
    receipt: null,
    refund: null,
    failure: null,
  });
  assert.deepEqual(names.held, [{ purchase: aName, untilMs: noonMs + 15 * 60_000 }]);
});

law('the same key gives the same payment, also to twenty requests at once', async (database) => {
  const { payments, provider } = await createPaymentTest(database);
  const asked = { userId: 'usr_1', purchase: aName, idempotencyKey: 'one' };
  const answers = await Promise.all(Array.from({ length: 20 }, () => payments.open(asked)));
  assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
  assert.equal(provider.refs.length, 1);
  assert.equal((await countMoney(database)).payment, 1);
  const other = { ...asked, purchase: { ...aName, years: 2 } as Purchase };
  await assert.rejects(payments.open(other), refused(409, 'key-used'));
  await assert.rejects(payments.open({ ...asked, provider: 'stripe' }), refused(409, 'key-used'));
});

law('a provider that is away leaves a failed row, no hold, and a key that can be used again', async (database) => {
  const { payments, provider, names } = await createPaymentTest(database);
  const asked = { userId: 'usr_1', purchase: aName, idempotencyKey: 'one' };
  provider.setAway(true);
  await assert.rejects(payments.open(asked), refused(503, 'provider-away'));
  const [failed] = (await payments.list('usr_1', undefined)).items;
  assert.deepEqual([failed?.state, failed?.failure], ['failed', 'the provider is away']);
  assert.deepEqual(names.held, []);
  provider.setAway(false);
  assert.equal((await payments.open(asked)).state, 'pending');
});

law('an invoice is never used for two payments', async (database) => {
  const { payments, provider, names } = await createPaymentTest(database);
  const first = await payments.open({ userId: 'usr_1', purchase: aName });
  const [ref = ''] = provider.refs;
  provider.repeatRef(ref);
  await assert.rejects(payments.open({ userId: 'usr_1', purchase: aName }), refused(502, 'provider-refused'));
  assert.equal(names.held.length, 1, 'what was held with the refused one is rolled back with it');
  assert.equal((await payments.show('usr_1', first.id)).state, 'pending');
  const again = database.query('INSERT INTO payment SELECT * FROM payment WHERE id = $1', [first.id]);
  await assert.rejects(again, isTaken);
});

law('an invoice that makes no sense is not shown to anybody', async (database) => {
  const odd = {
    ...createScriptedProvider(),
    create: async () => ({ ref: '', bolt11: null, paymentHash: 'x', checkoutUrl: null, expiresMs: 0 }),
  };
  const { payments } = await createPaymentTest(database, { providers: [odd] });
  await assert.rejects(payments.open({ userId: 'usr_1', purchase: aName }), refused(502, 'provider-refused'));
});

law(
  'a payment that has no invoice when it would expire is given up, also where the provider answers after all',
  async (database) => {
    const scripted = createScriptedProvider();
    const slow = Promise.withResolvers<void>();
    const create: PaymentProvider['create'] = async (asked) => {
      await slow.promise;
      return await scripted.create(asked);
    };
    const { payments, clock, names } = await createPaymentTest(database, { providers: [{ ...scripted, create }] });
    const opening = payments.open({ userId: 'usr_1', purchase: aName });
    await waitUntil(async () => (await countMoney(database)).payment === 1);
    clock.advance(16 * 60_000);
    await payments.reconcile();
    const [payment] = (await payments.list('usr_1', undefined)).items;
    assert.deepEqual([payment?.state, payment?.failure], ['failed', 'the invoice was not made']);
    slow.resolve();
    await assert.rejects(opening, refused(503, 'too-slow'));
    assert.deepEqual(names.held, []);
    assert.equal((await payments.list('usr_1', undefined)).items[0]?.bolt11, null, 'nobody can pay it');
  },
);

law('nobody has more than twenty open invoices', async (database) => {
  const { payments, clock } = await createPaymentTest(database);
  for (let index = 0; index < 20; index += 1) await payments.open({ userId: 'usr_1', purchase: aName });
  await assert.rejects(payments.open({ userId: 'usr_1', purchase: aName }), refused(429, 'too-many-open'));
  clock.advance(16 * 60_000);
  assert.equal((await payments.open({ userId: 'usr_1', purchase: aName })).state, 'pending');
});

law('nor has who opens many at once, and somebody who is gone by then has none', async (database) => {
  const { payments } = await createPaymentTest(database);
  const opened = await Promise.allSettled(
    Array.from({ length: 30 }, async () => await payments.open({ userId: 'usr_1', purchase: aName })),
  );
  assert.equal(opened.filter(({ status }) => status === 'fulfilled').length, 20);
  await assert.rejects(payments.open({ userId: 'usr_gone', purchase: aName }), refused(403, 'suspended'));
  assert.equal((await countMoney(database)).payment, 20);
});

law('an unknown provider, plan, period and none at all are refused before anything is written', async (database) => {
  const { payments } = await createPaymentTest(database);
  const open = (purchase: Purchase, provider?: string) => payments.open({ userId: 'usr_1', purchase, provider });
  await assert.rejects(open(aName, 'paypal'), refused(422, 'unknown-provider'));
  await assert.rejects(open({ kind: 'plan', plan: 'gold', period: 'month' }), refused(422, 'unknown-plan'));
  await assert.rejects(open({ kind: 'plan', plan: 'free', period: 'month' }), refused(422, 'no-price'));
  await assert.rejects(open({ kind: 'plan', plan: 'pro', period: 'lifetime' }), refused(422, 'no-price'));
  assert.equal((await countMoney(database)).payment, 0);
});

law('trust that fails, hangs or exaggerates never stops a payment', async (database) => {
  const cases: readonly (readonly [() => Promise<number>, number])[] = [
    [() => Promise.reject(new Error('no graph')), 0],
    [async () => 400, 50],
    [async () => -5, 0],
    [async () => Number.NaN, 0],
    [async () => 12.9, 12],
  ];
  for (const [index, [loadDiscountPercent, percent]] of cases.entries()) {
    await database.query('DELETE FROM account_user');
    const { payments, timers } = await createPaymentTest(database, { loadDiscountPercent, seed: 20 + index });
    assert.equal((await payments.open({ userId: 'usr_1', purchase: aName })).discountPercent, percent);
    assert.equal(await payments.discountOf('ab'.repeat(32)), percent);
    assert.equal(timers.size, 0, 'no timer is left');
  }
});

test('a discount that does not come in time is none', async () => {
  let fire: (() => void) | undefined;
  const clock = {
    after: (milliseconds: number, callback: () => void) => {
      assert.equal(milliseconds, 300);
      fire = callback;
      return () => undefined;
    },
  };
  const waiting = waitForDiscount(() => new Promise(() => undefined), { clock, onFailure: assert.fail });
  fire?.();
  assert.equal(await waiting, 0);
});

test('amounts are whole satoshi or cents, at least one, and never more than the price', () => {
  const quote = fc.record({
    msat: fc.integer({ min: 1, max: 1_000_000_000 }).map((sats) => sats * 1000),
    minor: fc.integer({ min: 1, max: 100_000_000 }),
    creditPart: fc.nat(1000),
    isDiscounted: fc.boolean(),
    percent: fc.nat(50),
  });
  fc.assert(
    fc.property(quote, ({ msat, minor, creditPart, isDiscounted, percent }) => {
      const creditMsat = Math.floor((msat * creditPart) / 1000);
      const of = {
        description: '',
        price: { msat, fiat: { currency: 'usd', minor } },
        creditMsat,
        isDiscounted,
        terms: {},
      };
      for (const currency of ['msat', 'usd']) {
        const amounts = amountsIn(currency, of, percent);
        assert.ok(amounts);
        const { amount, amountMsat, price, discountPercent, credit } = amounts;
        assert.ok(Number.isSafeInteger(amount) && amount >= 1 && amount <= price);
        if (currency === 'msat') assert.equal(amount % 1000, 0);
        assert.ok(amountMsat <= msat && credit >= 0 && credit <= price);
        if (creditMsat > 0 || !isDiscounted) assert.equal(discountPercent, 0, 'no discount on what was paid before');
      }
      assert.equal(amountsIn('eur', of, percent), undefined);
    }),
    { seed: testSeed() },
  );
});
