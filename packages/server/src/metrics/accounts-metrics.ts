import type { AccountsMetrics } from '@nostrata/accounts';
import type { Registry } from './registry.ts';

export type { AccountsMetrics };

/** Creates the metrics of accounts; where there are none they stay empty. */
export function createAccountsMetrics(registry: Registry): AccountsMetrics {
  const signIns = registry.counter('nostrata_accounts_sign_ins_total', 'Tries to sign in, by method and outcome.');
  const payments = registry.counter('nostrata_accounts_payments_total', 'States that payments came to, by provider.');
  const deliveries = registry.counter('nostrata_accounts_deliveries_total', 'Webhooks in and out, by outcome.');
  const failures = registry.counter('nostrata_accounts_failures_total', 'Failures that were dealt with, by place.');
  return {
    signIn: (method, outcome) => signIns.add({ method, outcome }),
    payment: (provider, state) => payments.add({ provider, state }),
    delivery: (of, outcome) => deliveries.add({ of, outcome }),
    failed: (where) => failures.add({ where }),
  };
}
