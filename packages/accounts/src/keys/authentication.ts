import type { Database } from '@nostrata/database';
import { type Caller, type CallerRole, type Credentials, Problem } from '@nostrata/http';
import type { Clock, EntitlementReads } from '../contract.ts';
import { isAddressAllowed } from './addresses.ts';
import { hashKey, isKey } from './format.ts';
import { parseTexts } from './rows.ts';
import { effectiveScopes, roleOfKey } from './scopes.ts';
import type { KeyUsage } from './usage.ts';

/** What it takes to know callers by their keys. */
export interface KeyAuthenticationParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly entitlements: Pick<EntitlementReads, 'entitlementsOf'>;
  readonly usage: Pick<KeyUsage, 'touch'>;
}

/** Knows the caller by an API key. @throws Problem 401 for a key that is wrong or ended, 403 where it may not be used */
export type KeyAuthentication = (credentials: Pick<Credentials, 'address'>, key: string) => Promise<Caller>;

/**
 * Creates it. Every request reads the key, its owner and what the owner is entitled to: what was revoked, suspended,
 * demoted or not paid for takes effect at once.
 */
export function createKeyAuthentication(parts: KeyAuthenticationParts): KeyAuthentication {
  const { database, clock, entitlements, usage } = parts;
  return async ({ address }, key) => {
    if (!isKey(key)) throw wrongKey('this is not an API key of this kind: it may have been cut or typed wrongly');
    const [row] = await database.query<FoundKey>(
      `SELECT k.id, k.user_id, k.scopes, k.addresses, k.expires_ms, k.revoked_ms, u.pubkey, u.role, u.state
        FROM api_key k JOIN account_user u ON u.id = k.user_id WHERE k.hash = $1`,
      [hashKey(key)],
    );
    if (row === undefined) throw wrongKey('there is no such API key');
    if (row.revoked_ms !== null) throw wrongKey('the API key has been revoked');
    if (row.expires_ms !== null && Number(row.expires_ms) <= clock.now()) throw wrongKey('the API key has expired');
    if (row.state !== 'active') throw new Problem(403, 'suspended', 'this account is suspended');
    if (!isAddressAllowed(parseTexts(row.addresses), address)) {
      throw new Problem(403, 'address-not-allowed', 'the API key must not be used from this address');
    }
    const mine = await entitlements.entitlementsOf(row.user_id);
    const scopes = new Set(effectiveScopes(parseTexts(row.scopes), { entitlements: mine, role: row.role }));
    usage.touch(row.id);
    return {
      userId: row.user_id,
      pubkey: row.pubkey ?? undefined,
      role: roleOfKey(readRole(row.role), scopes),
      by: 'api-key',
      credential: row.id,
      scopes,
      rate: mine.rate,
    };
  };
}

interface FoundKey {
  readonly [column: string]: string | number | null;
  readonly id: string;
  readonly user_id: string;
  readonly scopes: string;
  readonly addresses: string;
  readonly expires_ms: number | null;
  readonly revoked_ms: number | null;
  readonly pubkey: string | null;
  readonly role: string;
  readonly state: string;
}

/** A role that nobody knows is none. */
function readRole(role: string): CallerRole {
  return role === 'admin' || role === 'support' ? role : 'user';
}

function wrongKey(message: string): Problem {
  return new Problem(401, 'bad-key', { message, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } });
}
