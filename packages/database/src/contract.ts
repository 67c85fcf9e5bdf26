/** A value that every engine stores: text, numbers, bytes and nothing. Whole numbers are exact up to 2^53. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** One row of an answer, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Something that runs one statement at a time: a database outside of transactions, or one open transaction. */
export interface Queryable {
  /** Runs one statement; its parameters are written `$1`, `$2` … in every engine. */
  query<Row extends SqlRow = SqlRow>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** A SQL database, whichever engine is behind it. Failures are thrown as `DatabaseError`. */
export interface Database extends Queryable, AsyncDisposable {
  readonly dialect: 'sqlite' | 'postgres';
  /** Runs the work in one write transaction: committed when it resolves, rolled back when it throws. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>;
  /** Idempotent. */
  close(): Promise<void>;
}
