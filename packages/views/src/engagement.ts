import { Kind, type NostrEvent } from '@nostrata/protocol';
import type { View, ViewTransaction } from './contract.ts';
import { type Contribution, createReadContributions, engagementKinds, type ZapCheck } from './contributions.ts';
import { receiptsAtOnce } from './limits.ts';
import { pause } from './pause.ts';
import { adding, createRowWriter, forValues, type RemovedEvent, toNetChanges } from './rows.ts';

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
  const read = createReadContributions(verify);
  /** Signatures of zap requests take a millisecond each: they are checked before, and not within, the transaction. */
  const readBefore = new WeakMap<NostrEvent, Contribution[]>();
  const readContributions = (event: NostrEvent): Contribution[] => readBefore.get(event) ?? read(event);
  return {
    name: 'engagement',
    version: 1,
    kinds: engagementKinds,
    tables,
    async prepare(changes) {
      const receipts = changes.flatMap((change) =>
        change.type === 'stored' && change.event.kind === Kind.zapReceipt ? [change.event] : [],
      );
      for (const [index, receipt] of receipts.entries()) {
        if (index % receiptsAtOnce === receiptsAtOnce - 1) await pause();
        readBefore.set(receipt, read(receipt));
      }
    },
    async apply(changes, transaction) {
      const { stored, removed } = toNetChanges(changes);
      const gone = await takeContributions(transaction, removed);
      const added = await addContributions(transaction, stored.flatMap(readContributions));
      await moveTotals(transaction, sumTotals(added, gone), gone.length > 0);
      await moveEmojis(transaction, sumEmojis(added, gone), gone.length > 0);
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
      // New events have new times: the end of the index is written, not all of it.
      'CREATE INDEX view_engagement_event ON view_engagement (created_at, event_id)',
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
    name: 'view_engagement_emoji',
    key: ['target', 'content'],
    statements: [
      'CREATE TABLE view_engagement_emoji (target TEXT NOT NULL, content TEXT NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (target, content))',
    ],
  },
];

const takeSql = `DELETE FROM view_engagement WHERE created_at = $1 AND event_id = $2 RETURNING ${contributionColumns.join(', ')}`;

const writeContributions = createRowWriter(
  'view_engagement',
  contributionColumns,
  'DO NOTHING RETURNING target, event_id',
);
const writeTotals = createRowWriter(
  'view_engagement_total',
  ['target', ...totalColumns],
  adding('view_engagement_total', ['target'], totalColumns),
);
const writeEmojis = createRowWriter(
  'view_engagement_emoji',
  ['target', 'content', 'count'],
  adding('view_engagement_emoji', ['target', 'content'], ['count']),
);

/** Adds rows and returns those that were not there: an event counts once, however often it is applied. */
async function addContributions(
  transaction: ViewTransaction,
  contributions: readonly Contribution[],
): Promise<readonly Contribution[]> {
  // Neighbours in the table are written together.
  const sorted = [...contributions].sort((a, b) => (a.target < b.target ? -1 : Number(a.target > b.target)));
  const rows = sorted.map((contribution) => contributionColumns.map((column) => contribution[column]));
  const added = await writeContributions(transaction, rows);
  if (added.length === sorted.length) return sorted;
  const keyOf = ({ target, event_id }: Readonly<Record<string, unknown>>): string => `${event_id} ${target}`;
  const keys = new Set(added.map(keyOf));
  return sorted.filter((contribution) => keys.has(keyOf({ ...contribution })));
}

/** Takes away the rows of events that have left, and returns them. */
async function takeContributions(
  transaction: ViewTransaction,
  events: readonly RemovedEvent[],
): Promise<readonly Contribution[]> {
  const taken: Contribution[] = [];
  for (const { id, created_at } of events) {
    taken.push(...((await transaction.query(takeSql, [created_at, id])) as unknown as Contribution[]));
  }
  return taken;
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

/** What the number of each emoji changes by: by target, then by content. Likes and dislikes are in the totals. */
function sumEmojis(added: readonly Contribution[], gone: readonly Contribution[]): Map<string, Map<string, number>> {
  const countsByTarget = new Map<string, Map<string, number>>();
  const add = (rows: readonly Contribution[], sign: 1 | -1): void => {
    for (const { target, type, content } of rows) {
      if (type !== 'emoji') continue;
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

async function moveEmojis(
  transaction: ViewTransaction,
  countsByTarget: Map<string, Map<string, number>>,
  isLess: boolean,
) {
  const moved = [...countsByTarget].flatMap(([target, counts]) =>
    [...counts].filter(([, count]) => count !== 0).map(([content, count]) => [target, content, count] as const),
  );
  await writeEmojis(transaction, moved);
  if (isLess) await deleteEmpty(transaction, { table: 'view_engagement_emoji', counts: ['count'] }, moved);
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
