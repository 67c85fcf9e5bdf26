import type { ReadOptions } from '../contract.ts';
import type { Table } from './table.ts';

/** What one read works with: the table, the options, and the log position at which it began. */
export interface ReadContext {
  readonly table: Table;
  readonly now: () => number;
  readonly options: ReadOptions;
  /** Events stored later belong to the followers, not to this read. */
  readonly snapshot: number;
}
