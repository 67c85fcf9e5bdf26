import type { View, ViewTransaction } from './contract.ts';
import { type Contribution, createReadContributions, engagementKinds, type ZapCheck } from './contributions.ts';
import { adding, createRowWriter, forValues, toNetChanges } from './rows.ts';

/** Options of the engagement view. */
export interface EngagementOptions {
  /** Checks id and signature of a zap request; `verifyEvent` of protocol unless told, which takes a millisecond. */
  readonly verify?: ZapCheck | undefined;
}

/**
 * Replies (NIP-10, NIP-22), reactions, reposts and zaps of events, addresses, pubkeys and external ids. Each
 * contribution is a row under the id of the event that makes it, and totals are moved only by rows that were really
 * added or taken away: nothing counts twice.
 */
export function createEngagementView({ verify }: EngagementOptions = {}): View {
  const readContributions = createReadContributions(verify);
  return {
    name: 'engagement',
    version: 1,
    kinds: engagementKinds,
    tables,
    async apply(changes, transaction) {
      const { stored, removed } = toNetChanges(changes);
      const ids = removed.map(({ id }) => id);
      const gone = await forValues<Contribution>(
        transaction,
        ids,
        (list) => `DELETE FROM view_engagement WHERE event_id IN (${list}) RETURNING ${contributionColumns.join(', ')}`,
      );
      const rows = stored.flatMap((event) => readContributions(event).map(toValues));
      const added = await addContributions(transaction, rows);
      await moveTotals(transaction, sumTotals(added, gone), gone.length > 0);
      await moveReactions(transaction, sumReactions(added, gone), gone.length > 0);
    },
  };
}

const contributionColumns = ['target', 'event_id', 'type', 'pubkey', 'content', 'amount_msat', 'created_at'] as const;

const totalColumns = ['replies', 'likes', 'dislikes', 'emojis', 'reposts', 'zaps', 'zap_msat'] as const;

const tables: View['tables'] = [
  {
    name: 'view_engagement',
    key: ['target', 'event_id'],
    statements: [
      `CREATE TABLE view_engagement (target TEXT NOT NULL, event_id TEXT NOT NULL, type TEXT NOT NULL,
        pubkey TEXT NOT NULL, content TEXT NOT NULL, amount_msat BIGINT NOT NULL, created_at BIGINT NOT NULL,
        PRIMARY KEY (target, event_id))`,
      'CREATE INDEX view_engagement_event ON view_engagement (event_id)',
    ],
  },
  {
    name: 'view_engagement_total',
    key: ['target'],
    statements: [
      `CREATE TABLE view_engagement_total (target TEXT PRIMARY KEY, ${totalColumns.map((column) => `${column} BIGINT NOT NULL`).join(', ')})`,
    ],
  },
  {
    name: 'view_engagement_reaction',
    key: ['target', 'content'],
    statements: [
      'CREATE TABLE view_engagement_reaction (target TEXT NOT NULL, content TEXT NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (target, content))',
    ],
  },
];

const writeContributions = createRowWriter(
  'view_engagement',
  contributionColumns,
  `DO NOTHING RETURNING ${contributionColumns.join(', ')}`,
);
const writeTotals = createRowWriter(
  'view_engagement_total',
  ['target', ...totalColumns],
  adding('view_engagement_total', ['target'], totalColumns),
);
const writeReactions = createRowWriter(
  'view_engagement_reaction',
  ['target', 'content', 'count'],
  adding('view_engagement_reaction', ['target', 'content'], ['count']),
);

/** What an event did to a target, as a row. */
function toValues(contribution: Contribution) {
  return contributionColumns.map((column) => contribution[column]);
}

async function addContributions(
  transaction: ViewTransaction,
  rows: readonly (readonly (string | number)[])[],
): Promise<readonly Contribution[]> {
  return (await writeContributions(transaction, rows)) as unknown as readonly Contribution[];
}

type Totals = number[];

/** What the totals of each target change by, in the order of the columns. */
function sumTotals(added: readonly Contribution[], gone: readonly Contribution[]): Map<string, Totals> {
  const totalsByTarget = new Map<string, Totals>();
  const add = (rows: readonly Contribution[], sign: 1 | -1): void => {
    for (const { target, type, amount_msat } of rows) {
      let totals = totalsByTarget.get(target);
      if (!totals) {
        totals = totalColumns.map(() => 0);
        totalsByTarget.set(target, totals);
      }
      const place = placeOf[type];
      totals[place] = (totals[place] ?? 0) + sign;
      if (type === 'zap') totals[place + 1] = (totals[place + 1] ?? 0) + sign * amount_msat;
    }
  };
  add(added, 1);
  add(gone, -1);
  return totalsByTarget;
}

/** The place of each type among the columns of the totals; the sum of zaps stands behind their number. */
const placeOf = { reply: 0, like: 1, dislike: 2, emoji: 3, repost: 4, zap: 5 } as const;

/** What the number of each reaction changes by: by target, then by content. */
function sumReactions(added: readonly Contribution[], gone: readonly Contribution[]): Map<string, Map<string, number>> {
  const countsByTarget = new Map<string, Map<string, number>>();
  const add = (rows: readonly Contribution[], sign: 1 | -1): void => {
    for (const { target, type, content } of rows) {
      if (type !== 'like' && type !== 'dislike' && type !== 'emoji') continue;
      const counts = countsByTarget.get(target) ?? new Map<string, number>();
      countsByTarget.set(target, counts);
      counts.set(content, (counts.get(content) ?? 0) + sign);
    }
  };
  add(added, 1);
  add(gone, -1);
  return countsByTarget;
}

async function moveTotals(transaction: ViewTransaction, totalsByTarget: Map<string, Totals>, isLess: boolean) {
  const moved = [...totalsByTarget].filter(([, totals]) => totals.some((total) => total !== 0));
  await writeTotals(
    transaction,
    moved.map(([target, totals]) => [target, ...totals]),
  );
  // A target that nothing is left of has no row, as if nothing had ever been.
  if (isLess) await deleteEmpty(transaction, { table: 'view_engagement_total', counts: totalColumns }, moved);
}

async function moveReactions(
  transaction: ViewTransaction,
  countsByTarget: Map<string, Map<string, number>>,
  isLess: boolean,
) {
  const moved = [...countsByTarget].flatMap(([target, counts]) =>
    [...counts].filter(([, count]) => count !== 0).map(([content, count]) => [target, content, count] as const),
  );
  await writeReactions(transaction, moved);
  if (isLess) await deleteEmpty(transaction, { table: 'view_engagement_reaction', counts: ['count'] }, moved);
}

/** Deletes the rows of these targets in which all counts have come to nothing. */
async function deleteEmpty(
  transaction: ViewTransaction,
  { table, counts }: { readonly table: string; readonly counts: readonly string[] },
  moved: readonly (readonly [target: string, ...unknown[]])[],
): Promise<void> {
  const targets = [...new Set(moved.map(([target]) => target))];
  const isEmpty = counts.map((column) => `${column} = 0`).join(' AND ');
  await forValues(transaction, targets, (list) => `DELETE FROM ${table} WHERE target IN (${list}) AND ${isEmpty}`);
}
