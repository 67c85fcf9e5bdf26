import type { PostgresDatabase } from '@nostrata/database';
import type { RetentionPolicy, RetentionReport } from '../contract.ts';
import { removalBatchEvents } from '../limits.ts';
import type { Row } from '../rules.ts';
import { rewriteShare, smallStoreBytes } from './limits.ts';
import { hexArray, numberArray } from './literal.ts';
import { type RemovalPieces, removeRows } from './removal.ts';
import { readBytes, vacuum } from './size.ts';

/** A row that may go, and the bytes that it takes with its indexes. */
interface Candidate extends Row {
  readonly bytes: number;
}

/** What is to be done, and how far it is done. */
interface Plan {
  /** Rows older than this second go whatever the size. */
  readonly oldest: number;
  readonly bytesMax: number;
  readonly kinds: string;
  readonly pubkeys: string;
  readonly batchEvents: number;
  /** Bytes of live data, as far as is known. */
  live: number;
}

/**
 * What an event takes beside its text: its row, five indexes, and its share of the tag table. An average, measured
 * on notes, reactions and lists together; PostgreSQL keeps no account by row.
 */
const overheadBytes = 1_700;
const bytesOfEvent = `(pg_column_size(e.json) + ${overheadBytes})::bigint`;
const mayGo = 'e.created_at < $1 AND e.kind <> ALL ($2::int[]) AND e.pubkey <> ALL ($3::bytea[])';

const candidates = {
  name: 'retain_candidates',
  text: `SELECT e.seq, e.id, e.pubkey, e.kind, e.created_at, ${bytesOfEvent} AS bytes FROM event e
    WHERE ${mayGo} ORDER BY e.created_at, e.id DESC LIMIT $4`,
};

/** Removes what the policy does not keep, oldest first, in batches; then vacuums, and says what the server says. */
export async function retainEvents(
  pieces: RemovalPieces,
  policy: RetentionPolicy,
  now: () => number,
): Promise<RetentionReport> {
  const { database } = pieces;
  const bytesBefore = await readBytes(database);
  const { live, events } = await readLive(database);
  const plan: Plan = {
    oldest: policy.maxAgeSeconds === undefined ? 0 : Math.floor(now() / 1_000) - policy.maxAgeSeconds,
    bytesMax: policy.maxBytes ?? Number.POSITIVE_INFINITY,
    kinds: numberArray([...(policy.protectedKinds ?? [])]),
    pubkeys: hexArray([...(policy.protectedPubkeys ?? [])]),
    batchEvents: Math.max(1, policy.batchEvents ?? removalBatchEvents),
    live,
  };
  if (policy.dryRun) {
    const removed = await rehearse(database, plan);
    return { removed, batches: 0, bytesBefore, bytesAfter: bytesBefore, incomplete: plan.live > plan.bytesMax };
  }
  const done = await removeInBatches(pieces, plan);
  if (done.removed > 0) {
    const isWorthwhile = bytesBefore < smallStoreBytes || done.removed > rewriteShare * events;
    await vacuum(database, isWorthwhile ? 'rewrite' : 'mark');
  }
  return { ...done, bytesBefore, bytesAfter: await readBytes(database), incomplete: plan.live > plan.bytesMax };
}

async function readLive(database: PostgresDatabase): Promise<{ live: number; events: number }> {
  const text = `SELECT coalesce(sum(${bytesOfEvent}), 0)::bigint AS live, count(*) AS events FROM event e`;
  const [row] = await database.run<{ live: number; events: number }>({ name: 'retain_live', text });
  return { live: row?.live ?? 0, events: row?.events ?? 0 };
}

async function removeInBatches(pieces: RemovalPieces, plan: Plan): Promise<{ removed: number; batches: number }> {
  let removed = 0;
  let batches = 0;
  for (;;) {
    const rows = await removeRows(pieces, 'retained', async ({ session }) => {
      const before = plan.live > plan.bytesMax ? Number.MAX_SAFE_INTEGER : plan.oldest;
      const found = await session.run<Candidate>(candidates, [before, plan.kinds, plan.pubkeys, plan.batchEvents]);
      return takeOldest(found, plan);
    });
    if (rows.length === 0) return { removed, batches };
    for (const { bytes } of rows) plan.live -= bytes;
    removed += rows.length;
    batches += 1;
  }
}

/** From the oldest on, as many as are too old or too much. */
function takeOldest(rows: readonly Candidate[], plan: Plan): readonly Candidate[] {
  let { live } = plan;
  const end = rows.findIndex(({ created_at, bytes }) => {
    if (created_at >= plan.oldest && live <= plan.bytesMax) return true;
    live -= bytes;
    return false;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

/** Counts what would go, and leaves in the plan what would remain. */
async function rehearse(database: PostgresDatabase, plan: Plan): Promise<number> {
  const excess = Number.isFinite(plan.bytesMax) ? Math.max(0, plan.live - plan.bytesMax) : 0;
  const text = `SELECT count(*) AS events, coalesce(sum(bytes), 0)::bigint AS bytes FROM (
      SELECT e.created_at, ${bytesOfEvent} AS bytes,
        sum(${bytesOfEvent}) OVER (ORDER BY e.created_at, e.id DESC) - ${bytesOfEvent} AS before
      FROM event e WHERE ${mayGo}
    ) AS c WHERE created_at < $4 OR before < $5`;
  const values = [Number.MAX_SAFE_INTEGER, plan.kinds, plan.pubkeys, plan.oldest, Math.ceil(excess)];
  const [row] = await database.run<{ events: number; bytes: number }>({ name: 'retain_rehearse', text }, values);
  plan.live -= row?.bytes ?? 0;
  return row?.events ?? 0;
}
