import type { ReadOptions } from '../contract.ts';
import type { LongSearches } from './long-searches.ts';
import type { Reader } from './reader.ts';

/** What one read works with. */
export interface ReadContext extends ReadOptions {
  readonly reader: Reader;
  readonly nowSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Brings the search index up to the end of the log. */
  readonly indexSearch: () => Promise<void>;
  /** Searches with many matches; undefined where there is one connection, which then works them out in one turn. */
  readonly longSearches?: LongSearches | undefined;
}
