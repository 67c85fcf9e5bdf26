import type { BotFlag } from './account/bots.ts';
import type { NamedRank, NetworkFigures, SimilarAccount } from './thread/messages.ts';

/** Facts that trust reports as they happen; every one may be left out. */
export interface TrustMetrics {
  /** Everybody was ranked. */
  ranked?(seconds: number, size: { readonly users: number; readonly follows: number }): void;
}

/** Time and timers, injected. */
export interface TrustClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once; the returned function forgets it. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** What trust is doing: reading the store for the first time, up to date, behind the log, or without its thread. */
export type TrustState = 'building' | 'ready' | 'behind' | 'unavailable' | 'stopped';

/** The numbers a score is made of, each 0 to 100; null where it was not computed. */
export interface ScoreComponents {
  /** PageRank of the whole graph: how well known, which fake followers can raise. Nothing is sold by it. */
  readonly pageRank: number;
  /** TrustRank: the same with walks that start at the anchors, which fake followers cannot raise. */
  readonly anchoredRank: number | null;
  /** The same with walks that start at the observer. */
  readonly personalRank: number | null;
  /** GrapeRank as the anchors see it. */
  readonly influence: number | null;
  readonly mutersCount: number;
  readonly reportersCount: number;
}

/** How far somebody is trusted. Computed from events, kept for minutes, never stored. */
export interface TrustScore {
  readonly pubkey: string;
  readonly observer?: string | undefined;
  /** 0 to 100: the observer's rank, else the anchored one; 0 where there are neither anchors nor an observer with follows. */
  readonly trustScore: number;
  /** Which of the components `trustScore` is. */
  readonly algorithm: 'trustrank' | 'personalised-pagerank' | 'none';
  /** Distinct authors whose follow list names them, in this store. */
  readonly followersCount: number;
  readonly followingCount: number;
  /** Follows from the observer or the nearest anchor; null where none leads there. */
  readonly wotDepth: number | null;
  readonly components: ScoreComponents;
  /** Days since the oldest event that is here, by its own date: the author's word. Null without events. */
  readonly accountAgeDays: number | null;
  /** 0 to 100: reached after a year. */
  readonly accountAgeScore: number;
  /** 0 to 100: notes on different days of the last week. */
  readonly activityScore: number;
  readonly botFlags: readonly BotFlag[];
  readonly isLikelyBot: boolean;
  /** What the usual rule takes off a price, by the anchored rank and the account's age. */
  readonly discountPercent: number;
  readonly graph: { readonly users: number; readonly follows: number };
  /** The time (ms) up to which the log is in it. */
  readonly asOf: number;
  /** The time (ms) at which it was computed. */
  readonly lastCalculated: number;
  /** An iteration was cut short. */
  readonly approximate: boolean;
  /** Something is missing: there are no anchors, or lists were cut because of a limit. */
  readonly partial: boolean;
  /** Older than five minutes, because there is no web of trust at the moment. */
  readonly stale: boolean;
}

/** Why somebody has their score. */
export interface Explanation {
  readonly score: TrustScore;
  /** One sentence for each thing that counts. */
  readonly reasons: readonly string[];
  /** Those of most trust who follow them, as the observer of the score or else the anchors see it. */
  readonly followers: readonly NamedRank[];
  /** Shortest paths from the observer, else from anchors, each to the one asked for. */
  readonly paths: readonly (readonly string[])[];
}

/** Whether somebody has at least a score. */
export interface Verdict {
  readonly passes: boolean;
  readonly minScore: number;
  readonly score: TrustScore;
}

/** The whole network at one time. */
export interface TrustNetwork extends NetworkFigures {
  readonly state: TrustState;
  readonly asOf: number;
}

/** How to score. */
export interface ScoreOptions {
  /** From whose point of view; the anchors' unless told. */
  readonly observer?: string | undefined;
}

/** The web of trust over one event store. Every method but `state` and `stop` may reject with `TrustError`. */
export interface Trust extends AsyncDisposable {
  readonly state: TrustState;
  /** Reads the store and ranks; resolves when scores can be had. Reading goes on in the background if this rejects. */
  start(): Promise<void>;
  score(pubkey: string, options?: ScoreOptions): Promise<TrustScore>;
  /** Why; for an hour as it was last said, with a score that is `stale`, where it cannot be said anew. */
  explain(pubkey: string, options?: ScoreOptions): Promise<Explanation>;
  /** A shortest chain of follows, both ends included; null where there is none. */
  path(from: string, to: string): Promise<readonly string[] | null>;
  /**
   * Accounts that the same people follow, the most similar first. With an observer only people count whom the observer
   * follows, or whom those follow: fake followers make nobody similar.
   */
  similar(
    pubkey: string,
    limit?: number,
    options?: ScoreOptions,
  ): Promise<{ readonly accounts: readonly SimilarAccount[]; readonly isApproximate: boolean }>;
  verify(pubkey: string, minScore?: number, options?: ScoreOptions): Promise<Verdict>;
  network(): Promise<TrustNetwork>;
  /** Up to so many whom the anchors trust most, in no order; nobody without anchors. */
  trusted(max: number): Promise<readonly string[]>;
  /** Takes in what has changed in the log and ranks anew at once, instead of within a minute. */
  refresh(): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
}
