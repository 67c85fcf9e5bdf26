import type { Database, Queryable, SqlRow, SqlValue } from '@nostrata/database';
import type { Seq } from '@nostrata/store';
import { loadBatch, type Source, selectChanges } from './batch.ts';
import type { RebuildOptions, RebuildReport, RowDifference, View } from './contract.ts';
import { loadCursors, moveCursors, removeView, resetView } from './cursors.ts';
import { ViewError } from './errors.ts';
import { differencesMax } from './limits.ts';
import { pause } from './pause.ts';
import { type Lane, type Runner, toViewError } from './runner.ts';
import { createShadow, toViewTransaction } from './schema.ts';

/** What a rebuild works with. */
export interface RebuildPieces extends Source {
  readonly database: Database;
  readonly runner: Runner;
  readonly lane: Lane;
  readonly now: () => number;
}

/** Builds a view again, or beside itself; the other views go on. */
export async function rebuild(pieces: RebuildPieces, options: RebuildOptions): Promise<RebuildReport> {
  const { lane, runner } = pieces;
  if (lane.isHeld) throw new ViewError(`view ${lane.view.name} is being rebuilt already`, { view: lane.view.name });
  lane.isHeld = true;
  try {
    await runner.settled();
    return options.verify ? await verify(pieces, options) : await rebuildInPlace(pieces, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw toViewError(lane.view, error);
  } finally {
    lane.isHeld = false;
    runner.wake();
  }
}

async function rebuildInPlace(pieces: RebuildPieces, options: RebuildOptions): Promise<RebuildReport> {
  const { database, lane, runner, now } = pieces;
  const startedMs = now();
  await resetView(database, lane.view, ({ version }) => version <= lane.view.version);
  await runner.prepare(lane);
  const changes = await advance(pieces, lane, options);
  const rows = await countRows(database, lane.view);
  return { name: lane.view.name, changes, rows, seconds: (now() - startedMs) / 1000 };
}

/** Brings a view to the end of the log; returns how many changes that took. */
async function advance(pieces: RebuildPieces, lane: Lane, options: RebuildOptions): Promise<number> {
  const { store, runner } = pieces;
  let changes = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    if (!lane.isReady) await runner.prepare(lane);
    const batch = await loadBatch(pieces, lane.cursor);
    if (batch.to > batch.from) await runner.step([lane], batch);
    if (lane.isReady && lane.cursor >= batch.to) changes += batch.changes.length;
    options.progress?.(lane.cursor, store.lastSeq());
    if (batch.isLast && lane.isReady && lane.cursor >= batch.to) return changes;
    await pause();
  }
}

async function verify(pieces: RebuildPieces, options: RebuildOptions): Promise<RebuildReport> {
  const { database, lane, runner, now } = pieces;
  const startedMs = now();
  if (!lane.isReady) await runner.prepare(lane);
  const view = createShadow(lane.view);
  const shadow: Lane = { ...lane, view, cursor: 0 as Seq, isReady: true, isHeld: true };
  await resetView(database, view, () => true);
  try {
    const quiet: Runner = {
      ...runner,
      prepare: async () => {
        throw new ViewError(`view ${lane.view.name} is being verified by another process`, { view: lane.view.name });
      },
    };
    const changes = await advance({ ...pieces, runner: quiet }, shadow, options);
    await advance(pieces, lane, { signal: options.signal });
    const differences = await compareAtEnd(pieces, database, [lane.view, view]);
    const rows = await countRows(database, view);
    return { name: lane.view.name, changes, rows, seconds: (now() - startedMs) / 1000, differences };
  } finally {
    await removeView(database, view);
  }
}

/** Compares both when nothing of the log is missing in either; their cursors do not move meanwhile. */
async function compareAtEnd(
  source: Source,
  database: Database,
  views: readonly [View, View],
): Promise<RowDifference[]> {
  return await database.transaction(async (queryable) => {
    const names = views.map(({ name }) => name);
    const cursors = await loadCursors(queryable, names, database.dialect);
    const transaction = toViewTransaction(queryable, database.dialect);
    for (;;) {
      const ends: Seq[] = [];
      for (const view of views) {
        let from = cursors.get(view.name)?.seq ?? (0 as Seq);
        for (let isLast = false; !isLast; ) {
          const batch = await loadBatch(source, from);
          const changes = selectChanges(view, batch.changes);
          if (changes.length > 0) await view.apply(changes, transaction);
          await moveCursors(transaction, [view.name], { seq: batch.to, mark: batch.mark });
          ({ isLast, to: from } = batch);
        }
        ends.push(from);
        const cursor = cursors.get(view.name);
        if (cursor) cursors.set(view.name, { ...cursor, seq: from });
      }
      const [end = 0 as Seq, shadowEnd = 0 as Seq] = ends;
      if (end === shadowEnd && (await source.store.changes(end, 1)).length === 0) break;
    }
    return await compareTables(transaction, views);
  });
}

async function compareTables(transaction: Queryable, [view, shadow]: readonly [View, View]): Promise<RowDifference[]> {
  const differences: RowDifference[] = [];
  for (const [index, { name, key }] of view.tables.entries()) {
    const other = shadow.tables[index]?.name;
    const order = `ORDER BY ${key.map((_, place) => place + 1).join(', ')} LIMIT ${differencesMax}`;
    const find = (from: string, without: string) =>
      transaction.query(`SELECT * FROM (SELECT * FROM ${from} EXCEPT SELECT * FROM ${without}) AS rows ${order}`);
    const before = await find(name, String(other));
    const after = await find(String(other), name);
    differences.push(...joinRows(before, after, key).map((difference) => ({ table: name, ...difference })));
  }
  return differences.slice(0, differencesMax);
}

function joinRows(before: readonly SqlRow[], after: readonly SqlRow[], key: readonly string[]) {
  const textOf = (row: SqlRow): string => JSON.stringify(key.map((column) => writeValue(row[column])));
  const afterByKey = new Map(after.map((row) => [textOf(row), row]));
  const joined: { before?: SqlRow; after?: SqlRow }[] = [];
  for (const row of before) {
    const other = afterByKey.get(textOf(row));
    afterByKey.delete(textOf(row));
    joined.push(other ? { before: row, after: other } : { before: row });
  }
  for (const row of afterByKey.values()) joined.push({ after: row });
  return joined;
}

/** The engines' bytes are objects of different classes. */
function writeValue(value: SqlValue | undefined): string {
  return value instanceof Uint8Array ? value.join() : String(value);
}

async function countRows(queryable: Queryable, { tables }: View): Promise<number> {
  let rows = 0;
  for (const { name } of tables) {
    const [row] = await queryable.query<{ rows: number }>(`SELECT count(*) AS rows FROM ${name}`);
    rows += row?.rows ?? 0;
  }
  return rows;
}
