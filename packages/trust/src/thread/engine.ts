import { Graph, type GraphLimits } from '../graph/graph.ts';
import { release } from '../graph/grown.ts';
import { loadLists } from '../graph/read-list.ts';
import { namedMax, observersKept, pathsMax, similarFollowersMax, similarHopsMax, similarMax } from '../limits.ts';
import { grapeRank } from '../ranks/grape-rank.ts';
import { hops, unreached } from '../ranks/hops.ts';
import { pageRank } from '../ranks/page-rank.ts';
import { pathsFromSeeds, shortestPath } from '../ranks/paths.ts';
import { type ScaledRanks, toScale, withLargest } from '../ranks/scale.ts';
import { similarUsers } from '../ranks/similar.ts';
import type { Exchange, NamedRank, NetworkFigures, Standing } from './messages.ts';

/** Answers every question of the exchange, one after the other. */
export type Engine = { [K in keyof Exchange]: (request: Exchange[K]['request']) => Exchange[K]['answer'] };

/** All that one round of ranking gives. */
interface Ranking {
  readonly global: ScaledRanks;
  /** Null without anchors. */
  readonly anchored: ScaledRanks | null;
  /** GrapeRank in thousandths: more than is ever said. */
  readonly influence: Uint16Array | null;
  readonly distances: Uint8Array;
  readonly muted: Uint32Array;
  readonly reported: Uint32Array;
  readonly isApproximate: boolean;
}

/** What an observer sees. */
interface View {
  readonly ranking: ScaledRanks;
  readonly distances: Uint8Array;
  readonly isApproximate: boolean;
}

/** What the engine holds. */
interface State {
  readonly graph: Graph;
  ranking: Ranking | undefined;
  readonly views: Map<number, View>;
}

/** Creates the graph and everything that is asked of it; in a thread of its own, or in the caller's for tests. */
export function createEngine(seed: number, limits: GraphLimits = {}): Engine {
  const state: State = { graph: new Graph(seed, limits), ranking: undefined, views: new Map() };
  const { graph } = state;
  const pubkeysOf = (users: readonly number[]): string[] => users.map((user) => graph.pubkeys.get(user));
  return {
    startLoading() {
      graph.startLoading();
      return null;
    },
    load({ texts }) {
      loadLists(graph, texts);
      return null;
    },
    endLoading() {
      graph.endLoading();
      return null;
    },
    replace({ relation, pubkeys, texts }) {
      const spoken = new Set(texts.map((text) => (JSON.parse(text) as { pubkey: string }).pubkey));
      for (const pubkey of pubkeys) {
        if (relation === 'reports' || !spoken.has(pubkey)) graph.setList(relation, pubkey, []);
      }
      loadLists(graph, texts);
      return null;
    },
    rank: ({ anchors }) => rankAll(state, anchors),
    standings: ({ pubkeys, observer }) => standingsOf(state, pubkeys, observer),
    trusted: ({ max }) => pubkeysOf(trustedUsers(state, max)),
    reasons({ pubkey, observer }) {
      const { ranking } = state;
      const user = graph.pubkeys.find(pubkey);
      if (!ranking || user < 0) return { followers: [], paths: [] };
      const view = observer === undefined ? undefined : viewOf(state, graph.pubkeys.find(observer));
      const paths = pathsFromSeeds(graph, (view ?? ranking).distances, { to: user, max: pathsMax });
      const ranks = view?.ranking ?? ranking.anchored ?? ranking.global;
      return { followers: firstOf(state, graph.followers.row(user), ranks), paths: paths.map(pubkeysOf) };
    },
    path({ from, to }) {
      const path = shortestPath(graph, graph.pubkeys.find(from), graph.pubkeys.find(to));
      return path && pubkeysOf(path);
    },
    similar({ pubkey, limit, observer }) {
      const view = observer === undefined ? undefined : viewOf(state, graph.pubkeys.find(observer));
      const counts = view && ((follower: number) => (view.distances[follower] ?? unreached) <= similarHopsMax);
      const options = { limit: Math.min(limit, similarMax), followersMax: similarFollowersMax, counts };
      const { similar, isApproximate } = similarUsers(graph, graph.pubkeys.find(pubkey), options);
      const accounts = similar.map(({ user, ...others }) => ({ pubkey: graph.pubkeys.get(user), ...others }));
      return { accounts, isApproximate };
    },
  };
}

function rankAll(state: State, anchors: readonly string[]): NetworkFigures {
  const { graph } = state;
  const before = state.ranking;
  // What is not begun from goes first, so that both are never held at once. Nobody asks meanwhile.
  for (const view of state.views.values()) releaseView(view);
  state.views.clear();
  state.ranking = undefined;
  for (const array of [before?.influence, before?.distances]) if (array) release(array);
  const seeds = anchors.map((anchor) => graph.pubkeys.find(anchor)).filter((seed) => seed >= 0);
  const distances = hops(graph.follows, seeds);
  const global = pageRank(graph, { start: before?.global.ranks });
  const packedGlobal = withLargest(global.ranks);
  const start = before?.anchored && withoutUnreached(before.anchored.ranks, distances);
  const anchored = seeds.length > 0 ? pageRank(graph, { seeds, start: start ?? undefined }) : null;
  const packedAnchored = anchored && withLargest(anchored.ranks, seeds);
  const mutes = graph.pairsOf('mutes');
  const reports = graph.pairsOf('reports');
  const grape = seeds.length > 0 ? grapeRank({ graph, mutes, reports }, seeds) : null;
  const ranking = {
    global: packedGlobal,
    anchored: packedAnchored,
    influence: grape && toThousandths(grape.influence),
    distances,
    muted: countTargets(mutes.targets, graph.users),
    reported: countTargets(reports.targets, graph.users),
    isApproximate: !global.converged || anchored?.converged === false || grape?.converged === false,
  };
  state.ranking = ranking;
  return {
    users: graph.users,
    follows: graph.edges,
    muters: graph.mutes.size,
    reporters: graph.reports.size,
    anchors: seeds.length,
    reachedByHops: countHops(distances),
    iterations: {
      pageRank: global.iterations,
      trustRank: anchored?.iterations ?? 0,
      grapeRank: grape?.iterations ?? 0,
    },
    leftOut: graph.leftOut,
    first: firstOf(state, undefined, ranking.anchored ?? ranking.global),
    isApproximate: ranking.isApproximate,
  };
}

