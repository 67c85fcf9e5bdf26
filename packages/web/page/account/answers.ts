/** What the API of accounts answers with, as the pages use it. Times are ISO 8601 in UTC. */

/** What somebody may do by their plan. */
export interface EntitlementsAnswer {
  readonly names: number;
  readonly domains: number;
  readonly apiKeys: number;
  readonly hooks: number;
  readonly scopes: readonly string[];
  readonly rate: { readonly name: string; readonly requestsMax: number; readonly windowMs: number };
}

/** Who is signed in. */
export interface Me {
  readonly id: string;
  readonly pubkey: string | null;
  readonly npub: string | null;
  readonly linkingKeys: readonly { readonly key: string; readonly createdAt: string }[];
  readonly role: 'user' | 'support' | 'admin';
  readonly state: string;
  readonly createdAt: string;
  readonly plan: string;
  readonly entitlements: EntitlementsAnswer;
  readonly session: { readonly id: string; readonly expiresAt: string } | null;
  readonly csrfToken: string | null;
}

/** What signing in gives a page: the session itself is in a cookie that it cannot read. */
export interface SignedIn {
  readonly expiresAt: string;
  readonly csrfToken: string | null;
  readonly user: Me;
}

/** What is to be signed to sign in (kind 22242). */
export interface Challenge {
  readonly challenge: string;
  readonly relay: string;
  readonly domain: string;
  readonly expiresAt: string;
}

/** A Lightning wallet's way in (LUD-04). */
export interface LnurlStart {
  readonly lnurl: string;
  readonly k1: string;
  readonly pollSecret: string;
  readonly expiresAt: string;
}

/** One session of a user. */
export interface SessionAnswer {
  readonly id: string;
  readonly method: string;
  readonly agent: string;
  readonly address: string;
  readonly createdAt: string;
  readonly usedAt: string;
  readonly expiresAt: string;
  readonly isCurrent: boolean;
}

/** A list that may go on. */
export interface ListAnswer<Entry> {
  readonly items: readonly Entry[];
  readonly next?: string | null | undefined;
}

/** A price in each currency; `minor` is in the smallest unit. */
export interface PriceAnswer {
  readonly msat: number;
  readonly fiat?: { readonly currency: string; readonly minor: number } | undefined;
}

/** How long a payment for a plan lasts. */
export type Period = 'month' | 'year' | 'lifetime';

/** A plan as it is sold. */
export interface PlanAnswer {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly prices: { readonly [period in Period]?: PriceAnswer | undefined };
  readonly trialDays: number;
  readonly graceDays: number;
  readonly entitlements: EntitlementsAnswer;
}

/** Everything that is sold, and how it can be paid. */
export interface PlansAnswer {
  readonly items: readonly PlanAnswer[];
  readonly providers: readonly { readonly name: string; readonly kind: 'lightning' | 'card' }[];
  readonly discountPercent: number | null;
}

/** What somebody has subscribed to. */
export interface SubscriptionAnswer {
  readonly plan: string;
  readonly period: Period | null;
  readonly phase: 'none' | 'trial' | 'active' | 'grace' | 'expired' | 'suspended';
  readonly trialEndsAt: string | null;
  readonly periodEnd: string | null;
  readonly graceEndsAt: string | null;
  readonly isLifetime: boolean;
  readonly cancelsAtEnd: boolean;
  readonly next: { readonly plan: string; readonly period: Period } | null;
}

/** A receipt in the list of them. */
export interface ReceiptEntry {
  readonly number: string;
  readonly issuedAt: string;
  readonly description: string;
  readonly currency: string;
  readonly amount: number;
  readonly paid: number;
  readonly paymentId: string;
}
