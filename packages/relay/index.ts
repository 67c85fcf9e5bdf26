export { canRead, createVisibility, restrictedKinds } from './src/access.ts';
export type {
  ConnectionRequest,
  Relay,
  RelayDescription,
  RelayInformation,
  RelayLogger,
  RelayMetrics,
  RelayOptions,
  RelaySettings,
  RelayStatistics,
} from './src/contract.ts';
export { defaultLimits, type RelayLimits } from './src/limits.ts';
export { createRelay } from './src/relay.ts';
export { relayWebSocketOptions } from './src/web-socket-options.ts';
