import type { HttpRoute } from '@nostrata/http';
import { type AdminAuditRoutesParts, createAdminAuditRoutes } from './audit-routes.ts';
import type { AdminNames, AdminPayments, AdminPlans, AdminSubscriptions } from './contract.ts';
import { createAdminMoneyRoutes } from './money-routes.ts';
import { createAdminNameRoutes } from './name-routes.ts';
import { createAdminUserRoutes } from './user-routes.ts';
import { createAdminUsers } from './users.ts';

/** What the administration is put together from. */
export interface AdminRoutesParts extends AdminAuditRoutesParts {
  readonly names: AdminNames;
  readonly payments: AdminPayments;
  readonly plans: AdminPlans;
  readonly subscriptions: AdminSubscriptions;
}

/** All routes of the administration: support looks, admins change, and every change is in the audit log. */
export function createAdminRoutes(parts: AdminRoutesParts): HttpRoute[] {
  return [
    ...createAdminAuditRoutes(parts),
    ...createAdminUserRoutes({ ...parts, users: createAdminUsers(parts) }),
    ...createAdminNameRoutes(parts.names),
    ...createAdminMoneyRoutes(parts),
  ];
}
