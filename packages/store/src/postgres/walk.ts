import type { PostgresDatabase } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import type { Stream } from '../plan.ts';
import { walkEventsPerAuthor, walkKindsMax, walkStreamsMin } from './limits.ts';
import { hex, hexArray, numberArray } from './literal.ts';
import type { EventRow, Position } from './row.ts';
import type { Window } from './streams.ts';

/** A row of a walk. */
interface WalkedRow extends EventRow {
  /** The last event of its kind that the walk passed by, whoever wrote it; behind it nothing is known. */
  readonly is_last: boolean;
  readonly is_wanted: boolean;
}

/** What a walk has found. */
export interface Walk {
  readonly rows: readonly EventRow[];
  /** The position behind which there may be more. */
  readonly end: Position | undefined;
  /** It found as many rows as were asked for, or all that there are. */
  readonly isWhole: boolean;
}

/**
 * Of each kind the newest events, so many at most, with those of the authors among them. The lists in `CASE` stay a
 * sub-plan, which is hashed once; as a join they would be compared one by one.
 */
export const newest = {
  name: 'query_walk',
  text: `SELECT w.seq, w.id, w.kind, w.created_at, w.expires_at, w.is_wanted, w.is_last,
      CASE WHEN w.is_wanted THEN w.json END AS json
    FROM unnest($1::int[]) AS k (kind) CROSS JOIN LATERAL (
      SELECT * FROM (
        SELECT p.*, p.place = $7::bigint AS is_last,
          CASE WHEN p.pubkey IN (SELECT unnest($2::bytea[])) THEN true ELSE false END AS is_wanted
        FROM (
          SELECT x.*, row_number() OVER (ORDER BY x.created_at DESC, x.id) AS place FROM event x
          WHERE x.kind = k.kind AND x.created_at <= $3::bigint
            AND (x.created_at < $3::bigint OR x.id > $4::bytea) AND x.created_at >= $5::bigint
          ORDER BY x.created_at DESC, x.id LIMIT $7::bigint
        ) AS p OFFSET 0
      ) AS f WHERE f.is_wanted OR f.is_last LIMIT $6::bigint
    ) AS w
    ORDER BY w.created_at DESC, w.id LIMIT $6::bigint`,
};

/**
 * Says whether walking along the kinds may be quicker than reading every author's run: with many authors, and where
 * authors, kinds and time are all that is asked for.
 */
export function canWalk(filter: Filter, streams: readonly Stream[]): boolean {
  const { authors, kinds, tags, search } = filter;
  if (!authors || !kinds || tags || search !== undefined || streams[0]?.index !== 'author') return false;
  return streams.length >= walkStreamsMin && kinds.length <= walkKindsMax;
}

/** Walks along the kinds of the filter, from the newest event of the window on. */
export async function walk(
  database: PostgresDatabase,
  { filter, window }: { readonly filter: Filter; readonly window: Window },
  signal: AbortSignal | undefined,
): Promise<Walk> {
  const { authors = [], kinds = [] } = filter;
  const values = [
    numberArray(kinds),
    hexArray(authors),
    window.after.created_at,
    hex(window.after.id),
    window.since,
    window.rows,
    authors.length * walkEventsPerAuthor,
  ];
  const found = await database.read<WalkedRow>(newest, values, signal);
  const stop = found.findIndex(({ is_last }) => is_last);
  if (stop < 0) return { rows: found, end: found.length < window.rows ? undefined : found.at(-1), isWhole: true };
  return { rows: found.slice(0, stop + 1).filter(({ is_wanted }) => is_wanted), end: found[stop], isWhole: false };
}
