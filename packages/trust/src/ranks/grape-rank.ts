import type { FollowGraph, Pairs } from '../graph/graph.ts';

/** What is rated: the graph of follows, and who mutes or reports whom. */
export interface RatedGraph {
  readonly graph: FollowGraph;
  readonly mutes: Pairs;
  readonly reports: Pairs;
}

/** How much an interaction says: the rating it stands for, and how far it can be relied on. */
interface Meaning {
  readonly rating: number;
  readonly confidence: number;
}

/** Values of GrapeRank as Brainstorm's engine uses them (version of 2025). */
export const grapeRankDefaults = {
  follow: { rating: 1, confidence: 0.03 },
  followOfObserver: { rating: 1, confidence: 0.5 },
  mute: { rating: -0.1, confidence: 0.5 },
  report: { rating: -0.1, confidence: 0.5 },
  attenuation: 0.85,
  rigor: 0.5,
  tolerance: 0.001,
  iterationsMax: 60,
} as const;

/** Influence of all users as one or several observers see it. */
export interface GrapeRanks {
  /** By number of the user, 0 to 1; 1 for an observer. */
  readonly influence: Float32Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * GrapeRank (NosFabrica, Brainstorm): everybody's rating is the average of what others say by following, muting and
 * reporting, weighted by the influence of those who say it; few voices give little confidence, and influence is the
 * rating times the confidence: 1 − e^(input · ln rigor). Observers always have influence 1.
 */
export function grapeRank(rated: RatedGraph, observers: readonly number[]): GrapeRanks {
  const count = rated.graph.follows.count;
  const isObserver = new Uint8Array(count);
  const influence = new Float32Array(count);
  for (const observer of observers) {
    if (observer < 0 || observer >= count) continue;
    isObserver[observer] = 1;
    influence[observer] = 1;
  }
  const sums = { weights: new Float32Array(count), ratings: new Float32Array(count), said: new Float32Array(count) };
  for (let iteration = 1; ; iteration += 1) {
    addFollows(rated.graph.followers, { influence, isObserver, sums });
    addPairs(rated.mutes, grapeRankDefaults.mute, { influence, isObserver, sums });
    addPairs(rated.reports, grapeRankDefaults.report, { influence, isObserver, sums });
    const change = settle({ influence, isObserver, sums });
    if (change < grapeRankDefaults.tolerance) return { influence, iterations: iteration, converged: true };
    if (iteration >= grapeRankDefaults.iterationsMax) return { influence, iterations: iteration, converged: false };
  }
}

interface Round {
  readonly influence: Float32Array;
  readonly isObserver: Uint8Array;
  readonly sums: {
    readonly weights: Float32Array;
    readonly ratings: Float32Array;
    /** The weight of a follow by each user. */
    readonly said: Float32Array;
  };
}

function addFollows(followers: FollowGraph['followers'], { influence, isObserver, sums }: Round): void {
  const { starts, lengths, targets } = followers;
  const { follow, followOfObserver, attenuation } = grapeRankDefaults;
  const { said } = sums;
  for (let user = 0; user < influence.length; user += 1) {
    const factor = isObserver[user] === 1 ? followOfObserver.confidence : follow.confidence * attenuation;
    said[user] = (influence[user] ?? 0) * factor;
  }
  for (let user = 0; user < influence.length; user += 1) {
    const start = starts[user] ?? 0;
    const end = start + (lengths[user] ?? 0);
    let weight = 0;
    for (let at = start; at < end; at += 1) weight += said[targets[at] ?? 0] ?? 0;
    sums.weights[user] = weight;
    sums.ratings[user] = weight * follow.rating;
  }
}

function addPairs({ sources, targets }: Pairs, meaning: Meaning, { influence, isObserver, sums }: Round): void {
  for (let at = 0; at < sources.length; at += 1) {
    const rater = sources[at] ?? 0;
    const target = targets[at] ?? 0;
    const attenuation = isObserver[rater] === 1 ? 1 : grapeRankDefaults.attenuation;
    const weight = (influence[rater] ?? 0) * meaning.confidence * attenuation;
    sums.weights[target] = (sums.weights[target] ?? 0) + weight;
    sums.ratings[target] = (sums.ratings[target] ?? 0) + weight * meaning.rating;
  }
}

/** Makes new influences of the sums; returns the largest change. */
function settle({ influence, isObserver, sums }: Round): number {
  const decay = Math.log(grapeRankDefaults.rigor);
  let change = 0;
  for (let user = 0; user < influence.length; user += 1) {
    if (isObserver[user] === 1) continue;
    const weight = sums.weights[user] ?? 0;
    const confidence = 1 - Math.exp(weight * decay);
    const value = weight === 0 ? 0 : Math.max(0, ((sums.ratings[user] ?? 0) / weight) * confidence);
    change = Math.max(change, Math.abs(value - (influence[user] ?? 0)));
    influence[user] = value;
  }
  return change;
}
