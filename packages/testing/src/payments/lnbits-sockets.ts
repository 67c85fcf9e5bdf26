import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

/** The WebSockets of a server, by the last part of their path. */
export interface SocketDesk {
  readonly count: number;
  send(name: string, text: string): void;
  /** Cuts every connection. */
  cut(): void;
}

/** Serves `/api/v1/ws/<name>`: whoever knows the name hears what is sent to it. */
export function createSocketDesk(front: Server): SocketDesk {
  const nameBySocket = new Map<WebSocket, string>();
  const sockets = new WebSocketServer({ noServer: true });
  front.on('upgrade', (request, socket, head) => {
    const [, name] = /^\/api\/v1\/ws\/([^/?]+)$/.exec(request.url ?? '') ?? [];
    if (name === undefined) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (opened) => {
      nameBySocket.set(opened, decodeURIComponent(name));
      opened.on('close', () => nameBySocket.delete(opened));
    });
  });
  return {
    get count() {
      return nameBySocket.size;
    },
    send(name, text) {
      for (const [socket, heard] of nameBySocket) if (heard === name) socket.send(text);
    },
    cut() {
      for (const socket of nameBySocket.keys()) socket.terminate();
    },
  };
}
