import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { TestCertificate } from '@nostrata/testing';
import { type WebSocket, WebSocketServer } from 'ws';

/** How a relay of tests behaves. */
export interface Behaviour {
  /** Answers a request that is no upgrade; a document with a name unless given. */
  readonly http?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Whether upgrades are refused, and with which status. */
  readonly upgradeStatus?: number | undefined;
  /** Answers one frame; as an empty relay that keeps what it is given unless told. */
  readonly answer?: ((frame: readonly unknown[], socket: WebSocket) => void) | undefined;
  /** Called when a socket is open. */
  readonly greet?: ((socket: WebSocket) => void) | undefined;
  readonly certificate?: TestCertificate | undefined;
  /** A free one unless given. */
  readonly port?: number | undefined;
}

/** A relay of tests on 127.0.0.1. */
export interface ProbedRelay extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Connections that were made to it. */
  readonly connections: () => number;
}

/** Starts a relay that speaks HTTP and WebSocket. */
export async function startRelay(behaviour: Behaviour = {}): Promise<ProbedRelay> {
  const http = behaviour.http ?? ((_, response) => response.end('{"name":"a relay"}'));
  const server =
    behaviour.certificate === undefined
      ? createHttpServer(http)
      : createHttpsServer({ cert: behaviour.certificate.certificate, key: behaviour.certificate.key }, http);
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (behaviour.upgradeStatus !== undefined) {
      socket.end(`HTTP/1.1 ${behaviour.upgradeStatus} No\r\nLocation: /other\r\nConnection: close\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const answer = behaviour.answer ?? createMemory();
      webSocket.on('message', (text) => answer(JSON.parse(String(text)) as unknown[], webSocket));
      behaviour.greet?.(webSocket);
    });
  });
  const scheme = behaviour.certificate === undefined ? 'ws' : 'wss';
  return await listen(server, (port) => `${scheme}://localhost:${port}`, behaviour.port);
}

/** Starts a server of bare TCP, which does with a connection what it is told. */
export async function startTcp(handle: (socket: Socket) => void): Promise<ProbedRelay> {
  return await listen(createTcpServer(handle), (port) => `ws://localhost:${port}`);
}

/** A port of 127.0.0.1 at which nobody listens. */
export async function findClosedPort(): Promise<number> {
  await using relay = await startTcp(() => undefined);
  return relay.port;
}

async function listen(server: Server, toUrl: (port: number) => string, wantedPort = 0): Promise<ProbedRelay> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(wantedPort, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: toUrl(port),
    port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers as a relay that keeps what it is given. */
export function createMemory(): (frame: readonly unknown[], socket: WebSocket) => void {
  const events = new Map<string, unknown>();
  return ([verb, second, third], socket) => {
    const say = (...frame: readonly unknown[]): void => socket.send(JSON.stringify(frame));
    if (verb === 'EVENT') {
      const event = second as { readonly id: string };
      events.set(event.id, event);
      say('OK', event.id, true, '');
    }
    if (verb !== 'REQ') return;
    for (const id of (third as { readonly ids?: readonly string[] }).ids ?? []) {
      if (events.has(id)) say('EVENT', second, events.get(id));
    }
    say('EOSE', second);
  };
}
