import type { Filter } from '@nostrata/protocol';
import type { Visibility } from '../contract.ts';
import { mergeOrdered, type Source } from '../merge.ts';
import { planFilter, type RowCheck, type Stream } from '../plan.ts';
import { compileRowCheck } from '../row-check.ts';
import type { ReadContext } from './context.ts';
import type { Indexes } from './indexes.ts';
import type { OrderedRun } from './ordered-run.ts';
import { compareRows, type MemoryRow } from './row.ts';
import type { Table } from './table.ts';

/** The ordered matches of one filter, found step by step. */
export class Scan {
  /** The next match, once `advance` has found it. */
  head: MemoryRow | undefined;
  #left: number;
  #isExhausted = false;
  readonly #source: Source<MemoryRow>;
  readonly #accepts: (row: MemoryRow) => boolean;
  readonly #since: number;

  constructor(filter: Filter, context: ReadContext) {
    this.#left = filter.limit ?? Number.POSITIVE_INFINITY;
    this.#since = filter.since ?? 0;
    this.#source = openSource(filter, context.table);
    this.#accepts = createAcceptance(filter, context);
  }

  /** True when nothing more comes. */
  get isDone(): boolean {
    return this.#left <= 0 || (this.#isExhausted && this.head === undefined);
  }

  /** Looks for the next match within the budget of rows; false where the budget ended first. */
  advance(budget: { rows: number }): boolean {
    // What left the store during a pause no longer stands at the head.
    if (this.head?.gone) this.head = undefined;
    while (this.head === undefined && !this.isDone) {
      if (budget.rows <= 0) return false;
      budget.rows -= 1;
      const row = this.#source.next();
      if (row === undefined || row.created_at < this.#since) this.#isExhausted = true;
      else if (this.#accepts(row)) this.head = row;
    }
    return true;
  }

  /** Uses up the head. */
  take(): void {
    this.head = undefined;
    this.#left -= 1;
  }
}

/** The index that a filter is answered from, and the ordered runs that are merged. */
export interface Choice {
  readonly index: 'nothing' | 'ids' | 'search' | Stream['index'];
  readonly runs: readonly OrderedRun<MemoryRow>[];
}

/** Chooses among the plan's indexes the one that holds the fewest rows. */
export function chooseRuns(filter: Filter, indexes: Indexes): Choice {
  const plan = planFilter(filter);
  if (plan.by !== 'streams') return { index: plan.by, runs: [] };
  let best: Choice | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const streams of [plan.streams, ...plan.alternatives]) {
    const runs = streams.flatMap((stream) => indexes.runsOf(stream));
    const rows = runs.reduce((sum, run) => sum + run.size, 0);
    if (rows < fewest) {
      best = { index: streams[0]?.index ?? plan.index, runs };
      fewest = rows;
    }
  }
  return best ?? { index: plan.index, runs: [] };
}

/** Says whether a row may be handed out: it is there, was there at the start, is alive, matches and may be seen. */
export function createAcceptance(filter: Filter, context: ReadContext): (row: MemoryRow) => boolean {
  const matches: RowCheck = compileRowCheck(filter);
  const { snapshot, now } = context;
  const { visibility } = context.options;
  return (row) =>
    !row.gone &&
    row.seq <= snapshot &&
    (row.expiration === undefined || row.expiration > Math.floor(now() / 1_000)) &&
    matches(row.event) &&
    isVisible(row, visibility);
}

function isVisible(row: MemoryRow, visibility: Visibility | undefined): boolean {
  return !visibility?.kinds.has(row.kind) || visibility.isVisible(row.event);
}

function openSource(filter: Filter, table: Table): Source<MemoryRow> {
  const choice = chooseRuns(filter, table.indexes);
  if (choice.index === 'ids') return listSource(pickRows(filter.ids ?? [], table));
  const { until } = filter;
  const isBefore = until === undefined ? undefined : (row: MemoryRow): boolean => row.created_at > until;
  return mergeOrdered(
    choice.runs.map((run) => run.cursor(isBefore)),
    compareRows,
  );
}

function pickRows(ids: readonly string[], table: Table): MemoryRow[] {
  const rows = new Set<MemoryRow>();
  for (const id of ids) {
    const row = table.rows.get(id);
    if (row) rows.add(row);
  }
  return [...rows].sort(compareRows);
}

function listSource(rows: readonly MemoryRow[]): Source<MemoryRow> {
  let index = 0;
  return {
    next() {
      const row = rows[index];
      index += 1;
      return row;
    },
  };
}
