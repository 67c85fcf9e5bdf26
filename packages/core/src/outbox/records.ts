import type { Database, Queryable, SqlRow } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import type { PublishTarget, TargetState } from '../contract.ts';
import { settledKeptMax } from '../limits.ts';
import type { DeliveryClass } from './delivery.ts';

/**
 * Where the record of a publication stands: `open` until every target is settled; `cancelling` between the decision to
 * take it back and the store having done so.
 */
export type RecordState = 'open' | 'cancelling' | 'settled' | 'cancelled';

/** A publication as it is kept. */
export interface PublicationRecord {
  readonly event: NostrEvent;
  /** The version that it replaced here, to be put back by `cancel`. */
  readonly previous: NostrEvent | undefined;
  readonly address: string | undefined;
  readonly delivery: DeliveryClass;
  readonly createdAtMs: number;
  /** Before this no relay is tried. */
  readonly notBeforeMs: number;
  readonly state: RecordState;
  readonly targets: readonly PublishTarget[];
}

/** The durable part of the outbox: each method is one transaction, and is on disk when it resolves. */
export interface PublicationRecords {
  add(record: PublicationRecord): Promise<void>;
  setTarget(id: string, target: PublishTarget): Promise<void>;
  /** Marks that the event is being sent to the relay; false, and nothing is changed, where it was taken back. */
  claimSend(id: string, target: PublishTarget): Promise<boolean>;
  /** Marks that the event is taken back; false, and nothing is changed, where a relay may have it. */
  claimCancel(id: string): Promise<boolean>;
  load(id: string): Promise<PublicationRecord | undefined>;
  /** Sets the state of the record, and of its targets where one is given and they are not settled. */
  setState(id: string, state: RecordState, targets?: 'cancelled' | 'superseded'): Promise<void>;
  remove(id: string): Promise<void>;
  /** Everything that is not settled, oldest first. */
  loadOpen(): Promise<PublicationRecord[]>;
  /** The newest ones, settled or not. */
  loadRecent(limit: number): Promise<PublicationRecord[]>;
}

interface PublicationRow extends SqlRow {
  readonly id: string;
  readonly event: string;
  readonly previous: string | null;
  readonly address: string | null;
  readonly delivery: DeliveryClass;
  readonly created_at_ms: number;
  readonly not_before_ms: number;
  readonly state: RecordState;
}

interface TargetRow extends SqlRow {
  readonly id: string;
  readonly relay: string;
  readonly state: TargetState;
  readonly attempts: number;
  readonly may_have_it: number;
  readonly next_at_ms: number | null;
  readonly reason: string | null;
}

const settledStates = "('delivered', 'rejected', 'superseded', 'cancelled')";

/** Opens the records over their tables. */
export function createRecords(database: Database): PublicationRecords {
  return {
    add: async (record) => await database.transaction(async (transaction) => await insert(transaction, record)),
    setTarget: async (id, target) =>
      await database.transaction(async (transaction) => await updateTarget(transaction, id, target)),
    claimSend: async (id, target) =>
      await database.transaction(async (transaction) => {
        const open = await transaction.query(
          "SELECT 1 AS found FROM core_publication WHERE id = $1 AND state = 'open'",
          [id],
        );
        if (open.length > 0) await updateTarget(transaction, id, target);
        return open.length > 0;
      }),
    claimCancel: async (id) =>
      await database.transaction(async (transaction) => {
        const claimed = await transaction.query(
          `UPDATE core_publication SET state = 'cancelling' WHERE id = $1 AND state = 'open'
             AND NOT EXISTS (SELECT 1 FROM core_target WHERE core_target.id = $1 AND may_have_it = 1) RETURNING id`,
          [id],
        );
        if (claimed.length > 0) await closeTargets(transaction, id, 'cancelled');
        return claimed.length > 0;
      }),
    load: async (id) => (await loadWhere(database, 'WHERE id = $1', [id]))[0],
    setState: async (id, state, targets) =>
      await database.transaction(async (transaction) => {
        await transaction.query('UPDATE core_publication SET state = $2 WHERE id = $1', [id, state]);
        if (targets !== undefined) await closeTargets(transaction, id, targets);
      }),
    remove: async (id) =>
      await database.transaction(async (transaction) => {
        await transaction.query('DELETE FROM core_publication WHERE id = $1', [id]);
        await transaction.query('DELETE FROM core_target WHERE id = $1', [id]);
      }),
    loadOpen: async () => {
      await forgetOldest(database);
      return await loadWhere(database, "WHERE state IN ('open', 'cancelling') ORDER BY created_at_ms, id", []);
    },
    loadRecent: async (limit) => await loadWhere(database, 'ORDER BY created_at_ms DESC, id LIMIT $1', [limit]),
  };
}

