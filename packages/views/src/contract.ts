import type { Database, Queryable, SqlRow } from '@nostrata/database';
import type { Change, Seq } from '@nostrata/store';

/** What a view works with while it applies changes: one open transaction. */
export interface ViewTransaction extends Queryable {
  readonly dialect: Database['dialect'];
  /** True while rows are built beside those that are there, to be compared and dropped: nothing else may be written. */
  readonly isShadow: boolean;
}

/**
 * Typed rows derived from the log. A view is a pure function of the log: dropped and built again it gives the same
 * rows, bit for bit, whatever the sizes of the batches were. It never writes events and reads no clock.
 */
export interface View {
  /** The name on the command line and of its cursor: lower case, words joined by `-`. */
  readonly name: string;
  /** Raised when the rows change their meaning: the view is then rebuilt at the next start. */
  readonly version: number;
  /** Tables that it owns, each beginning with `view_`. */
  readonly tables: readonly ViewTable[];
  /** The kinds it looks at; changes of others do not reach it. Undefined: all. */
  readonly kinds?: ReadonlySet<number> | undefined;
  /**
   * Looks at changes before their transaction begins, for work that takes long: it may let others have the thread. What
   * it finds out it keeps by the event objects, which `apply` gets again.
   */
  prepare?(changes: readonly Change[]): Promise<void>;
  /** Applies changes in log order, within the transaction that also moves the cursor. */
  apply(changes: readonly Change[], transaction: ViewTransaction): Promise<void>;
}

/** One table of a view, in statements that SQLite and PostgreSQL both take (`BIGINT`, `TEXT`, `BLOB`). */
export interface ViewTable {
  readonly name: string;
  /** CREATE TABLE and CREATE INDEX. */
  readonly statements: readonly string[];
  /** The columns of the primary key, in order; rows are compared in this order by `rebuild --verify`. */
  readonly key: readonly string[];
}

/** How far a view has come. */
export interface ViewStatus {
  readonly name: string;
  readonly cursor: Seq;
  /** Rows by table are counted on demand only. */
  readonly isCaughtUp: boolean;
}

/** What a rebuild found. */
export interface RebuildReport {
  readonly name: string;
  readonly changes: number;
  readonly rows: number;
  readonly seconds: number;
  /** With `verify`: the rows that differ from those before, the first few of them. */
  readonly differences?: readonly RowDifference[] | undefined;
}

/** One row that a rebuild gave differently: missing on one side, or other values. */
export interface RowDifference {
  readonly table: string;
  readonly before?: SqlRow | undefined;
  readonly after?: SqlRow | undefined;
}

/** Options of a rebuild. */
export interface RebuildOptions {
  /** Build beside the rows that are there and compare, keeping them untouched. */
  readonly verify?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the position reached and the last position of the log. */
  readonly progress?: ((done: Seq, last: Seq) => void) | undefined;
}

/** Runs views beside a store. */
export interface Views extends AsyncDisposable {
  /**
   * Resolves when the views of these names (by default: all) have applied everything up to that position (by default:
   * the store's last one now). Throws `ViewError` where one of them fails meanwhile or the views are stopped.
   */
  caughtUp(seq?: Seq, names?: readonly string[]): Promise<void>;
  /** Called after a commit of a view with the changes it has applied; returns the function that ends it. */
  onApplied(listener: (view: string, changes: readonly Change[]) => void): () => void;
  statuses(): readonly ViewStatus[];
  /** Drops the rows of the view and applies the log again. The other views go on. */
  rebuild(name: string, options?: RebuildOptions): Promise<RebuildReport>;
  /** Ends after the batch under way. Idempotent. */
  stop(): Promise<void>;
}
