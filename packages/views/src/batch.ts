import type { Database } from '@nostrata/database';
import type { Change, EventStore, Seq } from '@nostrata/store';
import type { View } from './contract.ts';
import { type Cursor, loadCursors, moveCursors } from './cursors.ts';
import { ViewError } from './errors.ts';
import { batchCharactersMax, pageChanges } from './limits.ts';
import { toViewTransaction } from './schema.ts';

/** A piece of the log: everything after `from` up to `to`. */
export interface Batch {
  readonly from: Seq;
  readonly to: Seq;
  /** What the log has at its end; empty where nothing of it is left. */
  readonly mark: string;
  readonly changes: readonly Change[];
  /** False where the log went on when it was read. */
  readonly isLast: boolean;
}

/** The log, as it is read for views: some changes at a time. */
export interface Source {
  readonly store: EventStore;
  /** Changes in one batch at most. */
  readonly batchChanges: number;
}

/** Reads the log after a position, up to `ceiling` where there is one. */
export async function loadBatch(source: Source, from: Seq, ceiling?: Seq): Promise<Batch> {
  // Whatever is committed up to here, the log read afterwards has it.
  const end = source.store.lastSeq();
  const { changes: read, isEnd } = await loadChanges(source, from);
  let changes = ceiling === undefined ? read : read.filter(({ seq }) => seq <= ceiling);
  const isFull = !isEnd || changes.length < read.length;
  // The removal of a version goes with the version that replaced it, which follows: readers shall not see neither.
  const lastOther = changes.findLastIndex((change) => !isReplacement(change));
  if (isFull && lastOther >= 0) changes = changes.slice(0, lastOther + 1);
  const last = changes.at(-1);
  const lastSeq = last?.seq ?? from;
  if (isFull) return { from, to: last ? lastSeq : (ceiling ?? from), mark: markOf(last), changes, isLast: false };
  const to = end > lastSeq ? end : lastSeq;
  return { from, to, mark: to === lastSeq ? markOf(last) : '', changes, isLast: true };
}

/** As many changes as one batch may have, by number and by size; long events make it shorter. */
async function loadChanges({ store, batchChanges }: Source, from: Seq): Promise<{ changes: Change[]; isEnd: boolean }> {
  const changes: Change[] = [];
  let characters = 0;
  while (changes.length < batchChanges && characters < batchCharactersMax) {
    const limit = Math.min(pageChanges, batchChanges - changes.length);
    const page = await store.changes(changes.at(-1)?.seq ?? from, limit);
    for (const change of page) if (change.type === 'stored') characters += change.json.length;
    changes.push(...page);
    if (page.length < limit) return { changes, isEnd: true };
  }
  return { changes, isEnd: false };
}

/** What tells a change from another one at the same position of another log. */
export function markOf(change: Change | undefined): string {
  if (!change) return '';
  return change.type === 'stored' ? change.event.id : `-${change.id}`;
}

/** What became of one batch: who applied it, and where the others stand by what the database says. */
export interface BatchOutcome {
  readonly applied: readonly View[];
  /** Views whose cursor was not where the batch begins; undefined: no cursor at all. */
  readonly moved: ReadonlyMap<View, Cursor | undefined>;
}

/**
 * Applies a batch to several views in one transaction, in which their cursors are compared: another process may have
 * been here first.
 * @throws ViewError with the name of the view at fault, or DatabaseError
 */
export async function applyBatch(database: Database, views: readonly View[], batch: Batch): Promise<BatchOutcome> {
  for (const view of views) {
    if (view.prepare) await attempt(view, selectChanges(view, batch.changes), (changes) => view.prepare?.(changes));
  }
  return await database.transaction(async (queryable) => {
    const transaction = toViewTransaction(queryable, database.dialect);
    const cursors = await loadCursors(
      transaction,
      views.map(({ name }) => name),
      database.dialect,
    );
    const applied: View[] = [];
    const moved = new Map<View, Cursor | undefined>();
    for (const view of views) {
      const cursor = cursors.get(view.name);
      if (cursor?.seq === batch.from && cursor.version === view.version) applied.push(view);
      else moved.set(view, cursor);
    }
    for (const view of applied) {
      await attempt(view, selectChanges(view, batch.changes), (changes) => view.apply(changes, transaction));
    }
    const names = applied.map(({ name }) => name);
    if (names.length > 0) await moveCursors(transaction, names, { seq: batch.to, mark: batch.mark });
    return { applied, moved };
  });
}

/** Does something with the changes that concern a view; what it throws names the view. */
async function attempt(
  view: View,
  changes: readonly Change[],
  work: (changes: readonly Change[]) => Promise<void> | undefined,
): Promise<void> {
  if (changes.length === 0) return;
  try {
    await work(changes);
  } catch (error) {
    throw new ViewError(`view ${view.name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
      view: view.name,
    });
  }
}

/** The changes of the kinds that the view looks at. */
export function selectChanges({ kinds }: View, changes: readonly Change[]): readonly Change[] {
  return kinds ? changes.filter((change) => kinds.has(kindOf(change))) : changes;
}

function isReplacement(change: Change): boolean {
  return change.type === 'removed' && change.reason === 'replaced';
}

function kindOf(change: Change): number {
  return change.type === 'stored' ? change.event.kind : change.kind;
}
