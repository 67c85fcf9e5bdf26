import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import { createMortalDatabase, fc, testSeed } from '@nostrata/testing';
import type { Purchase } from '../contract.ts';
import { onEachEngine } from '../test-engines.ts';
import { createPayments } from './payments.ts';
import { auditActions, countMoney, createPaymentTest } from './test-payments.ts';

const law = await onEachEngine();
const proMonth: Purchase = { kind: 'plan', plan: 'pro', period: 'month' };
const aName: Purchase = { kind: 'name', nameId: 'nam_1', years: 1 };

async function once(database: Database): Promise<void> {
  const { entitlement, receipt, postings, sum, refund_owed } = await countMoney(database);
  assert.deepEqual(
    { entitlement, receipt, postings, sum, refund_owed },
    {
      entitlement: 1,
      receipt: 1,
      postings: 1,
      sum: 0,
      refund_owed: 0,
    },
  );
  const settled = (await auditActions(database)).filter((action) => action === 'payment.settled');
  assert.equal(settled.length, 1);
}

law(
  'fifty settles of one payment by webhook, poll and job give one entitlement, one receipt, one posting',
  async (database) => {
    const { payments, parts, provider, subscriptions, clock } = await createPaymentTest(database);
    const others = [1, 2, 3].map(() => createPayments(parts));
    const { id } = await payments.open({ userId: 'usr_1', purchase: proMonth });
    const [ref = ''] = provider.refs;
    provider.set(ref, { state: 'paid', paidAmount: 21_000_000 });
    clock.advance(60_000);
    const all = [payments, ...others];
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const one = all[index % all.length] ?? payments;
        if (index % 3 === 0) return await one.check('usr_1', id);
        if (index % 3 === 1) return await one.reconcile();
        const rawBody = new TextEncoder().encode(`d${index % 7} ${ref}`);
        await one.inbox.accept('lnbits', { header: () => undefined, rawBody, pathSecret: 'right' });
        return await one.inbox.process();
      }),
    );
    await once(database);
    const answer = await payments.show('usr_1', id);
    assert.equal(answer.state, 'settled');
    assert.equal(answer.receipt, 'NST-2026-000001');
    const subscription = await subscriptions.show('usr_1');
    assert.equal(subscription.periodEnd, '2026-04-30T12:01:00.000Z', 'one month, not fifty');
  },
);

law(
  'a settlement whose process dies before any of its statements is whole or not there, and is made up for',
  async (database) => {
    const { payments, parts, provider } = await createPaymentTest(database);
    for (let statements = 0, isDone = false; !isDone; statements += 1) {
      assert.ok(statements < 60, 'it ends');
      const { id } = await payments.open({ userId: 'usr_1', purchase: aName });
      const ref = provider.refs.at(-1) ?? '';
      provider.set(ref, { state: 'paid', paidAmount: 21_000_000 });
      const before = await countMoney(database);
      const mortal = createPayments({ ...parts, database: createMortalDatabase(database, statements) });
      isDone = await mortal.admin.check(id).then(
        () => true,
        (error: unknown) => {
          assert.match(String(error), /killed/);
          return false;
        },
      );
      const between = await countMoney(database);
      const added = (between.entitlement ?? 0) - (before.entitlement ?? 0);
      for (const table of ['receipt', 'postings', 'notice']) {
        assert.equal((between[table] ?? 0) - (before[table] ?? 0), added, `${table} after ${statements} statements`);
      }
      await payments.check('usr_1', id);
      const after = await countMoney(database);
      assert.equal((after.entitlement ?? 0) - (before.entitlement ?? 0), 1);
      assert.equal((after.receipt ?? 0) - (before.receipt ?? 0), 1);
      assert.equal(after.sum, 0);
    }
    const numbers = await database.query<{ number: string }>('SELECT number FROM receipt ORDER BY number');
    numbers.forEach(({ number }, index) => {
      assert.equal(number, `NST-2026-${String(index + 1).padStart(6, '0')}`, 'no gap where something was rolled back');
    });
  },
);

law(
  'random orders of checks, crashes, deliveries and jobs over several payments credit each once',
  async (database) => {
    const step = fc.record({
      by: fc.constantFrom('check', 'job', 'delivery', 'again'),
      payment: fc.nat(3),
      diesAfter: fc.option(fc.nat(30), { freq: 2 }),
    });
    let seed = 1;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
        async (rounds) => {
          seed += 1;
          await database.query('DELETE FROM account_user');
          const { payments, parts, provider, clock } = await createPaymentTest(database, { seed });
          clock.advance(seed * 1_000_000);
          const before = await countMoney(database);
          const opened: { id: string; ref: string }[] = [];
          for (let index = 0; index < 4; index += 1) {
            const { id } = await payments.open({ userId: 'usr_1', purchase: aName });
            const ref = provider.refs.at(-1) ?? '';
            provider.set(ref, { state: 'paid', paidAmount: 21_000_000 });
            opened.push({ id, ref });
          }
          clock.advance(120_000);
          for (const round of rounds) {
            const results = await Promise.allSettled(
              round.map(async ({ by, payment, diesAfter }, index) => {
                const one = createPayments(
                  diesAfter === null ? parts : { ...parts, database: createMortalDatabase(database, diesAfter) },
                );
                const { id, ref } = opened[payment] ?? { id: '', ref: '' };
                if (by === 'check') return await one.admin.check(id);
                if (by === 'job') return await one.reconcile();
                const rawBody = new TextEncoder().encode(`${by === 'again' ? 'same' : `d${index}`}-${seed} ${ref}`);
                await one.inbox.accept('lnbits', { header: () => undefined, rawBody, pathSecret: 'right' });
                return await one.inbox.process();
              }),
            );
            for (const result of results)
              if (result.status === 'rejected') assert.match(String(result.reason), /killed/);
            clock.advance(61_000);
          }
          await payments.inbox.process();
          clock.advance(3_600_000);
          await payments.reconcile();
          const after = await countMoney(database);
          for (const table of ['entitlement', 'receipt', 'postings']) {
            assert.equal((after[table] ?? 0) - (before[table] ?? 0), 4, table);
          }
          assert.equal(after.sum, 0);
          assert.equal(after.refund_owed, 0);
        },
      ),
      { seed: testSeed(), numRuns: 15 },
    );
  },
);
