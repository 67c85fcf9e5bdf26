export type { BotFlag } from './src/account/bots.ts';
export type { ExplanationAnswer, NetworkAnswer, PathAnswer, ScoreAnswer, SimilarAnswer } from './src/api/answers.ts';
export { createTrustRoutes, type TrustRoutesParts } from './src/api/routes.ts';
export {
  type Assertion,
  type AssertionDraft,
  assertionKinds,
  isSameAssertion,
  parseAssertion,
  parseProviders,
  type SubjectType,
  type TrustedProvider,
  toAssertionDraft,
  toUserAssertion,
} from './src/assertions/assertion.ts';
export {
  type AssertedQuery,
  type AssertedResult,
  type Assertions,
  type AssertionsOptions,
  type AssertionsReport,
  createAssertions,
  loadAssertedResults,
  loadProviders,
} from './src/assertions/assertions.ts';
export type {
  Explanation,
  ScoreComponents,
  ScoreOptions,
  Trust,
  TrustClock,
  TrustMetrics,
  TrustNetwork,
  TrustScore,
  TrustState,
  Verdict,
} from './src/contract.ts';
export { type DiscountPolicy, discountOf, usualDiscounts } from './src/discount.ts';
export { TrustError, type TrustFault } from './src/errors.ts';
export { type FollowGraph, Graph, type GraphLimits, type Pairs, type Relation } from './src/graph/graph.ts';
export type { Rows } from './src/graph/rows.ts';
export { type GrapeRanks, grapeRank, type RatedGraph } from './src/ranks/grape-rank.ts';
export { hops, unreached } from './src/ranks/hops.ts';
export { type PageRankOptions, pageRank, type Ranks } from './src/ranks/page-rank.ts';
export type { Exchange, NamedRank, NetworkFigures, SimilarAccount, Standing } from './src/thread/messages.ts';
export { createTrust, type TrustOptions } from './src/trust.ts';
