import type { Database } from '@nostrata/database';
import type { Change, EventStore, Seq } from '@nostrata/store';
import { applyBatch, type Batch, loadBatch, markOf, type Source } from './batch.ts';
import type { View } from './contract.ts';
import { type Cursor, loadCursors, resetView } from './cursors.ts';
import { ViewError } from './errors.ts';
import { retryMaxMs, retryMinMs } from './limits.ts';
import { pause } from './pause.ts';

/** What a runner works with. */
export interface RunnerOptions extends Source {
  readonly database: Database;
  readonly views: readonly View[];
  /** Calls back once after that many milliseconds; the returned function takes it back. */
  readonly after: (milliseconds: number, callback: () => void) => () => void;
  /** Told of every failure; the view is tried again later. */
  readonly onFailed: (view: string, error: unknown) => void;
  readonly onApplied: (view: string, changes: readonly Change[]) => void;
  /** Told after every step in which a view came on or failed. */
  readonly onProgress: (lane: Lane) => void;
}

/** A view on its way along the log. */
export interface Lane {
  readonly view: View;
  cursor: Seq;
  /** Its tables are there and belong to this log. */
  isReady: boolean;
  /** Somebody else moves it: a rebuild. */
  isHeld: boolean;
  failures: number;
  /** Why the last attempt failed; undefined after one that did not. */
  failure: ViewError | undefined;
  isWaiting: boolean;
}

