import type { Queryable, SqlRow } from '@nostrata/database';
import type { RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';
import { toIso, toIsoOrNull } from '../times.ts';
import type { NameAnswer } from './contract.ts';
import {
  type Cover,
  type Coverage,
  type NamePeriods,
  type NamePhase,
  type NameTimes,
  nextChangeOf,
  phaseAt,
  timelineOf,
} from './phases.ts';

/** A row of the table of names. */
export interface NameRow extends NameTimes {
  readonly id: string;
  readonly host: string;
  readonly local: string;
  readonly userId: string;
  /** Empty where it was erased. */
  readonly pubkey: string;
  readonly relays: readonly string[];
  readonly createdMs: number;
  /** Whether the row stands for its address; others are the past. */
  readonly isCurrent: boolean;
  readonly phaseTold: string;
}

/** Reads a row. */
export function toNameRow(row: SqlRow): NameRow {
  const number = (value: SqlRow[string] | undefined): number | null =>
    value === null || value === undefined ? null : Number(value);
  return {
    id: String(row.id),
    host: String(row.host),
    local: String(row.local),
    userId: String(row.user_id),
    pubkey: String(row.pubkey),
    relays: JSON.parse(String(row.relays)) as string[],
    coverage: String(row.coverage) as Coverage,
    createdMs: Number(row.created_ms),
    heldUntilMs: number(row.held_until_ms),
    paidUntilMs: number(row.paid_until_ms),
    endedMs: number(row.ended_ms),
    freeMs: number(row.free_ms),
    isCurrent: Number(row.is_current) === 1,
    phaseTold: String(row.phase_told),
  };
}

/** The row that stands for an address. */
export async function readCurrent(queryable: Queryable, host: string, local: string): Promise<NameRow | undefined> {
  const [row] = await queryable.query('SELECT * FROM name WHERE host = $1 AND local = $2 AND is_current = 1', [
    host,
    local,
  ]);
  return row && toNameRow(row);
}

/** The row with that id. */
export async function readName(queryable: Queryable, id: string): Promise<NameRow | undefined> {
  const [row] = await queryable.query('SELECT * FROM name WHERE id = $1', [id]);
  return row && toNameRow(row);
}

/** Locks the row until the transaction ends, and reads what it is then. */
export async function lockName(transaction: Queryable, id: string): Promise<NameRow | undefined> {
  const [row] = await transaction.query('UPDATE name SET is_current = is_current WHERE id = $1 RETURNING *', [id]);
  return row && toNameRow(row);
}

/** Locks the user until the transaction ends: what is counted of a user stays true. False where there is none. */
export async function lockUser(transaction: Queryable, userId: string): Promise<boolean> {
  const rows = await transaction.query('UPDATE account_user SET state = state WHERE id = $1 RETURNING id', [userId]);
  return rows.length > 0;
}

/** A new row. */
export interface NewName extends Pick<NameRow, 'host' | 'local' | 'userId' | 'pubkey' | 'relays' | 'coverage'> {
  readonly id: string;
  readonly createdMs: number;
  readonly heldUntilMs: number | null;
  readonly paidUntilMs: number | null;
  readonly phaseTold: NamePhase;
  readonly dueMs: number | null;
}

/**
 * Takes an address: the row that stood for it steps back where it is still as it was read (and was found free), and the
 * new one is written where none stands for it. False where somebody else was faster.
 */
export async function takeAddress(transaction: Queryable, name: NewName, freed: NameRow | undefined): Promise<boolean> {
  if (freed) {
    const { id, userId, coverage, heldUntilMs, paidUntilMs, endedMs, freeMs } = freed;
    await transaction.query(
      `UPDATE name SET is_current = 0, due_ms = NULL WHERE id = $1 AND is_current = 1 AND user_id = $2 AND coverage = $3
        AND COALESCE(held_until_ms, -1) = $4 AND COALESCE(paid_until_ms, -1) = $5
        AND COALESCE(ended_ms, -1) = $6 AND COALESCE(free_ms, -1) = $7`,
      [id, userId, coverage, heldUntilMs ?? -1, paidUntilMs ?? -1, endedMs ?? -1, freeMs ?? -1],
    );
  }
  const taken = await transaction.query(
    `INSERT INTO name (id, host, local, user_id, pubkey, relays, coverage, created_ms, held_until_ms, paid_until_ms,
        ended_ms, free_ms, is_current, phase_told, due_ms)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, NULL, 1, $11, $12)
      ON CONFLICT (host, local) WHERE is_current = 1 DO NOTHING RETURNING id`,
    [
      name.id,
      name.host,
      name.local,
      name.userId,
      name.pubkey,
      JSON.stringify(name.relays),
      name.coverage,
      name.createdMs,
      name.heldUntilMs,
      name.paidUntilMs,
      name.phaseTold,
      name.dueMs,
    ],
  );
  return taken.length > 0;
}

/** What happened to a name, for its history. */
export interface NameChange {
  readonly nameId: string;
  readonly what:
    | 'held'
    | 'registered'
    | 'paid'
    | 'granted'
    | 'transferred'
    | 'rekeyed'
    | 'given-up'
    | 'released'
    | 'erased'
    | NamePhase;
  readonly fromPubkey?: string | undefined;
  readonly toPubkey?: string | undefined;
  readonly evidence?: string | undefined;
}

/** Writes the history of names. */
export type AddChange = (transaction: Queryable, change: NameChange) => Promise<void>;

/** Creates the writer of the history. */
export function createHistory(clock: { now(): number }, random: RandomBytes): AddChange {
  return async (transaction, { nameId, what, fromPubkey, toPubkey, evidence }) => {
    await transaction.query(
      `INSERT INTO name_change (id, name_id, at_ms, what, from_pubkey, to_pubkey, evidence)
        VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [createId(random, 'chg'), nameId, clock.now(), what, fromPubkey ?? null, toPubkey ?? null, evidence ?? null],
    );
  };
}

/** `alice@example.com`. */
export function addressOf({ local, host }: { readonly local: string; readonly host: string }): string {
  return `${local}@${host}`;
}

/** A name as its holder sees it. */
export function toNameAnswer(
  row: NameRow,
  cover: Cover,
  { nowMs, periods }: { readonly nowMs: number; readonly periods: NamePeriods },
): NameAnswer {
  const timeline = timelineOf(row, cover, periods);
  const phase = phaseAt(timeline, nowMs);
  const paidUntilMs = row.coverage === 'plan' ? (cover === undefined ? row.paidUntilMs : cover) : row.paidUntilMs;
  return {
    id: row.id,
    address: addressOf(row),
    local: row.local,
    host: row.host,
    pubkey: row.pubkey,
    relays: row.relays,
    phase,
    coverage: row.coverage,
    paidUntil: toIsoOrNull(paidUntilMs),
    heldUntil: phase === 'held' ? toIsoOrNull(timeline.heldUntilMs) : null,
    graceUntil: phase === 'held' ? null : toIsoOrNull(timeline.graceUntilMs),
    freeAt: toIsoOrNull(timeline.freeMs),
    createdAt: toIso(row.createdMs),
  };
}

/** When the sweep has to look at the row again; null for never. */
export function dueOf(
  row: NameTimes,
  cover: Cover,
  {
    nowMs,
    periods,
    planLookMs,
  }: { readonly nowMs: number; readonly periods: NamePeriods; readonly planLookMs: number },
): number | null {
  const next = nextChangeOf(timelineOf(row, cover, periods), nowMs);
  if (row.coverage !== 'plan' || row.endedMs !== null) return next ?? null;
  return Math.min(next ?? Infinity, nowMs + planLookMs);
}
