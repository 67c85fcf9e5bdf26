import type { Queryable } from '@nostrata/database';

/** Hours and authors whose rows have changed. */
export interface Touched {
  /** Hours with other sums or other active authors than before. */
  readonly hours: Iterable<number>;
  /** Authors that are new, or whose first day, profile or follow list has changed. */
  readonly authors: Iterable<number>;
}

/**
 * Called within the transaction that changes rows, with what it changes: for whoever keeps rows in memory, in whichever
 * process, and wants to read again only what is new.
 */
export type OnTouched = (transaction: Queryable, touched: Touched) => Promise<void>;
