export { systemClock } from './src/clock.ts';
export type {
  AwaitSignature,
  BrowserParts,
  CoreEvent,
  CoreOptions,
  EventTemplate,
  Freshness,
  FreshnessClass,
  Loaded,
  LoadOptions,
  NetworkBudget,
  OpenStorage,
  Publication,
  PublicationProgress,
  PublicationStatus,
  PublishOptions,
  PublishTarget,
  ReadPolicy,
  SignableEvent,
  SignedPublication,
  Signer,
  Storage,
  TargetState,
  Timeline,
  TimelineOptions,
  UnsignedPublication,
} from './src/contract.ts';
export type { Core, CoreReads, Publish, ReadName, ReadTarget, ReadValue, TemplateOptions } from './src/core.ts';
export type { Draft, Edit, EditOptions } from './src/edit.ts';
export { PublishError, type PublishFault, SignerError, type SignerFault, StaleBaseError } from './src/errors.ts';
export type { Figures } from './src/figures.ts';
export type { ImportReport, ImportSource } from './src/importing/import.ts';
export type {
  ChatRoom,
  DirectMessages,
  MessagePage,
  MessageParts,
  MessageReaction,
  RoomMessage,
  SentMessage,
  UnwrapReport,
} from './src/messages/contract.ts';
export { MessageError, type MessageFault } from './src/messages/errors.ts';
export { openCore } from './src/open.ts';
export { readPrivateTags, writePrivateTags } from './src/private-tags.ts';
export type { Thread, ThreadNode } from './src/reads/thread.ts';
export type { TrustOfPerson, TrustReadOptions } from './src/reads/trust.ts';
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
export type { KeepWarmOptions, WarmOptions, WarmReport } from './src/warming.ts';
