import type { Database, Queryable } from '@nostrata/database';
import type { AuditLog } from '../contract.ts';
import { type AddChange, lockName, toNameRow } from './rows.ts';
import type { NameSettings } from './settings.ts';

/** What erasing is made of. */
export interface ErasureParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly audit: AuditLog;
  readonly settings: NameSettings;
  readonly addChange: AddChange;
  readonly changed: (name: { readonly host: string; readonly local: string }) => void;
}

/** Ends the names of a pubkey; returns how many. @param untilMs when it asked: what it took afterwards is not meant */
export type EraseForPubkey = (pubkey: string, untilMs: number) => Promise<number>;

/**
 * Creates the erasure of a pubkey that asks to vanish (NIP-62): names that point at it end, and pubkey, relays and signed
 * orders are removed from them and their history. The address stays in quarantine as any that ends. The same request may
 * come again and again: where nothing is left of the pubkey, nothing is written.
 */
export function createErasure(parts: ErasureParts): EraseForPubkey {
  return async (pubkey, untilMs) => {
    const rows = (await parts.database.query('SELECT * FROM name WHERE pubkey = $1', [pubkey])).map(toNameRow);
    let ended = 0;
    for (const { id, host, local } of rows) {
      const isEnded = await parts.database.transaction((transaction) =>
        end(parts, transaction, { id, pubkey, untilMs }),
      );
      if (!isEnded) continue;
      ended += 1;
      parts.changed({ host, local });
    }
    await cleanHistory(parts, pubkey, untilMs);
    return ended;
  };
}

interface Ending {
  readonly id: string;
  readonly pubkey: string;
  readonly untilMs: number;
}

async function end(parts: ErasureParts, transaction: Queryable, { id, pubkey, untilMs }: Ending): Promise<boolean> {
  const row = await lockName(transaction, id);
  if (row?.pubkey !== pubkey || row.createdMs > untilMs) return false;
  const [later] = await transaction.query(
    'SELECT id FROM name_change WHERE name_id = $1 AND to_pubkey = $2 AND at_ms > $3 LIMIT 1',
    [id, pubkey, untilMs],
  );
  if (later !== undefined) return false;
  const nowMs = parts.clock.now();
  const freeMs = row.freeMs ?? (row.isCurrent ? nowMs + parts.settings.periods.quarantineMs : nowMs);
  await transaction.query(
    `UPDATE name SET pubkey = '', relays = '[]', ended_ms = COALESCE(ended_ms, $2), free_ms = $3,
        phase_told = 'quarantine', due_ms = $4 WHERE id = $1`,
    [id, nowMs, freeMs, row.isCurrent ? freeMs : null],
  );
  await parts.addChange(transaction, { nameId: id, what: 'erased' });
  const entity = `name:${id}`;
  await parts.audit.append(transaction, { actor: 'system', action: 'name.erased', entity, details: {} });
  return true;
}

/** What shows that a name was paid for stays: the id of a payment says nothing of a key. */
async function cleanHistory({ database }: ErasureParts, pubkey: string, untilMs: number): Promise<void> {
  const where = '(from_pubkey = $1 OR to_pubkey = $1) AND at_ms <= $2';
  const [left] = await database.query(`SELECT id FROM name_change WHERE ${where} LIMIT 1`, [pubkey, untilMs]);
  if (left === undefined) return;
  await database.transaction((transaction) =>
    transaction.query(
      `UPDATE name_change SET evidence = CASE WHEN what = 'paid' THEN evidence END,
          from_pubkey = CASE WHEN from_pubkey = $1 THEN NULL ELSE from_pubkey END,
          to_pubkey = CASE WHEN to_pubkey = $1 THEN NULL ELSE to_pubkey END
        WHERE ${where}`,
      [pubkey, untilMs],
    ),
  );
}
