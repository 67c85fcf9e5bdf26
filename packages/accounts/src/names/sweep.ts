import type { Database, Queryable } from '@nostrata/database';
import type { AuditLog, NoticeBoard } from '../contract.ts';
import type { CoverReads } from './cover.ts';
import { planLookMs, sweepRowsMax } from './limits.ts';
import { type Cover, type NamePhase, phaseAt, timelineOf } from './phases.ts';
import { type AddChange, addressOf, dueOf, type NameRow, toNameRow } from './rows.ts';
import type { NameSettings } from './settings.ts';

/** What the sweep is made of. */
export interface SweepParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly settings: NameSettings;
  readonly cover: CoverReads;
  readonly addChange: AddChange;
  readonly changed: (name: { readonly host: string; readonly local: string }) => void;
}

/** What a run of the sweep came to. */
export interface SweepReport {
  readonly looked: number;
  readonly told: number;
}

/**
 * Creates the sweep: it tells holders of each change of phase once, writes down what a plan covered, and ends what is
 * free. Names are right without it: phases are computed whenever they are read. Several processes may run it at once.
 */
export function createSweep(parts: SweepParts): () => Promise<SweepReport> {
  return async () => {
    const nowMs = parts.clock.now();
    let looked = 0;
    let told = 0;
    for (;;) {
      const rows = await parts.database.query(
        `SELECT * FROM name WHERE due_ms <= $1 AND is_current = 1 ORDER BY due_ms LIMIT ${sweepRowsMax}`,
        [nowMs],
      );
      for (const row of rows) {
        looked += 1;
        if (await look(parts, toNameRow(row), { nowMs, dueMs: Number(row.due_ms) })) told += 1;
      }
      if (rows.length < sweepRowsMax) return { looked, told };
    }
  };
}

/** Looks at one name; true where its holder was told of another phase. */
async function look(
  parts: SweepParts,
  row: NameRow,
  { nowMs, dueMs }: { readonly nowMs: number; readonly dueMs: number },
): Promise<boolean> {
  const cover = await parts.cover.coverOf(row);
  const seen: NameRow = { ...row, paidUntilMs: coveredUntil(row, cover, nowMs) };
  const timeline = timelineOf(seen, cover, parts.settings.periods);
  const phase = phaseAt(timeline, nowMs);
  const isOver = phase === 'free' && row.endedMs === null;
  const times = isOver ? { ...seen, endedMs: nowMs, freeMs: Math.min(timeline.freeMs, nowMs) } : seen;
  const due = dueOf(times, cover, { nowMs, periods: parts.settings.periods, planLookMs });
  const isTold = await parts.database.transaction(async (transaction) => {
    const moved = await transaction.query(
      `UPDATE name SET paid_until_ms = $2, ended_ms = $3, free_ms = $4, phase_told = $5, due_ms = $6
        WHERE id = $1 AND is_current = 1 AND due_ms = $7 AND phase_told = $8 AND user_id = $9 RETURNING id`,
      [row.id, times.paidUntilMs, times.endedMs, times.freeMs, phase, due, dueMs, row.phaseTold, row.userId],
    );
    if (moved.length === 0 || phase === row.phaseTold) return false;
    await tell(parts, transaction, { row, phase });
    return true;
  });
  if (isTold) parts.changed(row);
  return isTold;
}

/** Of names that a plan covers: the end of the cover as it is seen now. What is not covered any more ended by now. */
function coveredUntil(row: NameRow, cover: Cover, nowMs: number): number | null {
  if (row.coverage !== 'plan' || row.endedMs !== null) return row.paidUntilMs;
  return cover === undefined ? Math.min(row.paidUntilMs ?? nowMs, nowMs) : cover;
}

async function tell(
  parts: SweepParts,
  transaction: Queryable,
  { row, phase }: { readonly row: NameRow; readonly phase: NamePhase },
): Promise<void> {
  await parts.addChange(transaction, { nameId: row.id, what: phase });
  const payload = { id: row.id, address: addressOf(row), phase };
  await parts.notices.add(transaction, { userId: row.userId, topic: 'name.changed', payload });
  await parts.audit.append(transaction, {
    actor: 'system',
    action: 'name.phase',
    entity: `name:${row.id}`,
    details: { from: row.phaseTold, to: phase },
  });
}
