import { remind } from './billing/reminders.ts';
import type { Parts, Shared } from './parts.ts';

/** Something to be done again and again. */
export interface AccountsJob {
  readonly name: string;
  readonly everyMs: number;
  /** `api`: in every process that answers; `jobs`: in those that do jobs, any number of them. */
  readonly role: 'api' | 'jobs';
  run(): Promise<unknown>;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** What has to be done for the parts. Several processes may do the same: rows are claimed. */
export function createAccountsJobs(shared: Shared, parts: Parts): AccountsJob[] {
  const { signIn, usage, domains, payments, names, heads, dispatch } = parts;
  const jobs = (name: string, everyMs: number, run: () => Promise<unknown>): AccountsJob => ({
    ...{ name: `accounts.${name}`, everyMs, role: 'jobs', run },
  });
  return [
    { name: 'accounts.usage', everyMs: 10 * second, role: 'api', run: () => usage.flush() },
    jobs('inbox', 2 * second, () => payments.inbox.process()),
    jobs('reconcile', 5 * second, () => payments.reconcile()),
    jobs('notices', second, () => dispatch.dispatch()),
    jobs('notices-prune', 24 * hour, () => dispatch.prune()),
    jobs('names', minute, () => names.sweep()),
    jobs('domains', minute, () => domains.recheckDue()),
    jobs('sign-in', 5 * minute, () => signIn.sweep()),
    jobs('reminders', hour, () => remind(shared)),
    jobs('audit', hour, () => heads.anchor()),
    jobs('usage-prune', 6 * hour, () => usage.prune()),
  ];
}
