import { type SqlValue, selectIn } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import type { Change } from '@nostrata/store';
import type { ViewTransaction } from '@nostrata/views';

/** What a batch of the log comes to: the events it touches, and those of them that are there after it. */
export interface BatchOfLog {
  readonly touchedIds: readonly string[];
  readonly stored: readonly NostrEvent[];
}

/** Takes together what happened to each event: only the last of it counts. */
export function toBatch(changes: readonly Change[]): BatchOfLog {
  const lastById = new Map(changes.map((change) => [change.type === 'stored' ? change.event.id : change.id, change]));
  const stored = [...lastById.values()].flatMap((change) => (change.type === 'stored' ? [change.event] : []));
  return { touchedIds: [...lastById.keys()], stored };
}

/** Deletes the rows of these events, and returns one column of them. */
export async function deleteRows(
  transaction: ViewTransaction,
  { table, column }: { readonly table: string; readonly column: string },
  ids: readonly SqlValue[],
): Promise<string[]> {
  const sql = `SELECT event_id, ${column} AS value FROM ${table} WHERE event_id IN`;
  const rows = await selectIn<{ event_id: string; value: string }>(transaction, sql, ids);
  // Most events of a batch have no rows: nothing is deleted for them.
  for (const id of new Set(rows.map(({ event_id }) => event_id))) {
    await transaction.query(`DELETE FROM ${table} WHERE event_id = $1`, [id]);
  }
  return rows.map(({ value }) => value);
}
