export { systemClock } from './src/clock.ts';
export type {
  CoreEvent,
  CoreOptions,
  EventTemplate,
  FilterRequest,
  Freshness,
  FreshnessClass,
  Loaded,
  LoadOptions,
  NetworkBudget,
  Publication,
  PublicationStatus,
  PublishOptions,
  PublishTarget,
  ReadPolicy,
  SignableEvent,
  Signer,
  Storage,
  Timeline,
  TimelineOptions,
} from './src/contract.ts';
export { SignerError } from './src/errors.ts';
