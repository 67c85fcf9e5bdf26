import type { Database } from '@nostrata/database';
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

/**
 * Creates the erasure of a pubkey that asks to vanish (NIP-62): names that point at it end, and pubkey, relays and signed
 * orders are removed from them and their history. The address stays in quarantine as any that ends. Returns how many ended.
 */
export function createErasure(parts: ErasureParts): (pubkey: string) => Promise<number> {
  const { database, clock, settings } = parts;
  return async (pubkey) => {
    const rows = (await database.query('SELECT * FROM name WHERE pubkey = $1', [pubkey])).map(toNameRow);
    let ended = 0;
    for (const { id, host, local } of rows) {
      const isEnded = await database.transaction(async (transaction) => {
        const row = await lockName(transaction, id);
        if (row?.pubkey !== pubkey) return false;
        const nowMs = clock.now();
        const freeMs = row.freeMs ?? (row.isCurrent ? nowMs + settings.periods.quarantineMs : nowMs);
        await transaction.query(
          `UPDATE name SET pubkey = '', relays = '[]', ended_ms = COALESCE(ended_ms, $2), free_ms = $3,
              phase_told = 'quarantine', due_ms = $4 WHERE id = $1`,
          [id, nowMs, freeMs, row.isCurrent ? freeMs : null],
        );
        await parts.addChange(transaction, { nameId: id, what: 'erased' });
        const entity = `name:${id}`;
        await parts.audit.append(transaction, { actor: 'system', action: 'name.erased', entity, details: {} });
        return true;
      });
      if (isEnded) ended += 1;
      parts.changed({ host, local });
    }
    await database.query(
      `UPDATE name_change SET evidence = NULL, from_pubkey = CASE WHEN from_pubkey = $1 THEN NULL ELSE from_pubkey END,
          to_pubkey = CASE WHEN to_pubkey = $1 THEN NULL ELSE to_pubkey END
        WHERE from_pubkey = $1 OR to_pubkey = $1`,
      [pubkey],
    );
    return ended;
  };
}
