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
export type { AdminNameAnswer, AskedRule, NameAdmin, RuleAnswer } from './src/names/admin.ts';
export type {
  ChangeAnswer,
  CheckAnswer,
  FindUser,
  NameAnswer,
  NameDomains,
  NameUser,
  RegisterAnswer,
} from './src/names/contract.ts';
export { createNames, type HostsAnswer, type NameParts, type Names } from './src/names/names.ts';
export { createNameRoutes, type NameRouteParts } from './src/names/routes.ts';
export { createNameSettings, type LengthPrice, type NameSettings } from './src/names/settings.ts';
export { migrateAccounts } from './src/tables.ts';
