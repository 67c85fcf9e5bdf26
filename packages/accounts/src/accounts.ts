import type { Database } from '@nostrata/database';
import type { Authenticate, Caller, HttpRoute, Outgoing } from '@nostrata/http';
import type { NostrEvent, UnsignedEvent } from '@nostrata/protocol';
import type { AuditWitness } from './admin/contract.ts';
import { createAdminRoutes } from './admin/routes.ts';
import { createAuditLog } from './audit/append.ts';
import { createAuditHeads } from './audit/heads.ts';
import { createPlanGranter } from './billing/granter.ts';
import type { PlanBook } from './billing/plans.ts';
import { createBillingRoutes } from './billing/routes.ts';
import { createSubscriptions } from './billing/subscriptions.ts';
import type { AccountsLogger, AccountsMetrics, Clock, RandomBytes } from './contract.ts';
import type { DnsLookup } from './domains/dns.ts';
import { createDomains } from './domains/domains.ts';
import { createDomainRoutes } from './domains/routes.ts';
import { type AccountsJob, createAccountsJobs } from './jobs.ts';
import { createKeyAuthentication } from './keys/authentication.ts';
import { createKeys } from './keys/keys.ts';
import { createKeyRoutes } from './keys/routes.ts';
import { createKeyUsage } from './keys/usage.ts';
import { createNames, type Names } from './names/names.ts';
import { createNameRoutes } from './names/routes.ts';
import type { NameSettings } from './names/settings.ts';
import { createNoticeBoard } from './notices/board.ts';
import { createNoticeDispatch } from './notices/dispatch.ts';
import { createHooks } from './notices/hooks.ts';
import { createHookRoutes } from './notices/routes.ts';
import type { Parts, Shared } from './parts.ts';
import { createPayments, type Payments } from './payments/payments.ts';
import type { PaymentProvider } from './payments/provider.ts';
import type { Seller } from './payments/receipts.ts';
import { createPaymentRoutes } from './payments/routes.ts';
import { createSecrets } from './secrets.ts';
import { createSignInRoutes } from './signin/routes.ts';
import { createSignIn } from './signin/sign-in.ts';

/** What an installation decides about its accounts, and what they work with. */
export interface AccountsOptions {
  /** With the tables of `migrateAccounts`. */
  readonly database: Database;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: AccountsLogger;
  readonly metrics: AccountsMetrics;
  /** At least 32 bytes, the same for all processes of the installation. */
  readonly secret: Uint8Array;
  /** The public address: `https://example.com`. */
  readonly origin: string;
  /** Pubkeys that are administrators. */
  readonly admins: readonly string[];
  readonly plans: PlanBook;
  readonly names: NameSettings;
  readonly seller: Seller;
  /** The first is used where nobody chooses. */
  readonly providers: readonly PaymentProvider[];
  /** Recursive name servers that do not share a cache. */
  readonly lookups: readonly DnsLookup[];
  /** Whether domains outside of the public DNS can be claimed, and webhooks do without TLS: for trials. */
  readonly allowLocalHosts?: boolean | undefined;
  /** To servers whose address users chose. */
  readonly outgoing: Outgoing;
  /** Percent that trust takes off the price for a pubkey; it may fail. */
  loadDiscountPercent(pubkey: string): Promise<number>;
  /** Signs heads of the audit log with the key of the installation. */
  sign(event: Omit<UnsignedEvent, 'pubkey'>): NostrEvent | Promise<NostrEvent>;
  publish(event: NostrEvent): Promise<void>;
  /** Who signs them, and what relays have of them. */
  readonly witness: AuditWitness;
}

