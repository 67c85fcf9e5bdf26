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
export { defaultLimits, type IngestLimits } from './src/limits.ts';
export { createPolicies, type PolicySettings } from './src/policies/create-policies.ts';
export type { Rate } from './src/policies/token-buckets.ts';
export type { BackendName } from './src/verifier/backend.ts';
export type { VerifierSettings } from './src/verifier/pool.ts';
export { type BackendProbe, probeVerifiers, type VerifierProbe } from './src/verifier/probe.ts';
