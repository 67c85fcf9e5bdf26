import type { Database } from '@nostrata/database';
import { findTables } from './find-tables.ts';

const hourMs = 3_600_000;

/** The ids of the relays that a collector of any process had a connection to in this hour or the last. */
export async function readConnected(database: Database, nowMs: number): Promise<ReadonlySet<number>> {
  const tables = await findTables(database, ['collector_connection_hour']);
  if (!tables.has('collector_connection_hour')) return new Set();
  const hour = Math.floor(nowMs / hourMs);
  const rows = await database.query<{ relay: number }>(
    // One look for each relay: the table is in their order, and most of it is older.
    `SELECT r.relay FROM registry_relay r WHERE EXISTS (SELECT 1 FROM collector_connection_hour c
      WHERE c.relay = r.relay AND c.hour >= $1 AND c.connected_seconds > 0)`,
    [hour - 1],
  );
  return new Set(rows.map(({ relay }) => relay));
}
