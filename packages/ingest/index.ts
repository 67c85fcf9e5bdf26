export type {
  Ingest,
  IngestLogger,
  IngestMetrics,
  Policy,
  PolicyInformation,
  ReasonPrefix,
  Rejection,
  Source,
  SubmitResult,
  VerifierReport,
} from './src/contract.ts';
export { createIngest, type IngestOptions } from './src/ingest.ts';
export type { IngestLimits } from './src/limits.ts';
export type { VerifierSettings } from './src/verifier/pool.ts';
