import type { Queryable } from '@nostrata/database';
import type { RateTier } from '@nostrata/http';

/** Milliseconds since 1970, and timers: injected. */
export interface Clock {
  now(): number;
  /** Calls back once after that many milliseconds; the returned function takes it back. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Bytes that nobody can guess, so many. */
export type RandomBytes = (count: number) => Uint8Array;

/** Where the room writes what its operator should know; pino fits. Ids alone, never a secret or a body. */
export interface AccountsLogger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Facts that the room reports as they happen; every one may be left out. */
export interface AccountsMetrics {
  /** Ways of signing in and how they went: `challenge`, `nip98`, `lnurl`; `ok` or a word. */
  signIn?(method: string, outcome: string): void;
  /** States that payments come to, by provider. */
  payment?(provider: string, state: string): void;
  /** Deliveries of providers and to users: `accepted`, `forged`, `repeated`, `delivered`, `failed`. */
  delivery?(of: string, outcome: string): void;
  failed?(where: string): void;
}

/** A price in each currency it can be paid in; `minor` is in the smallest unit (cents). */
export interface Price {
  readonly msat: number;
  readonly fiat?: { readonly currency: string; readonly minor: number } | undefined;
}

/** How long a payment for a plan lasts. */
export type Period = 'month' | 'year' | 'lifetime';

/** What somebody may do at this moment. */
export interface Entitlements {
  /** The id of the plan that they come from. */
  readonly plan: string;
  /** Names that are covered by the plan, without a price of their own. */
  readonly names: number;
  readonly domains: number;
  readonly apiKeys: number;
  readonly hooks: number;
  /** Scopes that API keys can have. */
  readonly scopes: readonly string[];
  readonly rate: RateTier;
}

/** A plan as the operator sells it. The first of the configuration is what everybody has who pays nothing. */
export interface Plan {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Empty of the free plan. */
  readonly prices: { readonly [period in Period]?: Price | undefined };
  /** Days without payment before the first; 0 for none. */
  readonly trialDays: number;
  /** Days after the end of a period in which everything still works. */
  readonly graceDays: number;
  readonly entitlements: Omit<Entitlements, 'plan' | 'rate'> & {
    readonly requests: number;
    readonly perSeconds: number;
  };
}

/** What an entry of the audit log says. No secrets, no personal data but ids. */
export interface AuditEntry {
  /** `user:<id>`, `key:<id>`, `provider:<name>`, `system`, `operator`. */
  readonly actor: string;
  /** A dotted verb: `payment.settled`, `name.transferred`. */
  readonly action: string;
  /** `payment:<id>` and the like. */
  readonly entity: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes entries of the audit log within the transaction of what they tell of. */
export interface AuditLog {
  append(transaction: Queryable, entry: AuditEntry): Promise<void>;
}

/** What users can be told. */
export type Topic =
  | 'payment.settled'
  | 'payment.refund-owed'
  | 'subscription.changed'
  | 'subscription.reminder'
  | 'name.changed'
  | 'domain.changed'
  | 'key.revoked'
  | 'hook.disabled';

/** Something that a user is told, through the webhooks they set up. */
export interface Notice {
  readonly userId: string;
  readonly topic: Topic;
  readonly payload: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes notices within the transaction of what they tell of; they are sent afterwards. */
export interface NoticeBoard {
  add(transaction: Queryable, notice: Notice): Promise<void>;
}

/** Reads what a user may do, from the subscription at this moment. */
export interface EntitlementReads {
  entitlementsOf(userId: string): Promise<Entitlements>;
  /** The end (ms) up to which everything of the plan works, the grace included; null for ever, undefined without a paid plan. */
  coveredUntil(userId: string): Promise<number | null | undefined>;
}

/** What is bought. */
export type Purchase =
  | { readonly kind: 'plan'; readonly plan: string; readonly period: Period }
  | { readonly kind: 'name'; readonly nameId: string; readonly years: number };

/** What a purchase costs and what it stands for, fixed when the payment is opened. */
export interface Quote {
  /** For receipts: `Pro, one year`, `alice@example.com, one year`. */
  readonly description: string;
  readonly price: Price;
  /** The unused value of what is given up for it, taken off; whole millisatoshi. */
  readonly creditMsat: number;
  /** Whether the discount of trusted people is taken off. */
  readonly isDiscounted: boolean;
  /** What the granter wants to know again when the payment settles; JSON. */
  readonly terms: Readonly<Record<string, string | number | boolean | null>>;
}

/** A payment as granters see it. */
export interface PaidPurchase {
  readonly paymentId: string;
  readonly userId: string;
  readonly purchase: Purchase;
  readonly terms: Quote['terms'];
  /** What was to be paid, in millisatoshi where it was paid by Lightning; the price in msat where by card. */
  readonly amountMsat: number;
  readonly settledMs: number;
}

/** What came of a payment: what was given, or why it has to be paid back. */
export type Granted =
  | { readonly kind: 'granted'; readonly details: Readonly<Record<string, string | number | null>> }
  | { readonly kind: 'refund'; readonly reason: string };

/** Sells one kind of purchase. */
export interface Granter {
  /** @throws Problem where it cannot be bought */
  quote(userId: string, purchase: Purchase): Promise<Quote>;
  /** Prolongs what is held for the buyer up to the end of the invoice; called in the transaction that opens the payment. */
  hold(transaction: Queryable, purchase: Purchase, untilMs: number): Promise<void>;
  /** Gives what was paid for; called once for a payment, in the transaction that settles it. Never throws for what the buyer did. */
  grant(transaction: Queryable, paid: PaidPurchase): Promise<Granted>;
}

/** Opens payments, for other parts that sell something. */
export interface Checkout {
  /** @throws Problem */
  open(asked: OpenPayment): Promise<PaymentAnswer>;
}

/** What a payment is opened with. */
export interface OpenPayment {
  readonly userId: string;
  readonly purchase: Purchase;
  /** The name of a provider that is configured; the first unless told. */
  readonly provider?: string | undefined;
  /** For the audit log: the user unless told, or one of the user's keys. */
  readonly actor?: string | undefined;
  /** The same key of the same user gives the same payment. */
  readonly idempotencyKey?: string | undefined;
}

/** States of a payment. `expired` may still become settled: late payments are looked for. */
export type PaymentState = 'pending' | 'processing' | 'settled' | 'expired' | 'failed';

/** A payment as its buyer sees it. Times are ISO 8601 in UTC. */
export interface PaymentAnswer {
  readonly id: string;
  readonly state: PaymentState;
  readonly provider: string;
  readonly purchase: Purchase;
  readonly description: string;
  /** `msat` or a currency code in lower case (`usd`). */
  readonly currency: string;
  /** Whole numbers of the smallest unit. `price` before discount and credit, `amount` what is to be paid. */
  readonly amount: number;
  readonly price: number;
  readonly discountPercent: number;
  readonly credit: number;
  /** A Lightning invoice to pay, and a page of the provider to pay on; null where there is none. */
  readonly bolt11: string | null;
  readonly checkoutUrl: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly settledAt: string | null;
  readonly receipt: string | null;
  /** Where the payment came but could not be used: what is owed back. */
  readonly refund: { readonly amount: number; readonly reason: string; readonly state: 'open' | 'refunded' } | null;
  readonly failure: string | null;
}
