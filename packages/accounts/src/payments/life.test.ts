import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import { createMortalDatabase, fc, testSeed } from '@nostrata/testing';
import type { createSubscriptions } from '../billing/subscriptions.ts';
import type { Purchase } from '../contract.ts';
import { onEachEngine } from '../test-engines.ts';
import { checkAccounts } from './check-accounts.ts';
import { createPayments } from './payments.ts';
import { countMoney, createPaymentTest } from './test-payments.ts';

const law = await onEachEngine();
const hour = 3_600_000;

const what: fc.Arbitrary<Purchase> = fc.oneof(
  fc.constant<Purchase>({ kind: 'name', nameId: 'nam_1', years: 1 }),
  fc.record({
    kind: fc.constant('plan' as const),
    plan: fc.constantFrom('pro', 'business', 'lifetime'),
    period: fc.constantFrom('month' as const, 'year' as const, 'lifetime' as const),
  }),
);

/** What can happen to a shop; `nth` picks one of the payments there are. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('buy' as const), purchase: what, byCard: fc.boolean() }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      nth: fc.nat(20),
      percent: fc.constantFrom(40, 100, 100, 100, 150, 200),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      nth: fc.nat(20),
      state: fc.constantFrom('expired' as const, 'failed' as const, 'processing' as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('check' as const),
      nth: fc.nat(20),
      diesAfter: fc.option(fc.nat(30), { freq: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('reconcile' as const), diesAfter: fc.option(fc.nat(60), { freq: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(-1, 0, 0.1, 0.1, 1, 1, 20, 800) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('away' as const), isAway: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('subscription' as const),
      change: fc.constantFrom('trial', 'cancel', 'resume', 'downgrade', 'suspend', 'restore', 'restore', 'grant'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('refund' as const), diesAfter: fc.option(fc.nat(8), { freq: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone' as const), isGone: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
type World = Awaited<ReturnType<typeof createPaymentTest>>;

/** All that can be refused is refused by a problem, and who is killed says so. */
function expected(error: unknown): void {
  const isExpected =
    error instanceof Problem ? error.status !== 500 : error instanceof Error && error.message === 'killed';
  if (!isExpected) throw error;
}

async function live(database: Database, world: World, one: Step): Promise<void> {
  const { payments, parts, provider, card, clock, subscriptions, names } = world;
  const mortal = (diesAfter: number | null) =>
    diesAfter === null ? payments : createPayments({ ...parts, database: createMortalDatabase(database, diesAfter) });
  const all = await database.query<{ id: string; provider: string; provider_ref: string; amount: number }>(
    'SELECT id, provider, provider_ref, amount FROM payment WHERE provider_ref IS NOT NULL ORDER BY created_ms, id',
  );
  // Earlier lives are in the same database.
  const refs = new Set([...provider.refs, ...card.refs]);
  const rows = all.filter((row) => refs.has(row.provider_ref));
  const pick = (nth: number) => rows[nth % Math.max(rows.length, 1)];
  switch (one.do) {
    case 'buy':
      await payments.open({ userId: 'usr_1', purchase: one.purchase, provider: one.byCard ? 'stripe' : 'lnbits' });
      return;
    case 'pay': {
      const row = pick(one.nth);
      const paidAmount = Math.floor(((row?.amount ?? 0) * one.percent) / 100);
      const state = one.percent >= 100 ? 'paid' : 'pending';
      const shop = row?.provider === 'stripe' ? card : provider;
      const before = shop.peek(row?.provider_ref ?? '');
      // What came stays: providers do not take it back.
      if ((before?.paidAmount ?? 0) <= paidAmount) shop.set(row?.provider_ref ?? '', { state, paidAmount });
      return;
    }
    case 'end': {
      const row = pick(one.nth);
      const shop = row?.provider === 'stripe' ? card : provider;
      const before = shop.peek(row?.provider_ref ?? '');
      if (before?.state !== 'paid') shop.set(row?.provider_ref ?? '', { state: one.state });
      return;
    }
    case 'check':
      if (rows.length > 0) await mortal(one.diesAfter).admin.check(pick(one.nth)?.id ?? '');
      return;
    case 'reconcile':
      await mortal(one.diesAfter).reconcile();
      return;
    case 'wait':
      clock.advance(one.hours * hour);
      return;
    case 'away':
      provider.setAway(one.isAway);
      return;
    case 'gone':
      names.answer = one.isGone
        ? { kind: 'refund', reason: 'gone' }
        : { kind: 'granted', details: { nameId: 'nam_1' } };
      return;
    case 'refund': {
      const [refund] = (await payments.admin.refunds({ state: 'open' })).items;
      if (refund) await mortal(one.diesAfter).admin.closeRefund(refund.id, { note: 'sent', actor: 'operator' });
      return;
    }
    case 'subscription':
      await change(subscriptions, one.change);
  }
}

async function change(subscriptions: ReturnType<typeof createSubscriptions>, what: string): Promise<void> {
  if (what === 'trial') await subscriptions.startTrial('usr_1', 'pro');
  if (what === 'cancel') await subscriptions.cancel('usr_1');
  if (what === 'resume') await subscriptions.resume('usr_1');
  if (what === 'downgrade') await subscriptions.downgrade('usr_1', { plan: 'pro', period: 'month' });
  if (what === 'suspend') await subscriptions.suspend('usr_1', 'operator');
  if (what === 'restore') await subscriptions.restore('usr_1', 'operator');
  if (what === 'grant') await subscriptions.grant('usr_1', { plan: 'pro', untilMs: null }, 'operator');
}

law('whatever happens in a shop, its books agree, and all money that came is kept or owed back', async (database) => {
  let seed = 100;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 50 }), async (steps) => {
      seed += 1;
      await database.query('DELETE FROM account_user');
      await database.query('DELETE FROM subscription');
      await database.query('DELETE FROM payment_inbox');
      const world = await createPaymentTest(database, { seed });
      world.clock.advance(seed * 10_000 * hour);
      for (const one of steps) await live(database, world, one).catch(expected);
      world.provider.setAway(false);
      // Four days later everything has come to rest.
      for (let turn = 0; turn < 30; turn += 1) {
        world.clock.advance(4 * hour);
        await world.payments.reconcile();
      }
      await agree(database, world);
    }),
    { seed: testSeed(), numRuns: 15 },
  );
});

async function agree(database: Database, { provider, card, payments }: World): Promise<void> {
  for (const shop of [provider, card]) {
    for (const ref of shop.refs) {
      const read = async () =>
        await database.query<{ id: string; state: string; paid_amount: number | null }>(
          'SELECT id, state, paid_amount FROM payment WHERE provider_ref = $1',
          [ref],
        );
      const [{ id } = { id: '' }] = await read();
      // Money that came when nobody looked any more is found by whoever asks.
      await payments.admin.check(id);
      const [row = assert.fail()] = await read();
      const { paidAmount, state } = shop.peek(ref) ?? assert.fail();
      assert.equal(row.paid_amount ?? 0, paidAmount, `${state} at the provider, ${row.state} here`);
      assert.ok(row.state !== 'pending');
    }
  }
  const { sum } = await countMoney(database);
  assert.equal(sum, 0);
  const { findings } = await checkAccounts(database);
  assert.deepEqual(findings, []);
}
