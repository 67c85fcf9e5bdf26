/** Ranks of all users, and the largest that is not a seed's. */
export interface ScaledRanks {
  readonly ranks: Float32Array;
  readonly largest: number;
}

/** Finds the largest rank. Seeds have the rank with which walks start, which says nothing of others. */
export function withLargest(ranks: Float32Array, seeds: readonly number[] = []): ScaledRanks {
  const isSeed = new Set(seeds);
  let largest = 0;
  for (let user = 0; user < ranks.length; user += 1) {
    const rank = ranks[user] ?? 0;
    if (rank > largest && !isSeed.has(user)) largest = rank;
  }
  return { ranks, largest };
}

/**
 * A rank on a scale of 0 to 100: the logarithm of how many times the mean it is, against the same of the largest. Ranks
 * fall by powers from one user to the next, so that a linear scale would give nearly everybody 0. One decimal.
 */
export function toScale({ ranks, largest }: ScaledRanks, user: number): number {
  const rank = ranks[user] ?? 0;
  if (rank <= 0 || largest <= 0) return rank > 0 ? 100 : 0;
  const score = (100 * Math.log1p(rank * ranks.length)) / Math.log1p(largest * ranks.length);
  return Math.min(100, Math.round(score * 10) / 10);
}
