import type { Relation } from '../graph/graph.ts';

/** What the graph says of one user. */
export interface Standing {
  readonly followersCount: number;
  readonly followingCount: number;
  readonly mutersCount: number;
  readonly reportersCount: number;
  /** Follows from the observer, else from the nearest anchor; null where no walk leads there. */
  readonly depth: number | null;
  /** Each on a scale of 0 to 100; null where it was not computed. */
  readonly pageRank: number;
  readonly anchoredRank: number | null;
  readonly personalRank: number | null;
  /** GrapeRank as the anchors see it. */
  readonly influence: number | null;
  readonly isApproximate: boolean;
}

/** Somebody, and how far the anchors trust them (without anchors, the global rank). */
export interface NamedRank {
  readonly pubkey: string;
  readonly trustScore: number;
}

/** The size of the graph, and how its ranks came about. */
export interface NetworkFigures {
  readonly users: number;
  readonly follows: number;
  readonly muters: number;
  readonly reporters: number;
  /** Anchors that are known in the graph. */
  readonly anchors: number;
  /** Users whom a walk from an anchor reaches, by hops. */
  readonly reachedByHops: readonly number[];
  readonly iterations: { readonly pageRank: number; readonly trustRank: number; readonly grapeRank: number };
  /** Names in lists that were left out because of a limit. */
  readonly leftOut: number;
  readonly first: readonly NamedRank[];
  /** An iteration was cut short. */
  readonly isApproximate: boolean;
}

/** Why somebody stands where they stand. */
export interface Reasons {
  /** Those of most trust who follow them, as the observer or else the anchors see it. */
  readonly followers: readonly NamedRank[];
  /** Shortest paths from the observer, else from anchors, each to the one asked for. */
  readonly paths: readonly (readonly string[])[];
}

/** Accounts with the same followers: the cosine of both sets of followers, 0 to 1. */
export interface SimilarAccount {
  readonly pubkey: string;
  readonly similarity: number;
  readonly commonFollowers: number;
}

/** Every question the thread answers, by its name. */
export interface Exchange {
  startLoading: { readonly request: null; readonly answer: null };
  /** Events of kinds 3, 10000 and 1984 as texts. */
  load: { readonly request: { readonly texts: readonly string[] }; readonly answer: null };
  endLoading: { readonly request: null; readonly answer: null };
  /** All that those authors have now of one relation. */
  replace: {
    readonly request: {
      readonly relation: Relation;
      readonly pubkeys: readonly string[];
      readonly texts: readonly string[];
    };
    readonly answer: null;
  };
  rank: { readonly request: { readonly anchors: readonly string[] }; readonly answer: NetworkFigures };
  standings: {
    readonly request: { readonly pubkeys: readonly string[]; readonly observer?: string | undefined };
    readonly answer: readonly Standing[];
  };
  /** Up to so many whom the anchors trust most, in no order. */
  trusted: { readonly request: { readonly max: number }; readonly answer: readonly string[] };
  reasons: {
    readonly request: { readonly pubkey: string; readonly observer?: string | undefined };
    readonly answer: Reasons;
  };
  path: {
    readonly request: { readonly from: string; readonly to: string };
    readonly answer: readonly string[] | null;
  };
  similar: {
    readonly request: {
      readonly pubkey: string;
      readonly limit: number;
      /** Only followers within two follows from here count. */
      readonly observer?: string | undefined;
    };
    readonly answer: { readonly accounts: readonly SimilarAccount[]; readonly isApproximate: boolean };
  };
}

/** A question on its way to the thread. */
export interface ThreadQuestion<K extends keyof Exchange = keyof Exchange> {
  readonly number: number;
  readonly type: K;
  readonly request: Exchange[K]['request'];
}

/** What comes back under the same number. */
export type ThreadAnswer =
  | { readonly number: number; readonly answer: Exchange[keyof Exchange]['answer'] }
  | { readonly number: number; readonly error: string };
