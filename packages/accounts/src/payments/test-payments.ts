import { createHash } from 'node:crypto';
import type { Database } from '@nostrata/database';
import { createFakeClock, seededRandom } from '@nostrata/testing';
import { createAuditLog } from '../audit/append.ts';
import { createPlanGranter } from '../billing/granter.ts';
import { defaultPlans } from '../billing/plans.ts';
import { createSubscriptions } from '../billing/subscriptions.ts';
import type { AccountsLogger, AuditEntry, Granted, Granter, Purchase } from '../contract.ts';
import { createNoticeBoard } from '../notices/board.ts';
import type { PaymentParts } from './parts.ts';
import { createPayments } from './payments.ts';
import { type InvoiceState, type PaymentProvider, ProviderError } from './provider.ts';

/** Midday of a day in a year that tests live in. */
export const noonMs = Date.UTC(2026, 2, 31, 12);

/** The pubkey of all buyers of tests. */
export const buyerPubkey = 'ab'.repeat(32);

/** A provider in this process whose invoices are what a test says they are. */
export interface ScriptedProvider extends PaymentProvider {
  /** Times it was asked for a state. */
  readonly loads: () => number;
  /** Refs in the order they were made. */
  readonly refs: readonly string[];
  /** What it knows of an invoice, also while it is away. */
  peek(ref: string): InvoiceState | undefined;
  /** Says what came of an invoice. */
  set(ref: string, state: Partial<InvoiceState>): void;
  /** Whether anybody answers. */
  setAway(isAway: boolean): void;
  /** Hands the next invoice this ref. */
  repeatRef(ref: string): void;
  hint(ref: string): void;
}

/** Creates one. Its deliveries are `<delivery> <ref>` with the secret in the path. */
export function createScriptedProvider(name = 'lnbits', currency = 'msat'): ScriptedProvider {
  const invoices = new Map<string, InvoiceState>();
  const refs: string[] = [];
  const watchers = new Set<(ref: string) => void>();
  let [loads, isAway, nextRef] = [0, false, undefined as string | undefined];
  const answer = (): void => {
    if (isAway) throw new ProviderError('away', 'nobody answers');
  };
  return {
    name,
    kind: currency === 'msat' ? 'lightning' : 'card',
    currency,
    async create({ paymentId, expiresMs }) {
      answer();
      const hash = createHash('sha256').update(`${name} ${paymentId}`).digest('hex');
      const ref = nextRef ?? hash;
      nextRef = undefined;
      refs.push(ref);
      invoices.set(ref, {
        state: 'pending',
        paidAmount: 0,
        currency,
        paymentId,
        paymentHash: currency === 'msat' ? ref : null,
        preimage: null,
      });
      const isLightning = currency === 'msat';
      return {
        ref,
        bolt11: isLightning ? `lnbc${ref}` : null,
        paymentHash: isLightning ? ref : null,
        checkoutUrl: isLightning ? null : `https://pay.example/${ref}`,
        expiresMs,
      };
    },
    async load(ref) {
      loads += 1;
      answer();
      const invoice = invoices.get(ref);
      return (
        invoice ?? { state: 'unknown', paidAmount: 0, currency, paymentId: null, paymentHash: null, preimage: null }
      );
    },
    readDelivery({ rawBody, pathSecret }) {
      if (pathSecret !== 'right') return { ok: false, reason: 'forged' };
      const [deliveryId = '', ref = ''] = new TextDecoder().decode(rawBody).split(' ');
      return { ok: true, deliveryId, ref: ref === '' ? null : ref };
    },
    watch(onHint) {
      watchers.add(onHint);
      return {
        async stop() {
          watchers.delete(onHint);
        },
      };
    },
    loads: () => loads,
    refs,
    peek: (ref) => invoices.get(ref),
    set: (ref, state) => {
      const invoice = invoices.get(ref);
      if (invoice !== undefined) invoices.set(ref, { ...invoice, ...state });
    },
    setAway: (value) => {
      isAway = value;
    },
    repeatRef: (ref) => {
      nextRef = ref;
    },
    hint: (ref) => {
      for (const watcher of watchers) watcher(ref);
    },
  };
}

/** A granter of names that gives what a test says. */
export interface ScriptedGranter extends Granter {
  readonly granted: string[];
  readonly held: { readonly purchase: Purchase; readonly untilMs: number }[];
  answer: Granted;
}

