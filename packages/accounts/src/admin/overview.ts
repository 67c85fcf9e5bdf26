import type { Queryable, SqlRow } from '@nostrata/database';
import { toIso } from '../times.ts';

/** The installation in figures. */
export interface Overview {
  readonly asOf: string;
  readonly users: {
    readonly total: number;
    readonly suspended: number;
    readonly newInWeek: number;
    readonly admins: number;
  };
  readonly sessions: number;
  readonly apiKeys: number;
  readonly names: number;
  readonly domains: Record<string, number>;
  /** People by plan, as far as their period reaches; those with the free plan are not counted. */
  readonly subscriptions: Record<string, number>;
  /** By state, of the last 30 days. */
  readonly payments: Record<string, number>;
  /** What was settled in the last 30 days, whole numbers of the smallest unit. */
  readonly income: { readonly currency: string; readonly payments: number; readonly amount: number }[];
  readonly refundsOpen: { readonly currency: string; readonly refunds: number; readonly amount: number }[];
  readonly hooks: { readonly active: number; readonly disabled: number; readonly waiting: number };
  readonly audit: { readonly entries: number; readonly hash: string | null; readonly signedSeq: number | null };
}

const dayMs = 86_400_000;

/** Counts it. */
export async function loadOverview(database: Queryable, nowMs: number): Promise<Overview> {
  const one = async (sql: string, values: readonly number[] = []): Promise<SqlRow> =>
    (await database.query(sql, values))[0] ?? {};
  const users = await one(
    `SELECT COUNT(*) AS total, COUNT(CASE WHEN state <> 'active' THEN 1 END) AS suspended,
      COUNT(CASE WHEN created_ms > $1 THEN 1 END) AS fresh, COUNT(CASE WHEN role = 'admin' THEN 1 END) AS admins
      FROM account_user`,
    [nowMs - 7 * dayMs],
  );
  const sums = await one(
    `SELECT (SELECT COUNT(*) FROM session WHERE revoked_ms IS NULL AND expires_ms > $1) AS sessions,
      (SELECT COUNT(*) FROM api_key WHERE revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > $1)) AS api_keys,
      (SELECT COUNT(*) FROM name WHERE is_current = 1) AS names,
      (SELECT COUNT(*) FROM hook WHERE state = 'active') AS active,
      (SELECT COUNT(*) FROM hook WHERE state <> 'active') AS disabled,
      (SELECT COUNT(*) FROM hook_delivery WHERE next_ms IS NOT NULL) AS waiting,
      (SELECT MAX(seq) FROM audit_head) AS signed_seq`,
    [nowMs],
  );
  const last = await one('SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1');
  return {
    asOf: toIso(nowMs),
    users: {
      total: Number(users.total),
      suspended: Number(users.suspended),
      newInWeek: Number(users.fresh),
      admins: Number(users.admins),
    },
    sessions: Number(sums.sessions),
    apiKeys: Number(sums.api_keys),
    names: Number(sums.names),
    ...(await loadGroups(database, nowMs)),
    hooks: { active: Number(sums.active), disabled: Number(sums.disabled), waiting: Number(sums.waiting) },
    audit: {
      entries: Number(last.seq ?? 0),
      hash: last.hash === undefined ? null : String(last.hash),
      signedSeq: sums.signed_seq === null || sums.signed_seq === undefined ? null : Number(sums.signed_seq),
    },
  };
}

async function loadGroups(
  database: Queryable,
  nowMs: number,
): Promise<Pick<Overview, 'domains' | 'subscriptions' | 'payments' | 'income' | 'refundsOpen'>> {
  const countBy = async (sql: string, values: readonly number[] = []): Promise<Record<string, number>> =>
    Object.fromEntries((await database.query(sql, values)).map((row) => [String(row.word), Number(row.count)]));
  const sinceMs = nowMs - 30 * dayMs;
  const income = await database.query(
    `SELECT currency, COUNT(*) AS count, SUM(amount) AS amount FROM payment
      WHERE state = 'settled' AND settled_ms > $1 GROUP BY currency ORDER BY currency`,
    [sinceMs],
  );
  const refunds = await database.query(
    `SELECT currency, COUNT(*) AS count, SUM(amount) AS amount FROM refund_owed WHERE state = 'open'
      GROUP BY currency ORDER BY currency`,
  );
  return {
    domains: await countBy('SELECT state AS word, COUNT(*) AS count FROM domain GROUP BY state ORDER BY state'),
    subscriptions: await countBy(
      `SELECT plan AS word, COUNT(*) AS count FROM subscription
        WHERE is_lifetime = 1 OR period_end_ms > $1 OR trial_end_ms > $1 GROUP BY plan ORDER BY plan`,
      [nowMs],
    ),
    payments: await countBy(
      'SELECT state AS word, COUNT(*) AS count FROM payment WHERE created_ms > $1 GROUP BY state ORDER BY state',
      [sinceMs],
    ),
    income: income.map((row) => ({ ...sumOf(row), payments: Number(row.count) })),
    refundsOpen: refunds.map((row) => ({ ...sumOf(row), refunds: Number(row.count) })),
  };
}

function sumOf({ currency, amount }: SqlRow): { readonly currency: string; readonly amount: number } {
  return { currency: String(currency), amount: Number(amount) };
}
