import type { Database } from '@nostrata/database';
import type { Change, EventStore, Seq } from '@nostrata/store';
import type { View, Views } from './contract.ts';
import { migrateCursors } from './cursors.ts';
import { ViewError } from './errors.ts';
import { batchChangesMax } from './limits.ts';
import { rebuild } from './rebuild.ts';
import { createRunner, type Lane } from './runner.ts';
import { checkView } from './schema.ts';

/** What views are created with. */
export interface ViewsOptions {
  readonly store: EventStore;
  /** Where the rows and cursors are kept; never the tables of the store, though it may be the same database. */
  readonly database: Database;
  readonly views: readonly View[];
  /** Changes in one batch and transaction; 1,000 unless told. */
  readonly batchChanges?: number | undefined;
  /** Milliseconds, for the duration of a rebuild; without it that is 0. */
  readonly now?: (() => number) | undefined;
  /** Calls back once after that many milliseconds, for attempts after a failure; `setTimeout` unless told. */
  readonly after?: ((milliseconds: number, callback: () => void) => () => void) | undefined;
  /** Told of every failure of a view; the others go on, and the view is tried again with growing pauses. */
  readonly onFailed?: ((view: string, error: unknown) => void) | undefined;
}

/**
 * Starts views beside a store: their tables are there when this resolves, and from then on every commit is applied.
 * A view of another version, or whose cursor belongs to another log, is built again. Several processes may do so over
 * one database: each change is applied once. A view that fails from the first is told to `onFailed`.
 * @throws DatabaseError where the cursors cannot be kept
 */
export async function createViews(options: ViewsOptions): Promise<Views> {
  const { store, database, now = () => 0, after = afterTimeout, onFailed = () => {} } = options;
  const source = { store, batchChanges: options.batchChanges ?? batchChangesMax };
  for (const view of options.views) checkView(view);
  await migrateCursors(database);
  const listeners = new Set<(view: string, changes: readonly Change[]) => void>();
  const waiters = createWaiters();
  const runner = createRunner({
    ...source,
    database,
    views: options.views,
    after,
    onFailed,
    onApplied: (view, changes) => {
      for (const listener of [...listeners]) tell(() => listener(view, changes));
    },
    onProgress: (lane) => waiters.look(lane),
  });
  let wakeSoon: (() => void) | undefined;
  const unfollow = store.follow(() => {
    // Commits of one moment are applied together, and the one who waits for a commit is answered first.
    wakeSoon ??= afterTimeout(0, () => {
      wakeSoon = undefined;
      runner.wake();
    });
  });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      unfollow();
      wakeSoon?.();
      waiters.end(new ViewError('the views are stopped'));
      await runner.stop();
    })();
    return stopping;
  };
  runner.wake();
  await prepared(runner.lanes, waiters);
  return {
    async caughtUp(seq = store.lastSeq(), names = runner.lanes.map(({ view }) => view.name)) {
      if (stopping) throw new ViewError('the views are stopped');
      const lanes = names.map((name) => findLane(runner.lanes, name));
      runner.wake();
      await waiters.add(lanes, seq);
    },
    onApplied(listener) {
      const entry: typeof listener = (view, changes) => listener(view, changes);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    statuses: () =>
      runner.lanes.map(({ view, cursor, isReady }) => ({
        name: view.name,
        cursor,
        isCaughtUp: isReady && cursor >= store.lastSeq(),
      })),
    async rebuild(name, rebuildOptions = {}) {
      if (stopping) throw new ViewError('the views are stopped');
      return await rebuild({ ...source, database, runner, now, lane: findLane(runner.lanes, name) }, rebuildOptions);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Resolves when every view has its tables or has failed to get them. */
async function prepared(lanes: readonly Lane[], waiters: Waiters): Promise<void> {
  await Promise.allSettled(lanes.map((lane) => waiters.add([lane], 0 as Seq)));
}

interface Waiters {
  /** Resolves when all of them are ready and have come so far; throws when one of them fails. */
  add(lanes: readonly Lane[], seq: Seq): Promise<void>;
  /** Looks who is waiting for that view. */
  look(lane: Lane): void;
  end(error: ViewError): void;
}

interface Waiter {
  readonly lanes: readonly Lane[];
  readonly seq: Seq;
  resolve(): void;
  reject(error: ViewError): void;
}

function createWaiters(): Waiters {
  const waiters = new Set<Waiter>();
  /** Settles the waiter where it can be settled. */
  const settle = (waiter: Waiter): boolean => {
    const failed = waiter.lanes.find(({ failure }) => failure);
    if (waiter.lanes.every(({ isReady, cursor }) => isReady && cursor >= waiter.seq)) waiter.resolve();
    else if (failed?.failure) waiter.reject(failed.failure);
    else return false;
    return true;
  };
  return {
    add: (lanes, seq) =>
      new Promise((resolve, reject) => {
        const waiter: Waiter = { lanes, seq, resolve, reject };
        if (!settle(waiter)) waiters.add(waiter);
      }),
    look: (lane) => {
      for (const waiter of [...waiters]) if (waiter.lanes.includes(lane) && settle(waiter)) waiters.delete(waiter);
    },
    end: (error) => {
      for (const waiter of waiters) waiter.reject(error);
      waiters.clear();
    },
  };
}

function findLane(lanes: readonly Lane[], name: string): Lane {
  const lane = lanes.find(({ view }) => view.name === name);
  if (lane) return lane;
  const known = lanes.map(({ view }) => view.name).join(', ');
  throw new ViewError(`there is no view ${JSON.stringify(name)}: ${known}`, { view: name });
}

/** A listener that throws ends the process as any uncaught error does, but neither the batch nor the other listeners. */
function tell(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Timers do not keep a process alive. */
function afterTimeout(milliseconds: number, callback: () => void): () => void {
  const timer: unknown = setTimeout(callback, milliseconds);
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
  return () => clearTimeout(timer as number);
}