/** People who sign in and pay. */
export interface Accounts extends AsyncDisposable {
  readonly routes: readonly HttpRoute[];
  readonly authenticate: Authenticate;
  /** Counts what keys are used for. */
  onAnswered(caller: Caller | undefined, route: string, status: number): void;
  /** What has to be done again and again, and by which processes. */
  readonly jobs: readonly AccountsJob[];
  /** Ends names of a pubkey that asked to vanish (NIP-62), those that it had then. */
  eraseForPubkey(pubkey: string, untilMs: number): Promise<number>;
  /** Appoints the admins; once at each start. */
  start(): Promise<void>;
  /** Listens to providers that tell by themselves; for processes that do jobs. */
  watchProviders(): { stop(): Promise<void> };
  /** Writes what was counted. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Puts the parts of accounts together.
 * @throws RangeError where the settings are wrong
 */
export function createAccounts(options: AccountsOptions): Accounts {
  const { database, clock, random } = options;
  const shared: Shared = {
    ...options,
    audit: createAuditLog(database, clock),
    notices: createNoticeBoard(clock, random),
    secrets: createSecrets(options.secret),
  };
  const parts = createParts(options, shared);
  const { signIn, usage, payments, names } = parts;
  return {
    routes: createRoutes(options, shared, parts),
    authenticate: signIn.authenticate,
    onAnswered: (caller, route, status) => usage.count(caller, route, status),
    jobs: createAccountsJobs(shared, parts),
    eraseForPubkey: names.eraseForPubkey,
    start: () => signIn.appointAdmins(),
    watchProviders: () => payments.watch(),
    stop: () => usage.flush(),
    [Symbol.asyncDispose]: () => usage.flush(),
  };
}

function createParts(options: AccountsOptions, shared: Shared): Parts {
  const { database } = shared;
  const { origin, admins, plans, outgoing, lookups } = options;
  const subscriptions = createSubscriptions({ ...shared, plans });
  const usage = createKeyUsage(shared);
  const authenticateKey = createKeyAuthentication({ ...shared, entitlements: subscriptions, usage });
  const signIn = createSignIn({
    ...shared,
    settings: { origin, admins },
    entitlements: subscriptions,
    authenticateKey,
  });
  const domains = createDomains({
    ...shared,
    entitlements: subscriptions,
    lookups,
    outgoing,
    ownHosts: { origin, managedHosts: options.names.hosts, allowsLocal: options.allowLocalHosts },
  });
  const payments: Payments = createPayments({
    ...shared,
    providers: options.providers,
    granterOf: (kind) => (kind === 'plan' ? planGranter : names.granter),
    loadDiscountPercent: options.loadDiscountPercent,
    seller: options.seller,
    origin,
    returnPath: (paymentId) => `/account/payments/${paymentId}`,
  });
  const planGranter = createPlanGranter({ ...shared, plans });
  const names: Names = createNames({
    ...shared,
    settings: options.names,
    entitlements: subscriptions,
    domains,
    findUser: (transaction, pubkey) => signIn.findUser(transaction, pubkey),
    checkout: payments,
    origin,
    outgoing,
  });
  const heads = createAuditHeads({ ...shared, database, sign: options.sign, publish: options.publish });
  const dispatch = createNoticeDispatch({ ...shared, entitlements: subscriptions, outgoing });
  return { signIn, usage, subscriptions, domains, payments, names, heads, dispatch };
}

function createRoutes(options: AccountsOptions, shared: Shared, parts: Parts): HttpRoute[] {
  const { signIn, usage, subscriptions, domains, payments, names } = parts;
  const { providers, plans, witness, allowLocalHosts } = options;
  return [
    ...createSignInRoutes(signIn),
    ...createKeyRoutes({ keys: createKeys({ ...shared, entitlements: subscriptions }), usage, clock: shared.clock }),
    ...createBillingRoutes({
      plans,
      subscriptions,
      providers,
      discountOf: (pubkey) => payments.discountOf(pubkey),
    }),
    ...createPaymentRoutes({ ...shared, payments }),
    ...createDomainRoutes({ domains }),
    ...createNameRoutes({ names }),
    ...createAdminRoutes({ ...shared, names: names.admin, payments: payments.admin, plans, subscriptions, witness }),
    ...createHookRoutes({ hooks: createHooks({ ...shared, allowLocalHosts, entitlements: subscriptions }) }),
  ];
}
