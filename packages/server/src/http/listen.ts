import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { relayWebSocketOptions } from '@nostrata/relay';
import { type WebSocket, WebSocketServer } from 'ws';
import { ConfigError } from '../config/errors.ts';
import { headerBytesMax, headersMsMax } from '../limits.ts';
import type { createApp } from './app.ts';
import { clientUrl } from './app.ts';
import type { Origin, ResolveOrigin } from './proxy.ts';

/** Where a WebSocket comes from and the URL it was opened by. */
export interface Arrival {
  readonly ip: string;
  readonly url: string;
}

/** What a listener needs. */
export interface ListenOptions {
  readonly app: ReturnType<typeof createApp>;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly resolveOrigin: ResolveOrigin;
  readonly maxMessageBytes: number;
  readonly compression: boolean;
  accept(socket: WebSocket, arrival: Arrival): void;
}

/** An open port. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections and drops plain HTTP ones; WebSockets are the relay's to close. Idempotent. */
  stop(): void;
}

/**
 * Opens the port for HTTP and WebSockets.
 * @throws ConfigError where the port is in use or the address is not one of this machine
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const server = createHttpServer(options);
  const upgrades = new WebSocketServer({
    ...relayWebSocketOptions({ messageBytesMax: options.maxMessageBytes }),
    perMessageDeflate: options.compression ? { threshold: 1024, serverNoContextTakeover: true } : false,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return refuseUpgrade(socket);
    const origin = originOf(options.resolveOrigin, request);
    const url = clientUrl(origin) + (request.url === '/' ? '/' : (request.url ?? '/'));
    upgrades.handleUpgrade(request, socket, head, (webSocket) => options.accept(webSocket, { ip: origin.ip, url }));
  });
  await bind(server, options);
  const { port } = server.address() as AddressInfo;
  return { host: options.host, port, stop: () => close(server) };
}

function createHttpServer(options: ListenOptions): Server {
  const server = createAdaptorServer({
    serverOptions: { maxHeaderSize: headerBytesMax, headersTimeout: headersMsMax, requestTimeout: headersMsMax },
    fetch: (request: Request, environment: object) => {
      const incoming = (environment as { incoming?: IncomingMessage }).incoming;
      const origin: Origin = incoming
        ? originOf(options.resolveOrigin, incoming)
        : { ip: '', isSecure: false, host: new URL(request.url).host };
      return options.app.fetch(request, { origin });
    },
  });
  return server as Server;
}

function originOf(resolveOrigin: ResolveOrigin, request: IncomingMessage): Origin {
  return resolveOrigin({
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress,
    isEncrypted: 'encrypted' in request.socket,
  });
}

function refuseUpgrade(socket: Duplex): void {
  const body = 'this port speaks HTTP and WebSocket\n';
  socket.end(
    `HTTP/1.1 400 ${STATUS_CODES[400]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

function bind(server: Server, { host, port }: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: NodeJS.ErrnoException) => reject(explain(error, host, port));
  server.once('error', fail);
  server.listen({ host, port, backlog: 1024 }, () => {
    server.off('error', fail);
    server.on('connection', (socket: Socket) => socket.setNoDelay(true));
    resolve();
  });
  return promise;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const texts: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} of ${host} is in use: choose another with --port, or --port 0 for any free one`,
    EACCES: `port ${port} of ${host} may not be opened by this user: choose one above 1023 with --port`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: choose another with --host`,
    ENOTFOUND: `${host} is not a known host name: choose another with --host`,
  };
  const text = texts[error.code ?? ''];
  return text === undefined ? error : new ConfigError(text, { cause: error });
}

/** Does not wait: the port is free at once, but `close` calls back only when the last WebSocket has ended. */
function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
