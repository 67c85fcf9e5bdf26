import { toIso } from '../times.ts';
import { effectiveScopes, type Standing } from './scopes.ts';

/** A key as it is stored. */
export interface KeyRow {
  readonly [column: string]: string | number | null;
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly prefix: string;
  readonly last4: string;
  readonly scopes: string;
  readonly addresses: string;
  readonly created_ms: number;
  readonly expires_ms: number | null;
  readonly used_ms: number | null;
  readonly revoked_ms: number | null;
  readonly replaced_by: string | null;
}

/** A key as its owner sees it; times are ISO 8601 in UTC. */
export interface KeyAnswer {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly last4: string;
  readonly scopes: string[];
  /** What it may do at this moment: plan and role of the owner take away from the scopes. */
  readonly effectiveScopes: string[];
  readonly addresses: string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly usedAt: string | null;
  readonly revokedAt: string | null;
  readonly replacedBy: string | null;
}

/** Shows a key to its owner. */
export function toKeyAnswer(row: KeyRow, standing: Standing): KeyAnswer {
  const scopes = parseTexts(row.scopes);
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    last4: row.last4,
    scopes,
    effectiveScopes: effectiveScopes(scopes, standing),
    addresses: parseTexts(row.addresses),
    createdAt: toIso(row.created_ms),
    expiresAt: row.expires_ms === null ? null : toIso(row.expires_ms),
    usedAt: row.used_ms === null ? null : toIso(row.used_ms),
    revokedAt: row.revoked_ms === null ? null : toIso(row.revoked_ms),
    replacedBy: row.replaced_by,
  };
}

/** Reads a list of texts that was stored as JSON. */
export function parseTexts(json: string): string[] {
  return JSON.parse(json) as string[];
}
