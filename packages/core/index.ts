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
export { createKeySigner, type FullSigner } from './src/signers/key-signer.ts';
export { createNip07Signer, type Nip07, type Nip07Options } from './src/signers/nip07-signer.ts';
export {
  createNip46Signer,
  type Nip46Options,
  type RemoteSession,
  type RemoteSigner,
} from './src/signers/nip46-signer.ts';
export { createReadOnlySigner } from './src/signers/read-only-signer.ts';
export type { PoolHooks, SignerPool } from './src/signers/remote-channel.ts';
