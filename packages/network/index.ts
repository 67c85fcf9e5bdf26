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
  RelayAnswer,
  RelayPool,
  RelayStatus,
  SendResult,
} from './src/contract.ts';
export type { NetworkLimits } from './src/limits.ts';
export { createPool, type PoolOptions } from './src/pool/pool.ts';
export { findAddressFault, isPublicAddress } from './src/socket/address.ts';
export type {
  FetchInformation,
  InformationOptions,
  OpenSocket,
  RelaySocket,
  SocketEnd,
  SocketHandlers,
  SocketOptions,
} from './src/socket/socket.ts';
