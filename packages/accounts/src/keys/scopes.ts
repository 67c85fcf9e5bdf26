import type { CallerRole } from '@nostrata/http';
import type { Entitlements } from '../contract.ts';

/** All that API keys can be made for. */
export const keyScopes = [
  'stats:read',
  'trust:read',
  'names:read',
  'names:write',
  'domains:read',
  'domains:write',
  'payments:read',
  'payments:write',
  'account:read',
  'hooks:write',
  'admin:read',
  'admin:write',
] as const;

/** What a role adds to the plan. A role that is not here adds nothing. */
const scopesByRole: ReadonlyMap<string, readonly string[]> = new Map([
  ['support', ['admin:read']],
  ['admin', ['admin:read', 'admin:write']],
]);

/** What decides about a key besides itself. */
export interface Standing {
  readonly entitlements: Pick<Entitlements, 'scopes' | 'apiKeys'>;
  readonly role: string;
}

/** Scopes that the owner's keys can have now: those of the plan, and those of administration by role alone. */
export function grantedScopes({ entitlements, role }: Standing): ReadonlySet<string> {
  if (entitlements.apiKeys === 0) return new Set(scopesByRole.get(role) ?? []);
  const ofPlan = entitlements.scopes.filter((scope) => !scope.startsWith('admin:'));
  return new Set([...ofPlan, ...(scopesByRole.get(role) ?? [])]);
}

/** What of a key's scopes it has at this moment. */
export function effectiveScopes(stored: readonly string[], standing: Standing): string[] {
  const granted = grantedScopes(standing);
  return stored.filter((scope) => granted.has(scope));
}

/** A key lends its owner's role only as far as its scopes of administration reach. */
export function roleOfKey(role: CallerRole, scopes: ReadonlySet<string>): CallerRole {
  if (role === 'admin' && scopes.has('admin:write')) return 'admin';
  return role !== 'user' && scopes.has('admin:read') ? 'support' : 'user';
}
