import type { Database } from '@nostrata/database';
import type { AccountsLogger, AuditLog, Clock, NoticeBoard } from '../contract.ts';
import type { PlanBook } from './plans.ts';

/** What subscriptions are put together from. */
export interface SubscriptionParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly plans: PlanBook;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly logger: AccountsLogger;
}
