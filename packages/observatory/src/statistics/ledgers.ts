import type { Queryable, SqlValue } from '@nostrata/database';
import { ledgerPrefixes, type Metric } from '../facts/tables.ts';
import type { Span } from '../spans.ts';

/** A sum by metric and key. */
export interface KeyAmount {
  readonly metric: Metric;
  readonly key: number;
  readonly amount: number;
}

/** A sum by bucket and class of events. */
export interface BucketSums {
  readonly bucket: number;
  readonly events: number;
  readonly notes: number;
  readonly replies: number;
  readonly reactions: number;
  readonly reposts: number;
  readonly zaps: number;
  readonly zapMsat: number;
}

/**
 * Authors of one bucket, in all ledgers; one that stands in two of them comes twice. Author 0 is nobody: the kinds under
 * one-time keys.
 */
export const activeStatements: Readonly<Record<Span['unit'], string>> = {
  day: ledgerPrefixes.map((prefix) => `SELECT author FROM ${prefix}_author_day WHERE day = $1`).join(' UNION ALL '),
  hour: ledgerPrefixes.map((prefix) => `SELECT author FROM ${prefix}_author_hour WHERE hour = $1`).join(' UNION ALL '),
};

/** Sums of events by hour, of the hours that the condition names. */
export function hourStatement(condition: string): string {
  const rows = ledgerPrefixes.map(
    (prefix) => `SELECT hour, amount FROM ${prefix}_hour WHERE metric = 'events' AND ${condition}`,
  );
  return `SELECT hour, CAST(SUM(amount) AS BIGINT) AS events FROM (${rows.join(' UNION ALL ')}) AS ledger GROUP BY hour`;
}

/** Sums of a span by metric and key, over all ledgers; without a span everything, what is undated included. */
export async function sumByKey(
  queryable: Queryable,
  metrics: readonly Metric[],
  span: Span | undefined,
): Promise<readonly KeyAmount[]> {
  const from = (prefix: string): string => `${prefix}_${span?.unit ?? 'total'}`;
  const { where, parameters } = conditionOf(metrics, span);
  return await queryable.query<KeyAmount & { readonly [column: string]: SqlValue }>(
    `SELECT metric, key, CAST(SUM(amount) AS BIGINT) AS amount FROM (
      ${ledgerPrefixes.map((prefix) => `SELECT metric, key, amount FROM ${from(prefix)} WHERE ${where}`).join(' UNION ALL ')}
    ) AS ledger GROUP BY metric, key ORDER BY metric, key`,
    parameters,
  );
}

const when = (condition: string): string => `CAST(SUM(CASE WHEN ${condition} THEN amount ELSE 0 END) AS BIGINT)`;

/** Sums by bucket of the classes that timelines show, the earliest first; buckets without anything are left out. */
export async function sumByBucket(queryable: Queryable, span: Span): Promise<readonly BucketSums[]> {
  const { unit } = span;
  const { where, parameters } = conditionOf(['events', 'replies', 'zaps', 'zap_msat'], span);
  interface Row {
    readonly [column: string]: number;
    readonly bucket: number;
    readonly events: number;
    readonly notes: number;
    readonly replies: number;
    readonly reactions: number;
    readonly reposts: number;
    readonly zaps: number;
    readonly zap_msat: number;
  }
  const rows = await queryable.query<Row>(
    `SELECT ${unit} AS bucket, ${when("metric = 'events'")} AS events,
      ${when("metric = 'events' AND key = 1")} AS notes, ${when("metric = 'replies'")} AS replies,
      ${when("metric = 'events' AND key IN (7, 17)")} AS reactions,
      ${when("metric = 'events' AND key IN (6, 16)")} AS reposts,
      ${when("metric = 'zaps'")} AS zaps, ${when("metric = 'zap_msat'")} AS zap_msat
    FROM (
      ${ledgerPrefixes
        .map((prefix) => `SELECT metric, ${unit}, key, amount FROM ${prefix}_${unit} WHERE ${where}`)
        .join(' UNION ALL ')}
    ) AS ledger GROUP BY ${unit} ORDER BY ${unit}`,
    parameters,
  );
  return rows.map(({ zap_msat, ...row }) => ({ ...row, zapMsat: zap_msat }));
}

/** Sums of one metric and key by bucket, the earliest first. */
export async function sumOfKey(
  queryable: Queryable,
  { metric, key, span }: { readonly metric: Metric; readonly key: number; readonly span: Span },
): Promise<readonly { readonly bucket: number; readonly amount: number }[]> {
  const { unit, from, to } = span;
  return await queryable.query<{ readonly bucket: number; readonly amount: number }>(
    `SELECT ${unit} AS bucket, CAST(SUM(amount) AS BIGINT) AS amount FROM (
      ${ledgerPrefixes
        .map(
          (prefix) =>
            `SELECT ${unit}, amount FROM ${prefix}_${unit} WHERE metric = $1 AND ${unit} BETWEEN $2 AND $3 AND key = $4`,
        )
        .join(' UNION ALL ')}
    ) AS ledger GROUP BY ${unit} ORDER BY ${unit}`,
    [metric, from, to, key],
  );
}

function conditionOf(metrics: readonly Metric[], span: Span | undefined) {
  const list = metrics.map((_, index) => `$${index + 1}`).join(', ');
  if (!span) return { where: `metric IN (${list})`, parameters: metrics };
  const [from, to] = [metrics.length + 1, metrics.length + 2];
  return {
    where: `metric IN (${list}) AND ${span.unit} BETWEEN $${from} AND $${to}`,
    parameters: [...metrics, span.from, span.to],
  };
}