function createScriptedGranter(): ScriptedGranter {
  const granter: ScriptedGranter = {
    granted: [],
    held: [],
    answer: { kind: 'granted', details: { name: 'nam_1' } },
    quote: async () => ({
      description: 'alice@example.com, one year',
      price: { msat: 21_000_000, fiat: { currency: 'usd', minor: 900 } },
      creditMsat: 0,
      isDiscounted: true,
      terms: { name: 'nam_1' },
    }),
    async hold(_, purchase, untilMs) {
      granter.held.push({ purchase, untilMs });
    },
    async grant(_, paid) {
      granter.granted.push(paid.paymentId);
      return granter.answer;
    },
  };
  return granter;
}

/** What a test may put in place of the usual. */
export interface PaymentTestOptions {
  readonly providers?: readonly PaymentProvider[];
  readonly loadDiscountPercent?: (pubkey: string) => Promise<number>;
  readonly taxPercent?: number;
  readonly seed?: number;
}

/** Payments over a database, with scripted providers, a clock of the test, and one buyer. */
export async function createPaymentTest(database: Database, options: PaymentTestOptions = {}) {
  const clock = createFakeClock(noonMs);
  const random = seededRandom(options.seed ?? 7);
  const timers = new Set<() => void>();
  const provider = createScriptedProvider();
  const card = createScriptedProvider('stripe', 'usd');
  const names = createScriptedGranter();
  const logger = createTestLogger();
  const counted: string[] = [];
  const base = {
    database,
    clock: {
      now: clock.now,
      after: (_: number, callback: () => void) => {
        timers.add(callback);
        return () => timers.delete(callback);
      },
    },
    random: (count: number) => Uint8Array.from({ length: count }, () => Math.floor(random.next() * 256)),
    audit: createAuditLog(database, clock),
    logger,
    metrics: {
      payment: (of: string, state: string) => counted.push(`${of} ${state}`),
      delivery: (of: string, outcome: string) => counted.push(`${of} ${outcome}`),
      failed: (where: string) => counted.push(`failed ${where}`),
    },
    plans: defaultPlans(),
  };
  const notices = createNoticeBoard(clock, base.random);
  const planGranter = createPlanGranter({ ...base, notices });
  const parts: PaymentParts = {
    ...base,
    notices,
    providers: options.providers ?? [provider, card],
    granterOf: (kind) => (kind === 'plan' ? planGranter : names),
    loadDiscountPercent: options.loadDiscountPercent ?? (async () => 0),
    seller: { name: 'Example', address: [], npub: null, taxId: null, taxPercent: options.taxPercent ?? 0 },
    origin: 'https://example.com',
    returnPath: (id) => `/payments/${id}`,
  };
  await addUser(database, 'usr_1', buyerPubkey);
  const payments = createPayments(parts);
  return {
    clock,
    timers,
    provider,
    card,
    names,
    logger,
    counted,
    parts,
    payments,
    plans: base.plans,
    subscriptions: createSubscriptions({ ...base, notices }),
  };
}

/** A buyer. */
export async function addUser(database: Database, id: string, pubkey: string | null): Promise<void> {
  await database.query(
    `INSERT INTO account_user (id, pubkey, role, state, created_ms) VALUES ($1, $2, 'user', 'active', $3)`,
    [id, pubkey, noonMs],
  );
}

/** What was written to a log. */
export interface TestLogger extends AccountsLogger {
  readonly lines: string[];
}

function createTestLogger(): TestLogger {
  const lines: string[] = [];
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  return { lines, info: write('info'), warn: write('warn'), error: write('error') };
}

/** How many rows each table of money has, and what the ledger adds up to. */
export async function countMoney(database: Database): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['entitlement', 'receipt', 'refund_owed', 'payment', 'notice', 'audit_log']) {
    const [row] = await database.query<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`);
    counts[table] = Number(row?.count);
  }
  const [ledger] = await database.query<{ count: number; sum: number }>(
    'SELECT COUNT(DISTINCT transaction_id) AS count, CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS sum FROM ledger_entry',
  );
  return { ...counts, postings: Number(ledger?.count), sum: Number(ledger?.sum) };
}

/** Entries of the audit log, in order. */
export async function auditActions(database: Database): Promise<AuditEntry['action'][]> {
  const rows = await database.query<{ action: string }>('SELECT action FROM audit_log ORDER BY seq');
  return rows.map(({ action }) => action);
}
