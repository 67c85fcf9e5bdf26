import type { Database, Queryable, SqlRow } from '@nostrata/database';
import type { NostrEvent, UnsignedEvent } from '@nostrata/protocol';
import type { PublishTarget, TargetState } from '../contract.ts';
import { settledKeptMax } from '../limits.ts';
import type { DeliveryClass } from './delivery.ts';

/**
 * Where the record of a publication stands: `unsigned` until a signer has signed it; `open` until every target is settled; `cancelling` between the decision to
 * take it back and the store having done so.
 */
export type RecordState = 'unsigned' | 'open' | 'cancelling' | 'settled' | 'cancelled';

/** A publication as it is kept. */
export interface PublicationRecord {
  /** The id of the event, signed or not. */
  readonly id: string;
  readonly event: NostrEvent | UnsignedEvent;
  /** The version that it replaced here, to be put back by `cancel`. */
  readonly previous: NostrEvent | undefined;
  readonly address: string | undefined;
  readonly delivery: DeliveryClass;
  readonly createdAtMs: number;
  /** Before this no relay is tried. */
  readonly notBeforeMs: number;
  readonly state: RecordState;
  readonly targets: readonly PublishTarget[];
  /** When it is given up without a signature. */
  readonly signByMs?: number | undefined;
  /** Until then one process has the asking of its signer to itself. */
  readonly askedUntilMs?: number | undefined;
  readonly reason?: string | undefined;
}

/** The durable part of the outbox: each method is one transaction, and is on disk when it resolves. */
export interface PublicationRecords {
  add(record: PublicationRecord): Promise<void>;
  setTarget(id: string, target: PublishTarget): Promise<void>;
  /** Marks that the event is being sent to the relay; false, and nothing is changed, where it was taken back. */
  claimSend(id: string, target: PublishTarget): Promise<boolean>;
  /** Takes the asking of a signer to itself until that time; false where another process has it, or it is over. */
  claimAsk(id: string, nowMs: number, untilMs: number): Promise<boolean>;
  renewAsk(id: string, untilMs: number): Promise<void>;
  /** Gives the asking up again, and notes why there is no signature. */
  releaseAsk(id: string, reason: string): Promise<void>;
  /** Puts the signed event in the place of the draft, ready to be sent; false where it was taken back or given up. */
  claimSigned(id: string, signed: SignedDraft): Promise<boolean>;
  /** Gives a draft up; false where it is none any more. */
  endDraft(id: string, reason: string, targets: 'cancelled' | 'superseded'): Promise<boolean>;
  /** What waits for a signature, oldest first. */
  loadUnsigned(): Promise<PublicationRecord[]>;
  /**
   * Marks that the event is taken back: `cancelled` where that is all, `cancelling` where the store has it; undefined,
   * and nothing is changed, where a relay may have it.
   */
  claimCancel(id: string): Promise<RecordState | undefined>;
  load(id: string): Promise<PublicationRecord | undefined>;
  /** Sets the state of the record, and of its targets where one is given and they are not settled. */
  setState(id: string, state: RecordState, targets?: 'cancelled' | 'superseded'): Promise<void>;
  remove(id: string): Promise<void>;
  /** Everything that is not settled, oldest first. */
  loadOpen(): Promise<PublicationRecord[]>;
  /** The newest ones, settled or not. */
  loadRecent(limit: number): Promise<PublicationRecord[]>;
}

/** What becomes of a draft when it is signed. */
export interface SignedDraft {
  readonly event: NostrEvent;
  /** The version that it replaces now. */
  readonly previous: NostrEvent | undefined;
  readonly nowMs: number;
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
  readonly sign_by_ms: number | null;
  readonly asked_until_ms: number | null;
  readonly reason: string | null;
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
    ...draftRecords(database),
    claimCancel: async (id) =>
      await database.transaction(async (transaction) => {
        const [claimed] = await transaction.query<{ state: RecordState }>(
          `UPDATE core_publication SET state = CASE state WHEN 'unsigned' THEN 'cancelled' ELSE 'cancelling' END
           WHERE id = $1 AND state IN ('unsigned', 'open')
             AND NOT EXISTS (SELECT 1 FROM core_target WHERE core_target.id = $1 AND may_have_it = 1) RETURNING state`,
          [id],
        );
        if (claimed) await closeTargets(transaction, id, 'cancelled');
        return claimed?.state;
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
      return await loadWhere(
        database,
        "WHERE state IN ('unsigned', 'open', 'cancelling') ORDER BY created_at_ms, id",
        [],
      );
    },
    loadRecent: async (limit) => await loadWhere(database, 'ORDER BY created_at_ms DESC, id LIMIT $1', [limit]),
  };
}

