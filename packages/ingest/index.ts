export type {
  Ingest,
  IngestMetrics,
  Policy,
  PolicyInformation,
  ReasonPrefix,
  Rejection,
  Source,
  SubmitResult,
  VerifierReport,
} from './src/contract.ts';