function standingsOf(state: State, pubkeys: readonly string[], observer: string | undefined): Standing[] {
  const { graph, ranking } = state;
  if (!ranking) throw new Error('nothing has been ranked yet');
  const view = observer === undefined ? undefined : viewOf(state, graph.pubkeys.find(observer));
  return pubkeys.map((pubkey) => {
    const user = graph.pubkeys.find(pubkey);
    const depth = user < 0 ? unreached : ((view ?? ranking).distances[user] ?? unreached);
    return {
      followersCount: graph.followers.lengths[user] ?? 0,
      followingCount: graph.follows.lengths[user] ?? 0,
      mutersCount: ranking.muted[user] ?? 0,
      reportersCount: ranking.reported[user] ?? 0,
      depth: depth === unreached ? null : depth,
      pageRank: toScale(ranking.global, user),
      anchoredRank: ranking.anchored && toScale(ranking.anchored, user),
      personalRank: view ? toScale(view.ranking, user) : null,
      influence: ranking.influence && (ranking.influence[user] ?? 0) / 10,
      isApproximate: ranking.isApproximate || view?.isApproximate === true,
    };
  });
}

/** The ranks as an observer sees them; undefined where nobody of that number follows anybody. */
function viewOf({ graph, views }: State, observer: number): View | undefined {
  if (observer < 0 || (graph.follows.lengths[observer] ?? 0) === 0) return undefined;
  const known = views.get(observer);
  views.delete(observer);
  // The oldest go first, so that there is never one too many.
  for (const [oldest, old] of views) {
    if (views.size < observersKept) break;
    releaseView(old);
    views.delete(oldest);
  }
  const view = known ?? computeView(graph, observer);
  views.set(observer, view);
  return view;
}

function releaseView({ ranking, distances }: View): void {
  release(ranking.ranks);
  release(distances);
}

/** Gives the array up. */
function toThousandths(influence: Float32Array): Uint16Array {
  const thousandths = new Uint16Array(influence.length);
  for (let user = 0; user < influence.length; user += 1) thousandths[user] = Math.round((influence[user] ?? 0) * 1_000);
  release(influence);
  return thousandths;
}

function computeView(graph: Graph, observer: number): View {
  const { ranks, converged } = pageRank(graph, { seeds: [observer] });
  const distances = hops(graph.follows, [observer]);
  return { ranking: withLargest(ranks, [observer]), distances, isApproximate: !converged };
}

/** Takes the rank from those whom no walk reaches any more: 0 is where nothing may be left of what they had. */
function withoutUnreached(ranks: Float32Array, distances: Uint8Array): Float32Array {
  for (let user = 0; user < ranks.length; user += 1) if (distances[user] === unreached) ranks[user] = 0;
  return ranks;
}

/** How often each user is a target; nothing at all where nobody is. */
function countTargets(targets: Uint32Array, users: number): Uint32Array {
  const counts = new Uint32Array(targets.length === 0 ? 0 : users);
  for (const target of targets) counts[target] = (counts[target] ?? 0) + 1;
  return counts;
}

function countHops(distances: Uint8Array): number[] {
  const counts: number[] = [];
  for (const distance of distances) {
    if (distance !== unreached) counts[distance] = (counts[distance] ?? 0) + 1;
  }
  return counts;
}

/** Users whom the anchors trust most, by the number of the user. */
function trustedUsers({ ranking }: State, max: number): number[] {
  const ranks = ranking?.anchored?.ranks;
  if (!ranks || max < 1) return [];
  const least = ranks.length > max ? (ranks.slice().sort()[ranks.length - max] ?? 0) : 0;
  const users: number[] = [];
  for (let user = 0; user < ranks.length && users.length < max; user += 1) {
    const rank = ranks[user] ?? 0;
    if (rank > 0 && rank >= least) users.push(user);
  }
  return users;
}

/** Those of the users, or of all, who stand first. */
function firstOf({ graph }: State, users: Uint32Array | undefined, scaled: ScaledRanks): NamedRank[] {
  const first: number[] = [];
  const rankOf = (user: number): number => scaled.ranks[user] ?? 0;
  const count = users?.length ?? scaled.ranks.length;
  for (let at = 0; at < count; at += 1) {
    const user = users ? (users[at] ?? 0) : at;
    const rank = rankOf(user);
    if (rank <= 0 || (first.length === namedMax && rank <= rankOf(first.at(-1) ?? 0))) continue;
    const place = first.findIndex((other) => rankOf(other) < rank);
    first.splice(place < 0 ? first.length : place, 0, user);
    if (first.length > namedMax) first.pop();
  }
  return first.map((user) => ({ pubkey: graph.pubkeys.get(user), trustScore: toScale(scaled, user) }));
}
