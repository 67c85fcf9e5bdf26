export type {
  AccountsLogger,
  AccountsMetrics,
  Entitlements,
  PaymentAnswer,
  PaymentState,
  Period,
  Plan,
  Price,
  Purchase,
} from './src/contract.ts';
export { migrateAccounts } from './src/tables.ts';
