import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Filter, matchFilter, type NostrEvent, parseFilter } from '@nostrata/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

/** One client of a scripted relay. */
export interface Peer {
  readonly socket: WebSocket;
  send(...frame: unknown[]): void;
}

/** What a scripted relay does with a frame; false lets the relay do what an honest one does. */
export type Script = (frame: readonly unknown[], peer: Peer) => boolean | undefined;

/** A relay on loopback whose every word a test decides. */
export interface TestRelay extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  events: NostrEvent[];
  script: Script;
  /** Called at each connection. */
  welcome: (peer: Peer) => void;
  information: (request: IncomingMessage, response: ServerResponse) => void;
  /** Frames that came, in order. */
  readonly frames: unknown[][];
  readonly peers: Set<Peer>;
  connections: number;
  /** REQ frames that came, without pings. */
  requests(): { readonly subId: string; readonly filters: readonly Filter[] }[];
  cutAll(): void;
  close(): Promise<void>;
}

/** Starts one that is honest until told otherwise. */
export async function startTestRelay(port = 0): Promise<TestRelay> {
  const http = createServer((request, response) => relay.information(request, response));
  const server = new WebSocketServer({ server: http });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const address = http.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const client of server.clients) client.terminate();
    http.closeAllConnections();
    server.close();
    await new Promise((resolve) => http.close(resolve));
  };
  const relay: TestRelay = {
    url: `ws://127.0.0.1:${address.port}`,
    port: address.port,
    events: [],
    script: () => false,
    welcome: () => undefined,
    information: (_, response) => response.writeHead(404).end(),
    frames: [],
    peers: new Set(),
    connections: 0,
    requests: () =>
      relay.frames
        .filter(([verb, subId]) => verb === 'REQ' && subId !== 'ping')
        .map(([, subId, ...filters]) => ({ subId: String(subId), filters: filters.map(parseFilter) })),
    cutAll() {
      for (const { socket } of relay.peers) socket.terminate();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  server.on('connection', (socket) => {
    relay.connections++;
    const peer: Peer = { socket, send: (...frame) => socket.send(JSON.stringify(frame)) };
    relay.peers.add(peer);
    socket.on('close', () => relay.peers.delete(peer));
    socket.on('error', () => socket.terminate());
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as unknown[];
      relay.frames.push(frame);
      if (relay.script(frame, peer) !== true) answerHonestly(relay, frame, peer);
    });
    relay.welcome(peer);
  });
  return relay;
}

/** Stored events newest first, EOSE; OK to everything. */
export function answerHonestly(relay: TestRelay, [verb, name, ...rest]: readonly unknown[], peer: Peer): void {
  if (verb === 'EVENT') {
    const event = name as NostrEvent;
    relay.events.push(event);
    peer.send('OK', event.id, true, '');
  }
  if (verb === 'COUNT') peer.send('COUNT', name, { count: find(relay, rest).length });
  if (verb !== 'REQ') return;
  for (const event of find(relay, rest)) peer.send('EVENT', name, event);
  peer.send('EOSE', name);
}

function find(relay: TestRelay, wires: readonly unknown[]): NostrEvent[] {
  const found = new Set<NostrEvent>();
  for (const filter of wires.map(parseFilter)) {
    const matching = relay.events.filter((event) => matchFilter(filter, event));
    matching.sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
    for (const event of matching.slice(0, filter.limit)) found.add(event);
  }
  return [...found];
}
