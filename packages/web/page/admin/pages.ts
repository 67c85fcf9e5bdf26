import { h, type JSX } from 'preact';
import { AdminAudit } from './audit.tsx';
import { AdminNames } from './names.tsx';
import { AdminOverview } from './overview.tsx';
import { AdminPayments, AdminRefunds } from './payments.tsx';
import { AdminUser } from './user.tsx';
import { AdminUsers } from './users.tsx';

const pageByPath: Readonly<Record<string, () => JSX.Element>> = {
  '/admin': AdminOverview,
  '/admin/users': AdminUsers,
  '/admin/names': AdminNames,
  '/admin/payments': AdminPayments,
  '/admin/refunds': AdminRefunds,
  '/admin/audit': AdminAudit,
};

/** The page of the administration that a path leads to; undefined where there is none. */
export function renderPage(path: string): JSX.Element | undefined {
  const [, user] = /^\/admin\/users\/(usr_\w+)$/.exec(path) ?? [];
  if (user !== undefined) return h(AdminUser, { id: user });
  const Found = pageByPath[path];
  return Found && h(Found, {});
}
