import { WebSocket } from 'ws';
import type { Clock } from '../contract.ts';
import { parseJson } from './http.ts';
import { limits } from './limits.ts';
import type { LnbitsSettings } from './settings.ts';

/**
 * Listens to the WebSocket of a wallet (`/api/v1/ws/<invoice key>`) and hands on every frame that is JSON. A lost
 * connection is opened again, later each time that it fails; nothing is told of what happened in between.
 */
export function watchLnbits(
  { settings, clock }: { readonly settings: LnbitsSettings; readonly clock: Clock },
  onFrame: (value: unknown) => void,
): { stop(): Promise<void> } {
  const url = `${settings.url.replace(/^http/, 'ws')}/api/v1/ws/${encodeURIComponent(settings.invoiceKey)}`;
  let isStopped = false;
  let waitMs: number = limits.reconnectMs;
  let socket: WebSocket | undefined;
  let cancel = (): void => {};
  const open = (): void => {
    socket = connect(url, {
      clock,
      onFrame,
      opened() {
        waitMs = limits.reconnectMs;
      },
      closed() {
        socket = undefined;
        if (isStopped) return;
        cancel = clock.after(waitMs, open);
        waitMs = Math.min(waitMs * 2, limits.reconnectMsMax);
      },
    });
  };
  open();
  return {
    async stop() {
      isStopped = true;
      cancel();
      socket?.terminate();
    },
  };
}

interface SocketEnds {
  readonly clock: Clock;
  onFrame(value: unknown): void;
  opened(): void;
  closed(): void;
}

/** Opens one connection; `closed` is called once, however it ends. */
function connect(url: string, { clock, onFrame, opened, closed }: SocketEnds): WebSocket {
  const socket = new WebSocket(url, {
    maxPayload: limits.frameBytesMax,
    handshakeTimeout: limits.callMs,
    followRedirects: false,
    perMessageDeflate: false,
  });
  let isAlive = true;
  let cancelPing = (): void => {};
  const ping = (): void => {
    // Without an answer since the last one, the other side is gone.
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
    cancelPing = clock.after(limits.pingMs, ping);
  };
  socket.on('open', () => {
    opened();
    ping();
  });
  socket.on('pong', () => {
    isAlive = true;
  });
  socket.on('message', (data, isBinary) => {
    if (!isBinary) onFrame(parseJson(data.toString()));
  });
  // The close that follows is what counts; the error holds the address, which holds the key.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    cancelPing();
    closed();
  });
  return socket;
}
