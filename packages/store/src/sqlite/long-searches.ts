/** Text for a statement that gives the position and the rank of every match, in the order of the log. */
export const matchesSql = 'SELECT rowid, rank FROM search WHERE search MATCH ?';

/** A row of `matchesSql`. */
export type MatchRow = readonly [seq: number, rank: number];

/** Runs a search over one state of the index, row by row; `end` must be called. */
export interface MatchCursor {
  /** The next matches, at most so many; fewer where there are no more. */
  next(count: number): MatchRow[];
  end(): void;
}

/** One search with many matches after the other, so that what they hold in memory is bounded. */
export interface LongSearches {
  run<T>(work: (open: (words: string) => MatchCursor) => Promise<T>): Promise<T>;
}

/** Makes the queue of searches that each have a cursor on a connection of their own. */
export function createLongSearches(open: (words: string) => MatchCursor): LongSearches {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (work) => {
      const running = last.then(() => work(open));
      last = running.catch(() => undefined);
      return running;
    },
  };
}
