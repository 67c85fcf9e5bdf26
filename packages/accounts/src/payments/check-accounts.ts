import type { Database, SqlRow } from '@nostrata/database';
import { checkGrants } from './check-grants.ts';
import type { Finding, Note } from './findings.ts';
import { ledgerAccounts } from './ledger.ts';
import { checkPage, findingsMax } from './limits.ts';
import { hashDocument, type Receipt, receiptNumber } from './receipts.ts';
import { type PaymentRow, purchaseOf } from './rows.ts';

/** What the check of accounts came to. */
export interface AccountsReport {
  readonly ok: boolean;
  readonly payments: number;
  readonly receipts: number;
  readonly postings: number;
  /** The first of them; more say no more. */
  readonly findings: readonly Finding[];
}

/**
 * Compares everything that a payment leaves behind: state, entitlement, receipt, refunds, ledger and audit log. Reads in
 * pages, writes nothing. Whoever runs it beside a server that settles gets a consistent picture payment by payment.
 */
export async function checkAccounts(database: Database): Promise<AccountsReport> {
  const findings: Finding[] = [];
  const note: Note = (code, entity, message) => {
    if (findings.length < findingsMax) findings.push({ code, entity, message });
  };
  const payments = await checkPayments(database, note);
  const receipts = await checkReceipts(database, note);
  const postings = await checkLedger(database, note);
  await checkStrays(database, note);
  await checkGrants(database, note);
  return { ok: findings.length === 0, payments, receipts, postings, findings };
}

interface Traces {
  readonly entitlements: readonly SqlRow[];
  readonly receipts: readonly { readonly document: string }[];
  readonly refunds: readonly RefundTrace[];
  readonly ledger: readonly LedgerTrace[];
  readonly audit: readonly { readonly action: string; readonly details: string }[];
}

interface RefundTrace extends SqlRow {
  readonly id: string;
  readonly amount: number;
  readonly state: string;
}

interface LedgerTrace extends SqlRow {
  readonly transaction_id: string;
  readonly account: string;
  readonly currency: string;
  readonly amount: number;
}

async function checkPayments(database: Database, note: Note): Promise<number> {
  let count = 0;
  for (let cursor = ''; ; ) {
    const rows = await database.query<PaymentRow>(
      `SELECT * FROM payment WHERE id > $1 ORDER BY id LIMIT ${checkPage}`,
      [cursor],
    );
    for (const { id } of rows) await checkPayment(database, id, note);
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < checkPage) return count;
    cursor = last.id;
  }
}

/** All of one payment in one transaction, so that nothing is settled in between. */
async function checkPayment(database: Database, id: string, note: Note): Promise<void> {
  await database.transaction(async (transaction) => {
    const [payment] = await transaction.query<PaymentRow>('SELECT * FROM payment WHERE id = $1', [id]);
    if (payment === undefined) return;
    const traces: Traces = {
      entitlements: await transaction.query('SELECT payment_id FROM entitlement WHERE payment_id = $1', [id]),
      receipts: await transaction.query<{ document: string }>('SELECT document FROM receipt WHERE payment_id = $1', [
        id,
      ]),
      refunds: await transaction.query<RefundTrace>('SELECT id, amount, state FROM refund_owed WHERE payment_id = $1', [
        id,
      ]),
      ledger: await transaction.query<LedgerTrace>(
        'SELECT transaction_id, account, currency, amount FROM ledger_entry WHERE payment_id = $1',
        [id],
      ),
      audit: await transaction.query<{ action: string; details: string }>(
        'SELECT action, details FROM audit_log WHERE entity = $1 ORDER BY seq',
        [`payment:${id}`],
      ),
    };
    const entity = `payment:${id}`;
    judgeCredit(payment, traces, (code, message) => note(code, entity, message));
    judgeMoney(payment, traces, (code, message) => note(code, entity, message));
    judgeAudit(payment, traces, (code, message) => note(code, entity, message));
  });
}

type Say = (code: string, message: string) => void;

function judgeCredit(payment: PaymentRow, { entitlements, receipts, refunds }: Traces, say: Say): void {
  if (payment.state !== 'settled') {
    if (entitlements.length > 0) say('credited-unpaid', `it is ${payment.state} and has an entitlement`);
    if (receipts.length > 0) say('receipt-unpaid', `it is ${payment.state} and has a receipt`);
    return;
  }
  const [receipt] = receipts;
  if (receipt === undefined) return say('no-receipt', 'it is settled and has no receipt');
  const document = parseReceipt(receipt.document);
  if (document === undefined) return say('receipt-broken', 'its receipt cannot be read');
  const isGranted = document.granted !== null;
  if (entitlements.length !== (isGranted ? 1 : 0)) {
    say('no-entitlement', `it has ${entitlements.length} entitlements, and its receipt says ${isGranted ? 1 : 0}`);
  }
  if (!isGranted && refunds.length === 0) say('no-refund', 'nothing was given for it, and nothing is owed back');
  if (document.amount !== payment.amount || document.currency !== payment.currency) {
    say('receipt-amount', 'its receipt has another amount');
  }
}