/** Brings views along the log, as often as it is woken. */
export interface Runner {
  readonly lanes: readonly Lane[];
  /** Works until every view has come to the end of the log; at once, one work at a time. */
  wake(): void;
  /** Applies one batch to views that stand at its beginning. */
  step(lanes: readonly Lane[], batch: Batch): Promise<void>;
  /** Checks the tables of a view, and empties them where they are of another version or another log. */
  prepare(lane: Lane): Promise<void>;
  /** Resolves when the batch under way has ended; a view held before is then left alone. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Creates the runner; nothing happens before it is woken. */
export function createRunner(options: RunnerOptions): Runner {
  const { store, database, onApplied, onProgress } = options;
  const lanes = options.views.map(toLane);
  const timers = new Set<() => void>();
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;
  /** What is being done to the database; never rejects. */
  let busy: Promise<void> = Promise.resolve();
  let isStopped = false;

  const wake = (): void => {
    if (isRunning || isStopped) return;
    isRunning = true;
    running = run();
  };

  const fail = (lane: Lane, error: unknown): void => {
    lane.failure = toViewError(lane.view, error);
    lane.isWaiting = true;
    const take = options.after(Math.min(retryMaxMs, retryMinMs * 2 ** lane.failures), () => {
      timers.delete(take);
      lane.isWaiting = false;
      wake();
    });
    timers.add(take);
    lane.failures += 1;
    options.onFailed(lane.view.name, error);
    onProgress(lane);
  };

  const prepare = async (lane: Lane): Promise<void> => {
    lane.cursor = await prepareView(store, database, lane.view);
    lane.isReady = true;
  };

  const step = async (group: readonly Lane[], batch: Batch): Promise<void> => {
    const views = group.map(({ view }) => view);
    const { applied, moved } = await applyBatch(database, views, batch);
    for (const lane of group) {
      const { view } = lane;
      if (applied.includes(view)) advance(lane, batch.to, batch.changes);
      else adopt(lane, batch, moved.get(view));
      onProgress(lane);
    }
  };

  const advance = (lane: Lane, to: Seq, changes: readonly Change[]): void => {
    lane.cursor = to;
    lane.failures = 0;
    lane.failure = undefined;
    if (changes.length > 0 && lanes.includes(lane)) onApplied(lane.view.name, changes);
  };

  /** Another process has moved the cursor: this one follows, and its listeners are told as if it had done the work. */
  const adopt = (lane: Lane, batch: Batch, cursor: Cursor | undefined): void => {
    if (cursor?.version !== lane.view.version) {
      lane.isReady = false;
      return;
    }
    const to = cursor.seq < batch.to ? cursor.seq : batch.to;
    const changes = batch.changes.filter(({ seq }) => seq <= to);
    advance(lane, to, changes);
  };

  const tryStep = async (group: readonly Lane[], batch: Batch): Promise<void> => {
    let rest = group;
    while (rest.length > 0 && !isStopped) {
      try {
        return await step(rest, batch);
      } catch (error) {
        const guilty = error instanceof ViewError ? rest.filter(({ view }) => view.name === error.view) : rest;
        for (const lane of guilty) fail(lane, error);
        rest = rest.filter((lane) => !guilty.includes(lane));
      }
    }
  };

  const tryPrepare = async (lane: Lane): Promise<void> => {
    try {
      await prepare(lane);
      onProgress(lane);
    } catch (error) {
      fail(lane, error);
    }
  };

  const serve = async ({ cursor, lanes: group, ceiling }: Group): Promise<void> => {
    const batch = await loadBatch(options, cursor, ceiling).catch((error: unknown) => {
      for (const lane of group) fail(lane, error);
    });
    if (!batch) return;
    busy = tryStep(group.filter(isFree), batch);
    await busy;
    if (!batch.isLast) await pause();
  };

  /** Finds that there is nothing more to do and says so within one moment: no wake is lost in between. */
  const run = async (): Promise<void> => {
    try {
      while (!isStopped) {
        for (const lane of lanes) {
          if (isStopped || !isFree(lane) || lane.isReady) continue;
          busy = tryPrepare(lane);
          await busy;
        }
        const groups = groupByCursor(lanes.filter((lane) => isFree(lane) && lane.isReady));
        const behind = groups.filter(({ cursor }) => cursor < store.lastSeq());
        if (behind.length === 0) return;
        for (const group of behind) if (!isStopped) await serve(group);
      }
    } finally {
      isRunning = false;
    }
  };

  return {
    lanes,
    wake,
    step,
    prepare,
    settled: () => busy,
    stop: async () => {
      isStopped = true;
      for (const take of timers) take();
      timers.clear();
      await running;
    },
  };
}

/** An error as a failure of this view. */
export function toViewError(view: View, error: unknown): ViewError {
  if (error instanceof ViewError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ViewError(`view ${view.name} failed: ${reason}`, { cause: error, view: view.name });
}

function toLane(view: View): Lane {
  return {
    view,
    cursor: 0 as Seq,
    isReady: false,
    isHeld: false,
    failures: 0,
    failure: undefined,
    isWaiting: false,
  };
}

function isFree(lane: Lane): boolean {
  return !lane.isHeld && !lane.isWaiting;
}

interface Group {
  readonly cursor: Seq;
  readonly lanes: readonly Lane[];
  /** Where the next group stands: the one behind goes no further, and they go on together. */
  readonly ceiling: Seq | undefined;
}

/** Views at the same position share one reading of the log and one transaction; the foremost come first. */
function groupByCursor(lanes: readonly Lane[]): Group[] {
  const cursors = [...new Set(lanes.map(({ cursor }) => cursor))].sort((a, b) => b - a);
  return cursors.map((cursor, index) => ({
    cursor,
    lanes: lanes.filter((lane) => lane.cursor === cursor),
    ceiling: cursors[index - 1],
  }));
}

/** Nothing is written where everything is in order. */
async function prepareView(store: EventStore, database: Database, view: View): Promise<Seq> {
  let cursor = await loadCursor(database, view);
  if (!cursor || cursor.version < view.version) {
    await resetView(database, view, ({ version }) => version < view.version);
    cursor = await loadCursor(database, view);
  }
  if (cursor && !(await isOfLog(store, cursor))) {
    const { seq, mark } = cursor;
    await resetView(database, view, (now) => now.seq === seq && now.mark === mark);
    cursor = await loadCursor(database, view);
  }
  if (!cursor) throw new ViewError(`view ${view.name} has lost its cursor`, { view: view.name });
  return cursor.seq;
}

async function loadCursor(database: Database, view: View): Promise<Cursor | undefined> {
  const cursor = (await loadCursors(database, [view.name])).get(view.name);
  if (cursor && cursor.version > view.version) {
    throw new ViewError(
      `the rows of view ${view.name} have version ${cursor.version}, and this program knows only version ${view.version}: use a newer version of the program`,
      { view: view.name },
    );
  }
  return cursor;
}

/** Says whether the cursor can have come from this log: the log reaches as far, and what it has there is the same. */
async function isOfLog(store: EventStore, { seq, mark }: Cursor): Promise<boolean> {
  if (seq === 0) return true;
  const [change] = await store.changes((seq - 1) as Seq, 1);
  if (change?.seq === seq) return mark === '' || mark === markOf(change);
  if (change || seq <= store.lastSeq()) return true;
  return seq <= (await store.statistics()).lastSeq;
}
