import type { Access, Caller, CallerRole } from './contract.ts';
import { Problem } from './problem.ts';

const rankByRole: Readonly<Record<CallerRole, number>> = { user: 0, support: 1, admin: 2 };

/**
 * Checks that a caller may use a route. A key is let in only where a scope is named that it has; on routes for anyone
 * also where none is named.
 * @throws Problem 401 or 403
 */
export function checkAccess(access: Access, caller: Caller | undefined): void {
  if (caller === undefined) {
    if (access.kind === 'anyone') return;
    throw new Problem(401, 'sign-in', 'sign in first, or send an API key');
  }
  if (access.kind === 'role' && !(rankOf(caller.role) >= rankByRole[access.role])) {
    throw new Problem(403, 'role', `this is for the role ${access.role}`);
  }
  if (caller.by === 'api-key' || caller.scopes !== undefined) checkScope(access, caller.scopes);
}

function checkScope({ kind, scope }: Access, scopes: ReadonlySet<string> | undefined): void {
  if (scope === undefined && kind === 'anyone') return;
  if (scope === undefined) throw new Problem(403, 'no-keys', 'API keys are not let in here: sign in');
  if (scopes?.has(scope) !== true) throw new Problem(403, 'scope', `the API key lacks the scope ${scope}`);
}

/** A role that is not known is none. */
function rankOf(role: string): number {
  return Object.hasOwn(rankByRole, role) ? rankByRole[role as CallerRole] : -1;
}
