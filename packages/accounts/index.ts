export { type AuditHeads, type AuditHeadsParts, createAuditHeads } from './src/audit/heads.ts';
export { type AuditReport, type VerifyOptions, verifyAudit } from './src/audit/verify.ts';
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
export { DnsError, type DnsFault, type DnsLookup } from './src/domains/dns.ts';
export { createDnsLookup, type DnsLookupOptions } from './src/domains/resolver.ts';
export {
  createKeyAuthentication,
  type KeyAuthentication,
  type KeyAuthenticationParts,
} from './src/keys/authentication.ts';
export { createKeys, type Keys, type KeysParts } from './src/keys/keys.ts';
export { createKeyRoutes, type KeyRoutesParts } from './src/keys/routes.ts';
export { createKeyUsage, type KeyUsage, type KeyUsageParts } from './src/keys/usage.ts';
export { migrateAccounts } from './src/tables.ts';