function parseReceipt(document: string): Receipt | undefined {
  try {
    return JSON.parse(document) as Receipt;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function judgeMoney(payment: PaymentRow, { ledger, refunds, entitlements }: Traces, say: Say): void {
  const sumOf = (account: string): number =>
    ledger.filter((entry) => entry.account === account).reduce((sum, { amount }) => sum + amount, 0);
  const paid = payment.paid_amount ?? 0;
  const owed = sum(refunds);
  const closed = sum(refunds.filter(({ state }) => state !== 'open'));
  const revenue = entitlements.length > 0 ? payment.amount : 0;
  if (ledger.some(({ currency }) => currency !== payment.currency))
    say('ledger-currency', 'the ledger has another currency');
  if (sumOf(ledgerAccounts.provider(payment.provider)) !== paid - closed) {
    say('ledger-paid', `the ledger does not have the ${paid} that were paid, less the ${closed} that were paid back`);
  }
  if (sumOf(ledgerAccounts.refundsOwed) !== closed - owed) {
    say('ledger-owed', `the ledger does not owe the ${owed - closed} of its open refunds`);
  }
  if (sumOf(ledgerAccounts.revenue(purchaseOf(payment).kind)) !== -revenue) {
    say('ledger-revenue', `the ledger has not the revenue of ${revenue}`);
  }
  if (paid !== revenue + owed)
    say('money-lost', `${paid} were paid: ${revenue} bought something, ${owed} are owed back`);
  if (payment.state === 'settled' && paid < payment.amount)
    say('under-paid', 'it is settled with less than its amount');
}

function sum(rows: readonly { readonly amount: number }[]): number {
  return rows.reduce((total, { amount }) => total + amount, 0);
}

function judgeAudit(payment: PaymentRow, { audit, refunds }: Traces, say: Say): void {
  const settled = audit.filter(({ action }) => action === 'payment.settled');
  if (settled.length !== (payment.state === 'settled' ? 1 : 0)) {
    say('audit-settled', `the audit log tells ${settled.length} times that it was settled`);
  }
  for (const { id, state } of refunds) {
    const told = audit.filter(({ details }) => details.includes(JSON.stringify(id)));
    if (told.every(({ action }) => action === 'refund.closed'))
      say('audit-refund', `the audit log does not know ${id}`);
    if (state !== 'open' && !told.some(({ action }) => action === 'refund.closed')) {
      say('audit-closed', `the audit log does not tell who closed ${id}`);
    }
  }
}

async function checkReceipts(database: Database, note: Note): Promise<number> {
  let count = 0;
  const lastByYear = new Map<number, number>();
  for (let cursor = ''; ; ) {
    const rows = await database.query<{ number: string; document: string; hash: string }>(
      `SELECT number, document, hash FROM receipt WHERE number > $1 ORDER BY number LIMIT ${checkPage}`,
      [cursor],
    );
    for (const { number, document, hash } of rows) {
      if (hashDocument(document) !== hash)
        note('receipt-hash', `receipt:${number}`, 'it was changed after it was issued');
      if (parseReceipt(document)?.number !== number)
        note('receipt-number', `receipt:${number}`, 'it names another number');
      const year = Number(number.slice(4, 8));
      const next = (lastByYear.get(year) ?? 0) + 1;
      const wanted = receiptNumber(year, next);
      if (number !== wanted) note('receipt-gap', `receipt:${number}`, `${wanted} is missing before it`);
      lastByYear.set(year, number === wanted ? next : Number(number.slice(9)));
    }
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < checkPage) break;
    cursor = last.number;
  }
  const years = await database.query<{ year: number; last: number }>('SELECT year, last FROM receipt_year');
  for (const { year, last } of years) {
    if (lastByYear.get(year) === last) continue;
    note('receipt-year', `receipt:${receiptNumber(year, last)}`, `the numbers of ${year} do not end with ${last}`);
  }
  if (years.length < lastByYear.size) note('receipt-year', 'receipt', 'receipts of a year have no count');
  return count;
}

async function checkLedger(database: Database, note: Note): Promise<number> {
  const wrong = await database.query<{ transaction_id: string; total: number }>(
    `SELECT transaction_id, CAST(SUM(amount) AS BIGINT) AS total FROM ledger_entry
      GROUP BY transaction_id, currency HAVING SUM(amount) <> 0 ORDER BY transaction_id LIMIT ${findingsMax}`,
  );
  for (const { transaction_id, total } of wrong) {
    note('ledger-sum', `ledger:${transaction_id}`, `its entries add up to ${total}`);
  }
  const [row] = await database.query<{ count: number }>(
    'SELECT COUNT(DISTINCT transaction_id) AS count FROM ledger_entry',
  );
  return Number(row?.count ?? 0);
}

/** What is there without a payment. */
async function checkStrays(database: Database, note: Note): Promise<void> {
  const tables = { entitlement: 'payment_id', receipt: 'number', refund_owed: 'id', ledger_entry: 'transaction_id' };
  for (const [table, key] of Object.entries(tables)) {
    const rows = await database.query<{ key: string }>(
      `SELECT ${key} AS key FROM ${table} WHERE NOT EXISTS (SELECT 1 FROM payment WHERE payment.id = ${table}.payment_id)
        ORDER BY ${key} LIMIT ${findingsMax}`,
    );
    for (const stray of rows) note(`stray-${table.replace('_', '-')}`, `${table}:${stray.key}`, 'it is of no payment');
  }
}
