import type { PostgresSession } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import type { Change, RemovalReason, Seq } from '../contract.ts';

const readLog = {
  name: 'log_after',
  text: `SELECT seq, json, NULL::bytea AS id, NULL::bytea AS pubkey, NULL::int AS kind, NULL::bigint AS created_at,
      NULL::text AS reason, NULL::bytea AS cause
    FROM (SELECT seq, json FROM event WHERE seq > $1 ORDER BY seq LIMIT $2) AS stored
    UNION ALL
    SELECT seq, NULL, id, pubkey, kind, created_at, reason, cause
    FROM (SELECT * FROM removal WHERE seq > $1 ORDER BY seq LIMIT $2) AS removed
    ORDER BY seq LIMIT $2`,
};

interface LogRow {
  readonly seq: Seq;
  readonly json: string | null;
  readonly id: string;
  readonly pubkey: string;
  readonly kind: number;
  readonly created_at: number;
  readonly reason: RemovalReason;
  readonly cause: string | null;
}

/** The log after a position, oldest first, from one snapshot of events and removals. */
export async function readChanges(session: PostgresSession, after: number, limit: number): Promise<Change[]> {
  const rows = await session.run<LogRow>(readLog, [after, limit]);
  return rows.map(toChange);
}

function toChange({ seq, json, cause, ...removed }: LogRow): Change {
  if (json !== null) return { type: 'stored', seq, event: JSON.parse(json) as NostrEvent, json };
  return { type: 'removed', seq, ...removed, cause: cause ?? undefined };
}
