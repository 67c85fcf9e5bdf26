import type { Database } from '@nostrata/database';
import type {
  AccountsLogger,
  AccountsMetrics,
  AuditLog,
  Clock,
  Granter,
  NoticeBoard,
  Purchase,
  RandomBytes,
} from '../contract.ts';
import type { PaymentProvider } from './provider.ts';
import type { Seller } from './receipts.ts';

/** What payments are put together from. */
export interface PaymentParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly logger: AccountsLogger;
  readonly metrics: AccountsMetrics;
  /** The first is used where nobody chooses. */
  readonly providers: readonly PaymentProvider[];
  /** Who sells that kind of thing. */
  granterOf(kind: Purchase['kind']): Granter;
  /** Percent that trust takes off for that pubkey. It may fail or take long: then nothing is taken off. */
  loadDiscountPercent(pubkey: string): Promise<number>;
  readonly seller: Seller;
  /** Where providers call and browsers return: `https://example.com`. */
  readonly origin: string;
  /** Path and query of the page that a browser returns to from a payment. */
  returnPath(paymentId: string): string;
}
