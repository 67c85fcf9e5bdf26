import type { ServerOptions } from 'ws';
import { defaultLimits, type RelayLimits } from './limits.ts';

// Milliseconds that a client has to answer a goodbye; the default of 30,000 keeps refused and flooding clients around,
// which nobody counts any more. A type for this option is missing in @types/ws.
const goodbye = { closeTimeout: 3_000 };

/**
 * Options for the `WebSocketServer` whose sockets the relay accepts. Messages up to twice the relay's own bound still
 * arrive and get a readable answer; beyond that `ws` closes the connection with code 1009. No compression: it costs
 * more memory and time than the bandwidth is worth, and a proxy in front can do it.
 */
export function relayWebSocketOptions(limits: Partial<RelayLimits> = {}): ServerOptions {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    ...goodbye,
    // JSON.parse sees what is not UTF-8 as replacement characters, and then the id does not fit.
    skipUTF8Validation: true,
    maxPayload: 2 * (limits.messageBytesMax ?? defaultLimits.messageBytesMax),
  };
}
