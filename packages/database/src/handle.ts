import type { SqlValue } from './contract.ts';

/**
 * A prepared statement, synchronous. Parameters are taken by place (`?1`, `?2` …). `DatabaseSync` of Node.js and
 * SQLite compiled to WebAssembly both offer it, so that all SQL is written once.
 */
export interface SqliteStatement {
  /** All rows: objects by column name, or arrays after `setReturnArrays(true)`. */
  all(...parameters: readonly SqlValue[]): unknown[];
  /** The first row, or undefined. */
  get(...parameters: readonly SqlValue[]): unknown;
  /** Runs it for its effect. */
  run(...parameters: readonly SqlValue[]): unknown;
  setReturnArrays(enabled: boolean): void;
}

/** One connection to an SQLite database, whichever build of SQLite is behind it. */
export interface SqliteHandle {
  readonly isOpen: boolean;
  /** Whether a transaction is open. */
  readonly isTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}
