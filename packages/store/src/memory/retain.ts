import { nextTurn } from '#platform';
import type { RetentionPolicy, RetentionReport } from '../contract.ts';
import { removalBatchEvents } from '../limits.ts';
import { estimateBytes, type MemoryRow } from './row.ts';
import type { Table } from './table.ts';

/** What retention needs of the store around the table. */
export interface RetentionOptions {
  readonly now: () => number;
  /** Removes the rows in one transaction and tells the followers. */
  removeBatch(rows: readonly MemoryRow[]): void;
}

/** Removes what the policy does not keep, oldest first, in batches between which others work. */
export async function retainRows(
  table: Table,
  policy: RetentionPolicy,
  options: RetentionOptions,
): Promise<RetentionReport> {
  const bytesBefore = table.bytes;
  const { rows, incomplete } = chooseRows(table, policy, Math.floor(options.now() / 1_000));
  if (policy.dryRun) return { removed: rows.length, batches: 0, bytesBefore, bytesAfter: bytesBefore, incomplete };
  const size = Math.max(1, policy.batchEvents ?? removalBatchEvents);
  let removed = 0;
  let batches = 0;
  for (let from = 0; from < rows.length; from += size) {
    if (from > 0) await nextTurn();
    const batch = rows.slice(from, from + size).filter((row) => !row.gone);
    if (batch.length === 0) continue;
    options.removeBatch(batch);
    removed += batch.length;
    batches += 1;
  }
  return { removed, batches, bytesBefore, bytesAfter: table.bytes, incomplete };
}

function chooseRows(
  table: Table,
  policy: RetentionPolicy,
  nowSeconds: number,
): { rows: MemoryRow[]; incomplete: boolean } {
  const oldest = policy.maxAgeSeconds === undefined ? 0 : nowSeconds - policy.maxAgeSeconds;
  const bytesMax = policy.maxBytes ?? Number.POSITIVE_INFINITY;
  let bytes = table.bytes;
  const rows: MemoryRow[] = [];
  for (const row of table.indexes.time.backwards()) {
    if (row.created_at >= oldest && bytes <= bytesMax) break;
    if (policy.protectedKinds?.has(row.kind) || policy.protectedPubkeys?.has(row.pubkey)) continue;
    rows.push(row);
    bytes -= estimateBytes(row);
  }
  return { rows, incomplete: bytes > bytesMax };
}
