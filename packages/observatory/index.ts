export type {
  ActivePoint,
  Answer,
  ApiError,
  Clients,
  ClientUse,
  Cohort,
  Coverage,
  EngagementFigures,
  HistogramBucket,
  HourCell,
  KindCount,
  LatencyPoint,
  Method,
  Overview,
  Quantiles,
  Range,
  RelayDetails,
  RelayEventsPoint,
  RelayRow,
  RelaySummary,
  Share,
  Snapshot,
  ThroughputPoint,
  TimelinePoint,
  Trend,
  UptimePoint,
  Users,
  UsersEstimate,
  UserTiers,
  Zaps,
} from './src/answers.ts';
export {
  loadObservatoryHealth,
  type ObservatoryHealth,
  type ObservatoryHealthOptions,
} from './src/api/health.ts';
export { createObservatorySection, type ObservatorySectionOptions } from './src/api/section.ts';
export { type ApiSettings, defaultApiSettings } from './src/api/settings.ts';
export { createCollector } from './src/collector/collector.ts';
export type {
  CollectedRelay,
  CollectedStatus,
  Collector,
  CollectorDoor,
  CollectorFigures,
  CollectorOptions,
} from './src/collector/contract.ts';
export type { CollectorLimits } from './src/collector/limits.ts';
export { migrateCollector } from './src/collector/schema.ts';
export type {
  Clock,
  LiveFigures,
  LiveReads,
  ObservatoryLogger,
  ObservatoryMetrics,
  RelayQuery,
  RelayReads,
  SeriesQuery,
  StatisticsReads,
} from './src/contract.ts';
export { toDay, toHour, undated } from './src/facts/buckets.ts';
export { createFacts, type Facts, type FactsOptions } from './src/facts/facts.ts';
export { nameOfKind } from './src/facts/kind-names.ts';
export { loadStatisticsSecret } from './src/facts/secret.ts';
export { createSketch, type Sketch } from './src/facts/sketch.ts';
export { createStatisticsViews, type StatisticsViewsOptions } from './src/facts/statistics-view.ts';
export {
  EventState,
  type LedgerPrefix,
  ledgerPrefixes,
  type Metric,
  migrateFacts,
  viewTables as statisticsTables,
  ZapState,
} from './src/facts/tables.ts';
export type { OnTouched, Touched } from './src/facts/touched.ts';
export { type ZapCheck, zapBuckets, zapFaults } from './src/facts/zap-receipts.ts';
export { openSharedLive, publishLive, type SharedLive } from './src/live/shared-live.ts';
export { createStoreLive, type StoreLive } from './src/live/store-live.ts';

export type { Announcement } from './src/probes/announcer.ts';
export type { LookupHost } from './src/probes/dial.ts';
export type { ProbeLimits } from './src/probes/limits.ts';
export type { ProbeResult, WriteTrial } from './src/probes/probe.ts';
export { createProber, type Prober, type ProberOptions } from './src/probes/prober.ts';
export type { Discovery } from './src/registry/candidates.ts';
export { createCountryFinder, type FindCountry } from './src/registry/countries.ts';
export { createHintsView } from './src/registry/hints-view.ts';
export type { RegistryLimits } from './src/registry/limits.ts';
export { createMentionsView } from './src/registry/mentions-view.ts';
export {
  createRegistry,
  type ProbeFinding,
  type Registry,
  type RegistryOptions,
  type WantedRelay,
} from './src/registry/registry.ts';
export { createRelayReads, type RelayReadsOptions } from './src/registry/relay-reads.ts';
export type { KnownRelay, NewRelay, RelaySource } from './src/registry/relay-table.ts';
export type { Seed } from './src/registry/seeds.ts';
export { migrateRegistry } from './src/registry/tables.ts';
export { loadAnchored } from './src/statistics/anchors.ts';
export { markTouched, migrateMarks } from './src/statistics/marks.ts';
export { createLoadRelayFigures } from './src/statistics/relay-figures.ts';
export type { RelayFigures } from './src/statistics/snapshot.ts';
export {
  createStatistician,
  isSchedule,
  type Statistician,
  type StatisticianOptions,
  snapshotKey,
} from './src/statistics/statistician.ts';
