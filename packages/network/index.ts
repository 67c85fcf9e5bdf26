export type {
  AnswerEnd,
  Authenticate,
  Clock,
  ConnectionState,
  Deliver,
  Delivery,
  FilterAnswer,
  LiveSubscription,
  LoadOptions,
  NegotiationEnd,
  NegotiationOptions,
  OnAnswer,
  Plan,
  Recognize,
  RelayAnswer,
  RelayPool,
  RelayStatus,
  SendResult,
} from './src/contract.ts';
export type { NetworkLimits } from './src/limits.ts';
export { createPool, type PoolOptions } from './src/pool/pool.ts';
export { type AuthorContext, type AuthorRoute, routeAuthorReads } from './src/routes/author-route.ts';
export {
  findMissingRelayLists,
  isSentToInboxes,
  type PublishContext,
  type PublishRoute,
  routePublish,
} from './src/routes/publish-route.ts';
export {
  type FilterPattern,
  findFilterPattern,
  type ReadContext,
  type ReadRoute,
  routeRead,
} from './src/routes/read-route.ts';
export {
  buildRelaySet,
  type KnownLists,
  readRelays,
  selectRelayHint,
  selectZapRelays,
  writeRelays,
} from './src/routes/relay-set.ts';
export { createRoutes, type Routes, type RoutesOptions } from './src/routes/routes.ts';
export type { ScoreStorage } from './src/routes/scores.ts';
export { findAddressFault } from './src/socket/address.ts';
export type {
  FetchInformation,
  InformationOptions,
  OpenSocket,
  RelaySocket,
  SocketEnd,
  SocketHandlers,
  SocketOptions,
} from './src/socket/socket.ts';
export type { SyncProgress } from './src/sync/progress.ts';
export { reconcile, type SyncOptions, type SyncParts } from './src/sync/reconcile.ts';
