import assert from 'node:assert/strict';
import { Problem } from '@nostrata/http';
import { createMortalDatabase } from '@nostrata/testing';
import type { Purchase } from '../contract.ts';
import { onEachEngine } from '../test-engines.ts';
import { checkAccounts } from './check-accounts.ts';
import { createPayments } from './payments.ts';
import { countMoney, createPaymentTest } from './test-payments.ts';

const law = await onEachEngine();
const aName: Purchase = { kind: 'name', nameId: 'nam_1', years: 1 };
const price = 21_000_000;
const hour = 3_600_000;

law(
  'a payment whose process dies while it is opened is open with its invoice and its hold, or given up',
  async (database) => {
    const { parts, payments, clock } = await createPaymentTest(database);
    let isDone = false;
    for (let statements = 0; !isDone; statements += 1) {
      assert.ok(statements < 40, 'it ends');
      const mortal = createPayments({ ...parts, database: createMortalDatabase(database, statements) });
      isDone = await mortal.open({ userId: 'usr_1', purchase: aName, idempotencyKey: `k${statements}` }).then(
        () => true,
        (error: unknown) => {
          assert.match(String(error), /killed/);
          return false;
        },
      );
    }
    const opened = await database.query<{ id: string }>('SELECT id FROM payment WHERE provider_ref IS NOT NULL');
    const audited = await database.query<{ entity: string }>(
      "SELECT entity FROM audit_log WHERE action = 'payment.opened'",
    );
    assert.deepEqual(audited.map(({ entity }) => entity).sort(), opened.map(({ id }) => `payment:${id}`).sort());
    clock.advance(hour);
    await payments.reconcile();
    const states = await database.query<{ state: string; has_ref: number }>(
      'SELECT state, CASE WHEN provider_ref IS NULL THEN 0 ELSE 1 END AS has_ref FROM payment',
    );
    assert.ok(states.length > 1 && states.some(({ state }) => state === 'failed'));
    for (const { state, has_ref } of states) assert.equal(state, has_ref === 1 ? 'expired' : 'failed');
  },
);

law('a delivery, a refund and their processes may die anywhere: each is done once in the end', async (database) => {
  const { parts, payments, provider, clock } = await createPaymentTest(database);
  const { id } = await payments.open({ userId: 'usr_1', purchase: aName });
  const [ref = ''] = provider.refs;
  provider.set(ref, { state: 'paid', paidAmount: price + 9 });
  const rawBody = new TextEncoder().encode(`d1 ${ref}`);
  const killed = (error: unknown): void => {
    assert.ok(error instanceof Problem ? error.status === 409 : /killed/.test(String(error)), String(error));
  };
  for (let statements = 0; statements < 45; statements += 1) {
    const mortal = createPayments({ ...parts, database: createMortalDatabase(database, statements) });
    await mortal.inbox.accept('lnbits', { header: () => undefined, rawBody, pathSecret: 'right' }).catch(killed);
    await mortal.inbox.process().catch(killed);
    clock.advance(61_000);
  }
  await payments.inbox.process();
  assert.equal((await payments.show('usr_1', id)).state, 'settled');
  const [refund] = (await payments.admin.refunds({})).items;
  for (let statements = 0; statements < 15; statements += 1) {
    const mortal = createPayments({ ...parts, database: createMortalDatabase(database, statements) });
    await mortal.admin.closeRefund(refund?.id ?? '', { note: 'sent', actor: 'operator' }).catch(killed);
  }
  const { entitlement, receipt, refund_owed, postings, sum } = await countMoney(database);
  assert.deepEqual([entitlement, receipt, refund_owed, postings, sum], [1, 1, 1, 2, 0]);
  assert.deepEqual((await checkAccounts(database)).findings, []);
});
