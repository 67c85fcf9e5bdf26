import { createHash } from 'node:crypto';
import type { Database, Queryable } from '@nostrata/database';
import type { AuditEntry, AuditLog, Clock } from '../contract.ts';

/** What the first entry holds as the hash before it. */
export const firstHash = '0'.repeat(64);

/** Locked while an entry is written: two entries after the same one would be two chains. */
const auditLock = 7_236_211;

/** Creates the log. In PostgreSQL its lock is held until the transaction ends: append last. */
export function createAuditLog({ dialect }: Pick<Database, 'dialect'>, clock: Pick<Clock, 'now'>): AuditLog {
  return {
    async append(transaction, entry) {
      if (dialect === 'postgres') await transaction.query('SELECT pg_advisory_xact_lock($1)', [auditLock]);
      const [last] = await transaction.query<{ seq: number; hash: string }>(
        'SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1',
      );
      await insertEntry(transaction, { ...entry, seq: Number(last?.seq ?? 0) + 1, atMs: clock.now() }, last?.hash);
    },
  };
}

/** An entry with its place and time. */
export interface PlacedEntry extends AuditEntry {
  readonly seq: number;
  readonly atMs: number;
}

/** SHA-256 (hex) over the entry as a JSON array, its details sorted by name, and the hash before it. */
export function hashEntry({ seq, atMs, actor, action, entity, details }: PlacedEntry, prevHash: string): string {
  const sorted = Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([seq, atMs, actor, action, entity, sorted, prevHash]);
  return createHash('sha256').update(text).digest('hex');
}

async function insertEntry(transaction: Queryable, entry: PlacedEntry, prevHash = firstHash): Promise<void> {
  const { seq, atMs, actor, action, entity, details } = entry;
  await transaction.query(
    `INSERT INTO audit_log (seq, at_ms, actor, action, entity, details, prev_hash, hash)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [seq, atMs, actor, action, entity, JSON.stringify(details), prevHash, hashEntry(entry, prevHash)],
  );
}
