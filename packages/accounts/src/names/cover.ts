import type { Queryable } from '@nostrata/database';
import type { EntitlementReads } from '../contract.ts';
import type { Cover } from './phases.ts';
import type { NameRow } from './rows.ts';

/** Reads what plans cover. Not to be used within a transaction: it may read through another connection. */
export interface CoverReads {
  /** What the plan of the holder covers of this name. */
  coverOf(row: NameRow): Promise<Cover>;
  /** How many names the plan covers at a time, and up to when. */
  planOf(userId: string): Promise<{ readonly names: number; readonly untilMs: number | null }>;
}

/**
 * Creates the reads. A plan covers so many names, the oldest first; who goes to a smaller plan keeps the oldest. A plan
 * that costs nothing covers its names for ever.
 */
export function createCoverReads(
  database: Queryable,
  entitlements: EntitlementReads,
  clock: { now(): number },
): CoverReads {
  const endOf = async (userId: string): Promise<number | null | undefined> => await entitlements.coveredUntil(userId);
  const planOf: CoverReads['planOf'] = async (userId) => {
    const { names } = await entitlements.entitlementsOf(userId);
    const end = await endOf(userId);
    return { names, untilMs: typeof end === 'number' && end > clock.now() ? end : null };
  };
  return {
    planOf,
    async coverOf(row) {
      if (row.coverage !== 'plan' || row.endedMs !== null) return undefined;
      const { names, untilMs } = await planOf(row.userId);
      if (names > 0 && (await countOlder(database, row)) < names) return untilMs;
      const end = await endOf(row.userId);
      return typeof end === 'number' && end <= clock.now() ? end : undefined;
    },
  };
}

/** Names of a user that take a place in what the plan covers. */
export async function countPlanNames(queryable: Queryable, userId: string): Promise<number> {
  const [row] = await queryable.query<{ count: number }>(
    `SELECT COUNT(*) AS count FROM name
      WHERE user_id = $1 AND coverage = 'plan' AND is_current = 1 AND ended_ms IS NULL`,
    [userId],
  );
  return Number(row?.count ?? 0);
}

async function countOlder(queryable: Queryable, { userId, createdMs, id }: NameRow): Promise<number> {
  const [row] = await queryable.query<{ count: number }>(
    `SELECT COUNT(*) AS count FROM name
      WHERE user_id = $1 AND coverage = 'plan' AND is_current = 1 AND ended_ms IS NULL
        AND (created_ms < $2 OR (created_ms = $2 AND id < $3))`,
    [userId, createdMs, id],
  );
  return Number(row?.count ?? 0);
}
