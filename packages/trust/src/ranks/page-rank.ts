import type { FollowGraph } from '../graph/graph.ts';

/** How a rank is computed. */
export interface PageRankOptions {
  /**
   * Where the walker starts, and starts again: everywhere alike for the global rank (undefined), at the anchors for
   * TrustRank, at one observer for the personalised rank.
   */
  readonly seeds?: readonly number[] | undefined;
  /** The probability of following one more edge; 0.85 unless told. */
  readonly damping?: number | undefined;
  /** The iteration ends when all ranks together change by less than this; 1e-6 unless told. */
  readonly tolerance?: number | undefined;
  /** 100 unless told. */
  readonly iterationsMax?: number | undefined;
}

/** Ranks of all users, and how they came about. */
export interface Ranks {
  /** By number of the user; they add up to 1, as far as 24 bits tell: half the memory of 53, and faster. */
  readonly ranks: Float32Array;
  readonly iterations: number;
  /** False where the iteration was cut short: the ranks are approximate. */
  readonly converged: boolean;
}

/**
 * PageRank by power iteration (Page, Brin, Motwani, Winograd, 1999): exact to the tolerance. Edges lead from follower to
 * followed, so that with seeds trust flows from them outwards, and nobody gains by following. The share of users who
 * follow nobody goes back to where walks start.
 */
export function pageRank({ follows, followers }: FollowGraph, options: PageRankOptions = {}): Ranks {
  const { damping = 0.85, tolerance = 1e-6, iterationsMax = 100 } = options;
  const count = follows.count;
  const seeds = options.seeds && [...new Set(options.seeds)].filter((seed) => seed >= 0 && seed < count);
  let ranks = new Float32Array(count);
  let next = new Float32Array(count);
  if (count === 0 || seeds?.length === 0) return { ranks, iterations: 0, converged: true };
  start(ranks, seeds);
  const given = new Float32Array(count);
  for (let iteration = 1; ; iteration += 1) {
    const dangling = giveShares({ ranks, given, lengths: follows.lengths }, damping);
    const restart = 1 - damping + damping * dangling;
    collect(next, given, followers);
    if (seeds) for (const seed of seeds) next[seed] = (next[seed] ?? 0) + restart / seeds.length;
    else for (let user = 0; user < count; user += 1) next[user] = (next[user] ?? 0) + restart / count;
    const change = distance(ranks, next);
    [ranks, next] = [next, ranks];
    if (change < tolerance) return { ranks, iterations: iteration, converged: true };
    if (iteration >= iterationsMax) return { ranks, iterations: iteration, converged: false };
  }
}

function start(ranks: Float32Array, seeds: readonly number[] | undefined): void {
  if (seeds) for (const seed of seeds) ranks[seed] = 1 / seeds.length;
  else ranks.fill(1 / ranks.length);
}

interface Shares {
  readonly ranks: Float32Array;
  readonly given: Float32Array;
  readonly lengths: Uint32Array;
}

/** Fills in what everybody gives to each whom they follow; returns the rank of those who follow nobody. */
function giveShares({ ranks, given, lengths }: Shares, damping: number): number {
  let dangling = 0;
  for (let user = 0; user < ranks.length; user += 1) {
    const rank = ranks[user] ?? 0;
    const length = lengths[user] ?? 0;
    if (length === 0) dangling += rank;
    given[user] = length === 0 ? 0 : (damping * rank) / length;
  }
  return dangling;
}

function collect(
  next: Float32Array,
  given: Float32Array,
  { starts, lengths, targets }: FollowGraph['followers'],
): void {
  for (let user = 0; user < next.length; user += 1) {
    const start = starts[user] ?? 0;
    const end = start + (lengths[user] ?? 0);
    let sum = 0;
    for (let at = start; at < end; at += 1) sum += given[targets[at] ?? 0] ?? 0;
    next[user] = sum;
  }
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum;
}
