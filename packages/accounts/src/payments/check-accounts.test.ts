import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import type { Purchase } from '../contract.ts';
import { onEachEngine } from '../test-engines.ts';
import { checkAccounts } from './check-accounts.ts';
import { createPaymentTest } from './test-payments.ts';

const law = await onEachEngine();
const aName: Purchase = { kind: 'name', nameId: 'nam_1', years: 1 };
const price = 21_000_000;

/** Payments of every kind: settled, over-paid, refunded, for something gone, expired with too little, open. */
async function createBooks(database: Database): Promise<Record<string, string>> {
  const { payments, provider, names, subscriptions } = await createPaymentTest(database);
  const pay = async (state: Parameters<typeof provider.set>[1]) => {
    const { id } = await payments.open({ userId: 'usr_1', purchase: aName });
    provider.set(provider.refs.at(-1) ?? '', state);
    await payments.check('usr_1', id);
    return id;
  };
  const plain = await pay({ state: 'paid', paidAmount: price });
  const over = await pay({ state: 'paid', paidAmount: price + 5 });
  names.answer = { kind: 'refund', reason: 'name-lost' };
  const gone = await pay({ state: 'paid', paidAmount: price });
  const [refund] = (await payments.admin.refunds({})).items.filter(({ paymentId }) => paymentId === gone);
  await payments.admin.closeRefund(refund?.id ?? '', { note: 'sent back', actor: 'user:usr_admin' });
  const little = await pay({ state: 'expired', paidAmount: 7 });
  const open = await pay({});
  const { id: plan } = await payments.open({
    userId: 'usr_1',
    purchase: { kind: 'plan', plan: 'pro', period: 'month' },
  });
  provider.set(provider.refs.at(-1) ?? '', { state: 'paid', paidAmount: price });
  await payments.check('usr_1', plan);
  await subscriptions.startTrial('usr_2', 'pro');
  await subscriptions.grant('usr_3', { plan: 'business', untilMs: null }, 'user:usr_admin');
  return { plain, over, gone, little, open, plan };
}

/** Takes away what keeps tables append-only, as somebody with the password of the database would. */
async function unlock(database: Database): Promise<void> {
  for (const table of ['audit_log', 'receipt', 'ledger_entry', 'entitlement']) {
    const triggers = database.dialect === 'sqlite' ? ['no_update', 'no_delete'] : ['append_only'];
    const on = database.dialect === 'sqlite' ? '' : ` ON ${table}`;
    for (const trigger of triggers) await database.query(`DROP TRIGGER ${table}_${trigger}${on}`);
  }
}