async function loadWhere(
  database: Database,
  condition: string,
  parameters: readonly (string | number)[],
): Promise<PublicationRecord[]> {
  const rows = await database.query<PublicationRow>(`SELECT * FROM core_publication ${condition}`, parameters);
  const records: PublicationRecord[] = [];
  for (const row of rows) {
    const targets = await database.query<TargetRow>('SELECT * FROM core_target WHERE id = $1 ORDER BY relay', [row.id]);
    records.push(toRecord(row, targets));
  }
  return records;
}

async function updateTarget(transaction: Queryable, id: string, target: PublishTarget): Promise<void> {
  const { relay, state, attempts, mayHaveIt, nextAtMs, reason } = target;
  await transaction.query(
    `UPDATE core_target SET state = $3, attempts = $4, may_have_it = $5, next_at_ms = $6, reason = $7
     WHERE id = $1 AND relay = $2`,
    [id, relay, state, attempts, mayHaveIt ? 1 : 0, nextAtMs ?? null, reason ?? null],
  );
}

async function closeTargets(transaction: Queryable, id: string, state: 'cancelled' | 'superseded'): Promise<void> {
  await transaction.query(
    `UPDATE core_target SET state = $2, next_at_ms = NULL WHERE id = $1 AND state NOT IN ${settledStates}`,
    [id, state],
  );
}

async function insert(transaction: Queryable, record: PublicationRecord): Promise<void> {
  const { event, previous, address, delivery, createdAtMs, notBeforeMs, state, targets } = record;
  // One that was settled or taken back may be published again.
  await transaction.query('DELETE FROM core_publication WHERE id = $1', [event.id]);
  await transaction.query('DELETE FROM core_target WHERE id = $1', [event.id]);
  await transaction.query(
    `INSERT INTO core_publication (id, event, previous, address, delivery, created_at_ms, not_before_ms, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      event.id,
      JSON.stringify(event),
      previous ? JSON.stringify(previous) : null,
      address ?? null,
      delivery,
      createdAtMs,
      notBeforeMs,
      state,
    ],
  );
  for (const { relay, state: targetState, attempts } of targets) {
    await transaction.query(
      'INSERT INTO core_target (id, relay, state, attempts, may_have_it) VALUES ($1, $2, $3, $4, 0)',
      [event.id, relay, targetState, attempts],
    );
  }
}

/** Keeps the table of settled publications bounded. */
async function forgetOldest(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(
      `DELETE FROM core_publication WHERE state IN ('settled', 'cancelled') AND id NOT IN (
         SELECT id FROM core_publication WHERE state IN ('settled', 'cancelled') ORDER BY created_at_ms DESC LIMIT $1)`,
      [settledKeptMax],
    );
    await transaction.query('DELETE FROM core_target WHERE id NOT IN (SELECT id FROM core_publication)');
  });
}

function toRecord(row: PublicationRow, targets: readonly TargetRow[]): PublicationRecord {
  return {
    event: JSON.parse(row.event) as NostrEvent,
    previous: row.previous === null ? undefined : (JSON.parse(row.previous) as NostrEvent),
    address: row.address ?? undefined,
    delivery: row.delivery,
    createdAtMs: Number(row.created_at_ms),
    notBeforeMs: Number(row.not_before_ms),
    state: row.state,
    targets: targets.map(({ relay, state, attempts, may_have_it, next_at_ms, reason }) => ({
      relay,
      state,
      attempts,
      mayHaveIt: may_have_it === 1,
      nextAtMs: next_at_ms === null ? undefined : Number(next_at_ms),
      reason: reason ?? undefined,
    })),
  };
}
