export { type FollowGraph, Graph, type GraphLimits, type Pairs, type Relation } from './src/graph/graph.ts';
export type { Rows } from './src/graph/rows.ts';
export { type GrapeRanks, grapeRank, type RatedGraph } from './src/ranks/grape-rank.ts';
export { hops, unreached } from './src/ranks/hops.ts';
export { type PageRankOptions, pageRank, type Ranks } from './src/ranks/page-rank.ts';
