import type { ServerOptions } from 'ws';
import { defaultLimits, type RelayLimits } from './limits.ts';

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
    // JSON.parse sees what is not UTF-8 as replacement characters, and then the id does not fit.
    skipUTF8Validation: true,
    maxPayload: 2 * (limits.messageBytesMax ?? defaultLimits.messageBytesMax),
  };
}