const tampering: readonly (readonly [what: string, sql: string, of: string, code: string])[] = [
  [
    'a longer period',
    "UPDATE subscription SET period_end_ms = period_end_ms + 1 WHERE user_id = 'usr_1' AND $1 <> ''",
    'plain',
    'subscription-unpaid',
  ],
  [
    'another plan',
    "UPDATE subscription SET plan = 'business' WHERE user_id = 'usr_1' AND $1 <> ''",
    'plain',
    'subscription-unpaid',
  ],
  [
    'a lifetime',
    "UPDATE subscription SET is_lifetime = 1, period_end_ms = NULL WHERE user_id = 'usr_1' AND $1 <> ''",
    'plain',
    'subscription-unpaid',
  ],
  [
    'a second trial',
    "UPDATE subscription SET trial_end_ms = 9999999999999 WHERE user_id = 'usr_1' AND $1 <> ''",
    'plain',
    'trial-unknown',
  ],
  [
    'a greater credit',
    "UPDATE subscription SET paid_msat = paid_msat + 99000000 WHERE user_id = 'usr_1' AND $1 <> ''",
    'plain',
    'subscription-value',
  ],
  [
    'a grant that was not audited',
    "DELETE FROM audit_log WHERE entity = 'subscription:usr_3' AND $1 <> ''",
    'plain',
    'subscription-unpaid',
  ],
  [
    'a name prolonged by hand',
    "INSERT INTO name_change (id, name_id, at_ms, what, evidence) VALUES ('chg_1', 'nam_1', 1, 'paid', 'x' || $1)",
    'plain',
    'name-unpaid',
  ],
  ['a payment set to settled', "UPDATE payment SET state = 'settled' WHERE id = $1", 'open', 'no-receipt'],
  ['a settled payment set back', "UPDATE payment SET state = 'pending' WHERE id = $1", 'plain', 'credited-unpaid'],
  ['another amount', 'UPDATE payment SET amount = amount - 1 WHERE id = $1', 'plain', 'receipt-amount'],
  ['more that was paid', 'UPDATE payment SET paid_amount = paid_amount + 1 WHERE id = $1', 'plain', 'ledger-paid'],
  ['a refund of more', 'UPDATE refund_owed SET amount = amount + 1 WHERE payment_id = $1', 'over', 'ledger-owed'],
  ['a refund taken away', 'DELETE FROM refund_owed WHERE payment_id = $1', 'little', 'money-lost'],
  [
    'a refund closed by hand',
    "UPDATE refund_owed SET state = 'refunded' WHERE payment_id = $1",
    'over',
    'audit-closed',
  ],
  [
    'a closed refund opened again',
    "UPDATE refund_owed SET state = 'open' WHERE payment_id = $1",
    'gone',
    'ledger-paid',
  ],
  ['a payment taken away', 'DELETE FROM payment WHERE id = $1', 'plain', 'stray-entitlement'],
  ['an entitlement taken away', 'DELETE FROM entitlement WHERE payment_id = $1', 'plain', 'no-entitlement'],
  [
    'an entitlement without payment',
    `INSERT INTO entitlement (payment_id, user_id, purchase, granted, at_ms) SELECT 'pay_x', id, '{}', '{}', 1 FROM account_user WHERE $1 <> ''`,
    'plain',
    'stray-entitlement',
  ],
  [
    'an entitlement of an open payment',
    `INSERT INTO entitlement (payment_id, user_id, purchase, granted, at_ms) SELECT id, user_id, '{}', '{}', 1 FROM payment WHERE id = $1`,
    'open',
    'credited-unpaid',
  ],
  [
    'an entitlement of what is owed back',
    `INSERT INTO entitlement (payment_id, user_id, purchase, granted, at_ms) SELECT id, user_id, '{}', '{}', 1 FROM payment WHERE id = $1`,
    'gone',
    'no-entitlement',
  ],
  ['a receipt taken away', 'DELETE FROM receipt WHERE payment_id = $1', 'plain', 'receipt-gap'],
  ['the last receipt taken away', 'DELETE FROM receipt WHERE payment_id = $1', 'plan', 'receipt-year'],
  [
    'a receipt changed',
    "UPDATE receipt SET document = REPLACE(document, 'alice', 'mallo') WHERE payment_id = $1",
    'over',
    'receipt-hash',
  ],
  [
    'a receipt renumbered',
    "UPDATE receipt SET number = 'NST-2026-000009' WHERE payment_id = $1",
    'gone',
    'receipt-number',
  ],
  ['the count of receipts set back', "UPDATE receipt_year SET last = last - 1 WHERE $1 <> ''", 'plain', 'receipt-year'],
  [
    'an entry of the ledger changed',
    "UPDATE ledger_entry SET amount = amount + 1 WHERE payment_id = $1 AND account = 'revenue:name'",
    'plain',
    'ledger-sum',
  ],
  [
    'entries that add up and are wrong',
    'UPDATE ledger_entry SET amount = amount * 2 WHERE payment_id = $1',
    'plain',
    'ledger-revenue',
  ],
  ['entries taken away', 'DELETE FROM ledger_entry WHERE payment_id = $1', 'over', 'ledger-paid'],
  [
    'entries of another currency',
    "UPDATE ledger_entry SET currency = 'usd' WHERE payment_id = $1",
    'plain',
    'ledger-currency',
  ],
  [
    'an audit row taken away',
    "DELETE FROM audit_log WHERE entity = 'payment:' || $1 AND action = 'payment.settled'",
    'plain',
    'audit-settled',
  ],
  [
    'the audit of a refund taken away',
    "DELETE FROM audit_log WHERE entity = 'payment:' || $1",
    'little',
    'audit-refund',
  ],
];

law('books that nobody touched agree, and each way of touching them is found', async (database) => {
  const ids = await createBooks(database);
  const untouched = await checkAccounts(database);
  assert.deepEqual(untouched, { ok: true, payments: 6, receipts: 4, postings: 6, findings: [] });
  await assert.rejects(
    database.query("UPDATE receipt SET hash = ''"),
    (error) => error instanceof Error && /append-only/.test(`${error.message} ${error.cause}`),
  );
  await unlock(database);
  const undone = new Error('undo');
  for (const [what, sql, of, code] of tampering) {
    await database
      .transaction(async (transaction) => {
        await transaction.query(sql, [ids[of] ?? '']);
        // The check reads within this transaction, which is rolled back afterwards.
        const within = {
          ...database,
          query: transaction.query,
          transaction: async <T>(work: (same: typeof transaction) => Promise<T>) => await work(transaction),
        };
        const { ok, findings } = await checkAccounts(within);
        assert.equal(ok, false, what);
        const codes = findings.map((finding) => finding.code);
        assert.ok(codes.includes(code), `${what}: ${codes.join(', ')}`);
        throw undone;
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error;
      });
  }
  assert.equal((await checkAccounts(database)).ok, true);
});
