import type { FollowGraph, Pairs } from '../graph/graph.ts';
import { release } from '../graph/grown.ts';
import type { Rows } from '../graph/rows.ts';

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
  const { graph, mutes, reports } = rated;
  const count = graph.follows.count;
  const isObserver = new Uint8Array(count);
  const influence = new Float32Array(count);
  for (const observer of observers) {
    if (observer < 0 || observer >= count) continue;
    isObserver[observer] = 1;
    influence[observer] = 1;
  }
  // Nothing of an earlier round is used: people who rate one another can keep up an influence that they would not get.
  const said = new Float32Array(count);
  const speakers = speakersOf(rated);
  const warnings = mutes.targets.length + reports.targets.length > 0 ? createWarnings(count) : undefined;
  const step = (users: Uint32Array | undefined): number => {
    say(speakers, { influence, isObserver, said });
    warnings?.weights.fill(0);
    warnings?.ratings.fill(0);
    if (warnings) addPairs(mutes, grapeRankDefaults.mute, { influence, isObserver, warnings });
    if (warnings) addPairs(reports, grapeRankDefaults.report, { influence, isObserver, warnings });
    return settle(users, { influence, isObserver, said, warnings, followers: graph.followers });
  };
  let iterations = 0;
  let change = Number.POSITIVE_INFINITY;
  while (change >= grapeRankDefaults.tolerance && iterations < grapeRankDefaults.iterationsMax) {
    change = step(speakers);
    iterations += 1;
  }
  // Whom nobody hears is rated once, at the end.
  step(undefined);
  release(said);
  if (warnings) for (const array of [warnings.weights, warnings.ratings]) release(array);
  return { influence, iterations, converged: change < grapeRankDefaults.tolerance };
}

interface Round {
  readonly influence: Float32Array;
  readonly isObserver: Uint8Array;
}

/** What mutes and reports say of each user. */
interface Warnings {
  readonly weights: Float32Array;
  readonly ratings: Float32Array;
}

function createWarnings(count: number): Warnings {
  return { weights: new Float32Array(count), ratings: new Float32Array(count) };
}

/** Users who rate anybody, ascending. */
function speakersOf({ graph, mutes, reports }: RatedGraph): Uint32Array {
  const { lengths, count } = graph.follows;
  const isSpeaker = new Uint8Array(count);
  for (let user = 0; user < count; user += 1) if ((lengths[user] ?? 0) > 0) isSpeaker[user] = 1;
  for (const { sources } of [mutes, reports]) for (const source of sources) isSpeaker[source] = 1;
  const speakers = new Uint32Array(isSpeaker.reduce((sum, flag) => sum + flag, 0));
  let at = 0;
  for (let user = 0; user < count; user += 1) {
    if (isSpeaker[user] === 0) continue;
    speakers[at] = user;
    at += 1;
  }
  return speakers;
}

/** Fills in what a follow by each speaker weighs. */
function say(speakers: Uint32Array, { influence, isObserver, said }: Round & { readonly said: Float32Array }): void {
  const { follow, followOfObserver, attenuation } = grapeRankDefaults;
  for (let at = 0; at < speakers.length; at += 1) {
    const user = speakers[at] ?? 0;
    const factor = isObserver[user] === 1 ? followOfObserver.confidence : follow.confidence * attenuation;
    said[user] = (influence[user] ?? 0) * factor;
  }
}

function addPairs(
  { sources, targets }: Pairs,
  meaning: Meaning,
  { influence, isObserver, warnings }: Round & { readonly warnings: Warnings },
): void {
  for (let at = 0; at < sources.length; at += 1) {
    const rater = sources[at] ?? 0;
    const target = targets[at] ?? 0;
    const attenuation = isObserver[rater] === 1 ? 1 : grapeRankDefaults.attenuation;
    const weight = (influence[rater] ?? 0) * meaning.confidence * attenuation;
    warnings.weights[target] = (warnings.weights[target] ?? 0) + weight;
    warnings.ratings[target] = (warnings.ratings[target] ?? 0) + weight * meaning.rating;
  }
}

interface Settling extends Round {
  readonly said: Float32Array;
  readonly warnings: Warnings | undefined;
  readonly followers: Rows;
}

/** Rates these users, or all, anew; returns the largest change. */
function settle(users: Uint32Array | undefined, given: Settling): number {
  const { influence, isObserver, said, warnings } = given;
  const { starts, lengths, targets } = given.followers;
  const { rigor, follow } = grapeRankDefaults;
  const decay = Math.log(rigor);
  const count = users?.length ?? influence.length;
  let change = 0;
  for (let place = 0; place < count; place += 1) {
    const user = users ? (users[place] ?? 0) : place;
    if (isObserver[user] === 1) continue;
    const start = starts[user] ?? 0;
    const end = start + (lengths[user] ?? 0);
    let follows = 0;
    for (let at = start; at < end; at += 1) follows += said[targets[at] ?? 0] ?? 0;
    const weight = follows + (warnings?.weights[user] ?? 0);
    const rating = follows * follow.rating + (warnings?.ratings[user] ?? 0);
    const value = weight === 0 ? 0 : Math.max(0, (rating / weight) * (1 - Math.exp(weight * decay)));
    change = Math.max(change, Math.abs(value - (influence[user] ?? 0)));
    influence[user] = value;
  }
  return change;
}