/** The part for drafts. */
function draftRecords(
  database: Database,
): Pick<PublicationRecords, 'claimAsk' | 'renewAsk' | 'releaseAsk' | 'claimSigned' | 'endDraft' | 'loadUnsigned'> {
  /** Changes a draft that is one still; says whether it was. */
  const update = async (queryable: Queryable, assignments: string, values: readonly (string | number | null)[]) => {
    const rows = await queryable.query(
      `UPDATE core_publication SET ${assignments} WHERE id = $1 AND state = 'unsigned' RETURNING id`,
      values,
    );
    return rows.length > 0;
  };
  return {
    claimAsk: async (id, nowMs, untilMs) => {
      const rows = await database.query(
        `UPDATE core_publication SET asked_until_ms = $3
         WHERE id = $1 AND state = 'unsigned' AND (asked_until_ms IS NULL OR asked_until_ms <= $2) RETURNING id`,
        [id, nowMs, untilMs],
      );
      return rows.length > 0;
    },
    renewAsk: async (id, untilMs) => void (await update(database, 'asked_until_ms = $2', [id, untilMs])),
    releaseAsk: async (id, reason) => void (await update(database, 'asked_until_ms = NULL, reason = $2', [id, reason])),
    claimSigned: async (id, { event, previous, nowMs }) =>
      await update(
        database,
        "state = 'open', event = $2, previous = $3, created_at_ms = $4, asked_until_ms = NULL, reason = NULL",
        [id, JSON.stringify(event), previous ? JSON.stringify(previous) : null, nowMs],
      ),
    endDraft: async (id, reason, targets) =>
      await database.transaction(async (transaction) => {
        const isEnded = await update(transaction, "state = 'settled', reason = $2, asked_until_ms = NULL", [
          id,
          reason,
        ]);
        if (isEnded) await closeTargets(transaction, id, targets);
        return isEnded;
      }),
    loadUnsigned: async () => await loadWhere(database, "WHERE state = 'unsigned' ORDER BY created_at_ms, id", []),
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
  const { id, event, previous, address, delivery, createdAtMs, notBeforeMs, state, targets } = record;
  // One that was settled or taken back may be published again.
  await transaction.query('DELETE FROM core_publication WHERE id = $1', [id]);
  await transaction.query('DELETE FROM core_target WHERE id = $1', [id]);
  await transaction.query(
    `INSERT INTO core_publication (id, event, previous, address, delivery, created_at_ms, not_before_ms, state,
       sign_by_ms, asked_until_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      id,
      JSON.stringify(event),
      previous ? JSON.stringify(previous) : null,
      address ?? null,
      delivery,
      createdAtMs,
      notBeforeMs,
      state,
      record.signByMs ?? null,
      record.askedUntilMs ?? null,
    ],
  );
  for (const { relay, state: targetState, attempts } of targets) {
    await transaction.query(
      'INSERT INTO core_target (id, relay, state, attempts, may_have_it) VALUES ($1, $2, $3, $4, 0)',
      [id, relay, targetState, attempts],
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
    id: row.id,
    event: JSON.parse(row.event) as NostrEvent | UnsignedEvent,
    previous: row.previous === null ? undefined : (JSON.parse(row.previous) as NostrEvent),
    address: row.address ?? undefined,
    delivery: row.delivery,
    createdAtMs: Number(row.created_at_ms),
    notBeforeMs: Number(row.not_before_ms),
    state: row.state,
    signByMs: row.sign_by_ms === null ? undefined : Number(row.sign_by_ms),
    askedUntilMs: row.asked_until_ms === null ? undefined : Number(row.asked_until_ms),
    reason: row.reason ?? undefined,
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
