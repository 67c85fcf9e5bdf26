import type { OpenSocket, SocketHandlers, SocketOptions } from './socket/socket.ts';

/** A socket that a test holds in its hands. */
export interface HeldSocket {
  readonly url: string;
  readonly handlers: SocketHandlers;
  readonly options: SocketOptions;
  readonly sent: string[];
  pings: number;
  isTerminated: boolean;
  isPaused: boolean;
  /** The other side says something. */
  say(...frame: unknown[]): void;
}

/** Creates a way to open sockets that only a test opens, feeds and closes. Without `hasPing` it is a browser's. */
export function createHeldSockets(hasPing = true): { readonly open: OpenSocket; readonly sockets: HeldSocket[] } {
  const sockets: HeldSocket[] = [];
  const open: OpenSocket = (url, handlers, options) => {
    const held: HeldSocket = {
      url,
      handlers,
      options,
      sent: [],
      pings: 0,
      isTerminated: false,
      isPaused: false,
      say(...frame) {
        const text = JSON.stringify(frame);
        handlers.received(text, text.length);
      },
    };
    sockets.push(held);
    const ping = {
      ping: () => {
        held.pings++;
      },
    };
    return {
      send: (text) => held.sent.push(text),
      close: () => handlers.closed({ reason: 'closed', isRefused: false }),
      terminate() {
        held.isTerminated = true;
      },
      pause() {
        held.isPaused = true;
      },
      resume() {
        held.isPaused = false;
      },
      bufferedBytes: 0,
      ...(hasPing ? ping : {}),
    };
  };
  return { open, sockets };
}
