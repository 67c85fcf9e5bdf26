import type { Queryable } from '@nostrata/database';
import type { Contribution, EngagementType } from './contributions.ts';
import { fromKeyText, toKeyText } from './keys.ts';
import { sumMax } from './limits.ts';
import { forValues } from './rows.ts';

/** How much people engaged with something. */
export interface Engagement {
  /** Direct answers. */
  readonly replies: number;
  readonly reposts: number;
  readonly likes: number;
  readonly dislikes: number;
  /** Reactions that are neither. */
  readonly emojis: number;
  /** Receipts that count, and what they say was paid, in millisatoshi. */
  readonly zaps: number;
  readonly zapMsat: number;
  /** Reactions by what they say, `+` and `-` among them, the most frequent first. */
  readonly reactions: readonly { readonly content: string; readonly count: number }[];
}

/** One contribution. */
export interface EngagementEntry {
  readonly eventId: string;
  readonly type: EngagementType;
  /** Who did it; of zaps the sender by the request. */
  readonly pubkey: string;
  /** The reaction; empty for others. */
  readonly content: string;
  /** Millisatoshi of a zap; 0 for others. */
  readonly amountMsat: number;
  /** Seconds. */
  readonly created_at: number;
}

/**
 * The engagement with an event id, an address (`kind:pubkey:d`), an external id (NIP-73), or what a pubkey was zapped
 * in all. Zeros where there is none.
 */
export async function getEngagement(queryable: Queryable, target: string): Promise<Engagement> {
  return (await getEngagements(queryable, [target])).get(target) ?? nothing;
}

/** The same for many targets; those without engagement are not in it. */
export async function getEngagements(
  queryable: Queryable,
  targets: readonly string[],
): Promise<ReadonlyMap<string, Engagement>> {
  const keys = [...new Set(targets.flatMap((target) => toKeyText(target) ?? []))];
  const totals = await forValues<TotalRow>(queryable, keys, (list) => `${selectTotals} WHERE target IN (${list})`);
  const counts = await forValues<ReactionRow>(
    queryable,
    totals.filter(({ emojis }) => emojis > 0).map(({ target }) => target),
    (list) => `SELECT target, content, count FROM view_engagement_emoji WHERE target IN (${list})`,
  );
  const emojisByTarget = Map.groupBy(counts, ({ target }) => target);
  return new Map(
    totals.map(({ target, zap_msat, ...total }) => [
      fromKeyText(target),
      { ...total, zapMsat: zap_msat, reactions: toReactions(total, emojisByTarget.get(target) ?? []) },
    ]),
  );
}

/** The newest contributions to a target, of one type or of all; at most `limit`, 100 unless told. */
export async function getEngagementEntries(
  queryable: Queryable,
  target: string,
  { type, limit = 100 }: { readonly type?: EngagementType | undefined; readonly limit?: number | undefined } = {},
): Promise<readonly EngagementEntry[]> {
  const rows = await queryable.query<ContributionRow>(
    `SELECT event_id, type, pubkey, content, amount_msat, created_at FROM view_engagement
    WHERE target = $1 AND (type = $2 OR $2 = '') ORDER BY created_at DESC, event_id LIMIT $3`,
    [toKeyText(target) ?? '', type ?? '', limit],
  );
  return rows.map(({ event_id, amount_msat, ...row }) => ({ eventId: event_id, amountMsat: amount_msat, ...row }));
}

type ContributionRow = { readonly [Column in keyof Omit<Contribution, 'target'>]: Contribution[Column] };

interface TotalRow {
  readonly target: string;
  readonly replies: number;
  readonly likes: number;
  readonly dislikes: number;
  readonly emojis: number;
  readonly reposts: number;
  readonly zaps: number;
  readonly zap_msat: number;
}

interface ReactionRow {
  readonly target: string;
  readonly content: string;
  readonly count: number;
}

const selectTotals = `SELECT target, replies, likes, dislikes, emojis, reposts, zaps,
  CASE WHEN zap_msat > ${sumMax} THEN ${sumMax} ELSE zap_msat END AS zap_msat FROM view_engagement_total`;

const nothing: Engagement = {
  replies: 0,
  reposts: 0,
  likes: 0,
  dislikes: 0,
  emojis: 0,
  zaps: 0,
  zapMsat: 0,
  reactions: [],
};

function toReactions(
  { likes, dislikes }: Pick<Engagement, 'likes' | 'dislikes'>,
  emojis: readonly ReactionRow[],
): Engagement['reactions'] {
  return [{ content: '+', count: likes }, { content: '-', count: dislikes }, ...emojis]
    .filter(({ count }) => count > 0)
    .map(({ content, count }) => ({ content, count }))
    .sort((a, b) => b.count - a.count || (a.content < b.content ? -1 : 1));
}
