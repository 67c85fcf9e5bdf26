import type { NostrEvent } from '@nostrata/protocol';
import type { PlanBook } from '../billing/plans.ts';
import type { Subscriptions } from '../billing/subscriptions.ts';
import type { NameAdmin } from '../names/admin.ts';
import type { PaymentsAdmin } from '../payments/payments.ts';

/** What the administration needs of names. */
export type AdminNames = NameAdmin;

/** What it needs of payments and refunds. */
export type AdminPayments = PaymentsAdmin;

/** What it needs of subscriptions. */
export type AdminSubscriptions = Pick<Subscriptions, 'entitlementsOf' | 'show' | 'grant' | 'suspend' | 'restore'>;

/** What it needs of plans. */
export type AdminPlans = Pick<PlanBook, 'plans'>;

/** What the audit log is compared with besides the database. */
export interface AuditWitness {
  /** The pubkey (hex) that signs heads; undefined where nobody does. */
  readonly signer: string | undefined;
  /** Heads as relays have them. */
  loadPublished(): Promise<readonly NostrEvent[]>;
}
