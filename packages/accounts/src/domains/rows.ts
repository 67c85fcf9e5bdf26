import type { Queryable, SqlRow } from '@nostrata/database';
import type { ProofMethod } from './judge.ts';

/** `pending`: claimed. `failing`: the proof is gone and everything still works. `suspended`: names are not served. */
export type DomainState = 'pending' | 'verified' | 'failing' | 'suspended';

/** A claim of a host by a user. */
export interface Domain {
  readonly id: string;
  readonly userId: string;
  readonly host: string;
  readonly state: DomainState;
  readonly method: ProofMethod | null;
  readonly createdMs: number;
  readonly verifiedMs: number | null;
  readonly checkedMs: number | null;
  readonly nextCheckMs: number | null;
  readonly failingSinceMs: number | null;
  readonly lastFailure: string | null;
}

/** A row of the table as it comes. */
export interface DomainRow extends SqlRow {
  readonly id: string;
  readonly user_id: string;
  readonly host: string;
  readonly state: string;
  readonly method: string | null;
  readonly created_ms: number;
  readonly verified_ms: number | null;
  readonly checked_ms: number | null;
  readonly next_check_ms: number | null;
  readonly failing_since_ms: number | null;
  readonly last_failure: string | null;
}

/** States in which a host has its owner; the unique index of the table lets there be one row. */
export const heldStates = `('verified', 'failing', 'suspended')`;

/** States in which names of a host are served. */
export const servedStates = `('verified', 'failing')`;

/** Reads a row. */
export function toDomain(row: DomainRow): Domain {
  return {
    id: row.id,
    userId: row.user_id,
    host: row.host,
    state: row.state as DomainState,
    method: row.method as ProofMethod | null,
    createdMs: row.created_ms,
    verifiedMs: row.verified_ms,
    checkedMs: row.checked_ms,
    nextCheckMs: row.next_check_ms,
    failingSinceMs: row.failing_since_ms,
    lastFailure: row.last_failure,
  };
}

/** Reads the first row of a statement that returns rows of the table. */
export async function readDomain(
  queryable: Queryable,
  sql: string,
  parameters: readonly (string | number | null)[],
): Promise<Domain | undefined> {
  const [row] = await queryable.query<DomainRow>(sql, parameters);
  return row && toDomain(row);
}

/** What a check changes in a row. */
export type DomainStep = Pick<
  Domain,
  'state' | 'method' | 'verifiedMs' | 'nextCheckMs' | 'failingSinceMs' | 'lastFailure'
>;

/** Writes a step, if the row is still as it was when the check began; undefined where it is not. */
export async function writeStep(queryable: Queryable, from: Domain, step: DomainStep): Promise<Domain | undefined> {
  return await readDomain(
    queryable,
    `UPDATE domain SET state = $1, method = $2, verified_ms = $3, next_check_ms = $4, failing_since_ms = $5,
      last_failure = $6 WHERE id = $7 AND state = $8 AND checked_ms = $9 RETURNING *`,
    [
      step.state,
      step.method,
      step.verifiedMs,
      step.nextCheckMs,
      step.failingSinceMs,
      step.lastFailure,
      from.id,
      from.state,
      from.checkedMs,
    ],
  );
}
