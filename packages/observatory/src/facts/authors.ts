import { toDay, undated } from './buckets.ts';
import { createWriter, type FactsTransaction } from './rows.ts';

/** What a batch says about authors. */
export interface AuthorSums {
  /** An event of that hour, whatever became of it. */
  see(author: number, hour: number): void;
  /** Profiles and follow lists that came or went. */
  add(author: number, column: 'profiles' | 'follows', amount: number): void;
  /** Returns the authors that are new or have changed. */
  write(transaction: FactsTransaction): Promise<readonly number[]>;
}

interface AuthorSum {
  firstDay: number;
  profiles: number;
  follows: number;
}

const table = 'view_statistics_author';

/** That the day which comes is the earlier one of two, of which each may be unknown. */
const isEarlierSql = (name: string): string =>
  `(excluded.first_day <> ${undated}
    AND (${name}.first_day = ${undated} OR excluded.first_day < ${name}.first_day))`;

const earlierSql = (name: string): string =>
  `first_day = CASE WHEN ${isEarlierSql(name)} THEN excluded.first_day ELSE ${name}.first_day END`;

const writeAuthors = createWriter(
  table,
  ['author', 'first_day', 'profiles', 'follows'],
  `(author) DO UPDATE SET ${earlierSql(table)}, profiles = ${table}.profiles + excluded.profiles,
    follows = ${table}.follows + excluded.follows
    WHERE excluded.profiles <> 0 OR excluded.follows <> 0 OR ${isEarlierSql(table)} RETURNING author`,
);

/** Creates the sums of one batch. */
export function createAuthorSums(): AuthorSums {
  const sums = new Map<number, AuthorSum>();
  const get = (author: number): AuthorSum => {
    let sum = sums.get(author);
    if (!sum) {
      sum = { firstDay: undated, profiles: 0, follows: 0 };
      sums.set(author, sum);
    }
    return sum;
  };
  return {
    see(author, hour) {
      const sum = get(author);
      sum.firstDay = earlier(sum.firstDay, toDay(hour));
    },
    add(author, column, amount) {
      get(author)[column] += amount;
    },
    async write(transaction) {
      const rows = [...sums].sort(([a], [b]) => a - b);
      const changed = await writeAuthors(
        transaction,
        rows.map(([author, { firstDay, profiles, follows }]) => [author, firstDay, profiles, follows]),
      );
      return changed.map(({ author }) => Number(author));
    },
  };
}

const observed = 'statistics_observed_author';
const writeObserved = createWriter(
  observed,
  ['author', 'first_day'],
  `(author) DO UPDATE SET ${earlierSql(observed)} WHERE ${isEarlierSql(observed)} RETURNING author`,
);

/** Notes the first days of authors of events that never came into the log; returns the authors that have changed. */
export async function saveObservedAuthors(
  transaction: FactsTransaction,
  firstDays: ReadonlyMap<number, number>,
): Promise<readonly number[]> {
  const changed = await writeObserved(
    transaction,
    [...firstDays].sort(([a], [b]) => a - b),
  );
  return changed.map(({ author }) => Number(author));
}

/** The earlier of two days, of which each may be unknown. */
export function earlier(one: number, other: number): number {
  if (one === undated) return other;
  return other === undated ? one : Math.min(one, other);
}
