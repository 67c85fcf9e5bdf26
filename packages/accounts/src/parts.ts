import type { Database } from '@nostrata/database';
import type { AuditHeads } from './audit/heads.ts';
import type { Subscriptions } from './billing/subscriptions.ts';
import type { AccountsLogger, AccountsMetrics, AuditLog, Clock, NoticeBoard, RandomBytes } from './contract.ts';
import type { Domains } from './domains/contract.ts';
import type { KeyUsage } from './keys/usage.ts';
import type { Names } from './names/names.ts';
import type { NoticeDispatch } from './notices/dispatch.ts';
import type { Payments } from './payments/payments.ts';
import type { Secrets } from './secrets.ts';
import type { SignIn } from './signin/sign-in.ts';

/** What all parts are made with. */
export interface Shared {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: AccountsLogger;
  readonly metrics: AccountsMetrics;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly secrets: Secrets;
}

/** The parts, put together. */
export interface Parts {
  readonly signIn: SignIn;
  readonly usage: KeyUsage;
  readonly subscriptions: Subscriptions;
  readonly domains: Domains;
  readonly payments: Payments;
  readonly names: Names;
  readonly heads: AuditHeads;
  readonly dispatch: NoticeDispatch;
}
