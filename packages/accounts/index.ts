export { type Accounts, type AccountsOptions, createAccounts } from './src/accounts.ts';
export type { Overview } from './src/admin/overview.ts';
export { type AdminRoutesParts, createAdminRoutes } from './src/admin/routes.ts';
export type { AdminUserAnswer, AdminUserDetails } from './src/admin/users.ts';
export { type AuditHeads, type AuditHeadsParts, createAuditHeads, headKind } from './src/audit/heads.ts';
export type { AuditAnswer } from './src/audit/list.ts';
export { type AuditReport, type VerifyOptions, verifyAudit } from './src/audit/verify.ts';
export { createPlanGranter } from './src/billing/granter.ts';
export type { SubscriptionParts } from './src/billing/parts.ts';
export { defaultPlans, type PlanBook, PlansError, parsePlans } from './src/billing/plans.ts';
export { type BillingRouteParts, createBillingRoutes } from './src/billing/routes.ts';
export {
  createSubscriptions,
  type PlanGrant,
  type SubscriptionAnswer,
  type Subscriptions,
} from './src/billing/subscriptions.ts';
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
export type { DomainAnswer, DomainCheckAnswer } from './src/domains/routes.ts';
export {
  createKeyAuthentication,
  type KeyAuthentication,
  type KeyAuthenticationParts,
} from './src/keys/authentication.ts';
export { createKeys, type Keys, type KeysParts, type ShownKey } from './src/keys/keys.ts';
export { createKeyRoutes, type KeyRoutesParts } from './src/keys/routes.ts';
export type { KeyAnswer } from './src/keys/rows.ts';
export { createKeyUsage, type KeyUsage, type KeyUsageParts, type UsageHour } from './src/keys/usage.ts';
export type { AdminNameAnswer, AskedRule, NameAdmin, RuleAnswer } from './src/names/admin.ts';
export type {
  ChangeAnswer,
  CheckAnswer,
  FindUser,
  HostAudit,
  HostCheck,
  NameAnswer,
  NameDomains,
  NameUser,
  RegisterAnswer,
  VerifyAnswer,
} from './src/names/contract.ts';
export { createNames, type HostsAnswer, type NameParts, type Names } from './src/names/names.ts';
export { createNameRoutes, type NameRouteParts } from './src/names/routes.ts';
export { createNameSettings, type LengthPrice, type NameSettings } from './src/names/settings.ts';
export { createNoticeDispatch, type NoticeDispatch } from './src/notices/dispatch.ts';
export { createHooks, type Hooks, type HooksParts, type ShownHook } from './src/notices/hooks.ts';
export { createHookRoutes, type HookRoutesParts } from './src/notices/routes.ts';
export type { DeliveryAnswer, HookAnswer } from './src/notices/rows.ts';
export { type AccountsReport, checkAccounts } from './src/payments/check-accounts.ts';
export type { Finding } from './src/payments/findings.ts';
export type { PaymentParts } from './src/payments/parts.ts';
export { createPayments, type Payments, type PaymentsAdmin } from './src/payments/payments.ts';
export type { PaymentProvider } from './src/payments/provider.ts';
export type { Seller } from './src/payments/receipts.ts';
export type { RefundAnswer } from './src/payments/refunds.ts';
export { createPaymentRoutes, type PaymentRouteParts } from './src/payments/routes.ts';
export { type CheckedProvider, checkProvider, type ProviderCheck } from './src/providers/check.ts';
export { createProviders, type ProviderParts } from './src/providers/providers.ts';
export { type ProviderSettings, parseProviders } from './src/providers/settings.ts';
export { migrateAccounts } from './src/tables.ts';
