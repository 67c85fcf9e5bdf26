import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Filter, NostrEvent } from '@nostrata/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { seededRandom } from '../random.ts';
import { createEventList } from './event-list.ts';
import { noFaults, type RelayFaults } from './faults.ts';
import type { Flight } from './flight.ts';
import { emptyLedger, type RelayLedger } from './ledger.ts';
import { createNoise } from './noise.ts';
import { createSession, type RelayParts, type Session } from './session.ts';

/** A relay on loopback that does what it is told, right or wrong, and writes down what it is asked. */
export interface TestRelay {
  /** `relay 0`, `relay 1` … */
  readonly name: string;
  /** `ws://127.0.0.1:port`; stays the same over `stop` and `start`. */
  readonly url: string;
  readonly isRunning: boolean;
  readonly faults: RelayFaults;
  /** Changes some faults; the others stay. */
  set(faults: Partial<RelayFaults>): void;
  /** Takes every fault back. */
  heal(): void;
  /** Puts events in without checking them and without telling subscriptions. */
  put(...events: readonly NostrEvent[]): void;
  /** Puts an event in and sends it to the subscriptions that it matches. */
  announce(event: NostrEvent): void;
  /** What the relay has, whatever its faults show: visible events that a filter (parsed form) finds, or all. */
  events(...filters: readonly Filter[]): NostrEvent[];
  /** Says whether the relay ever took the event. */
  has(id: string): boolean;
  /** What went in and out since the last `resetLedger`. */
  readonly ledger: RelayLedger;
  resetLedger(): void;
  /** Cuts every TCP connection, as a crash would; new ones are welcome. */
  cut(): void;
  /** Cuts everything and refuses connections (ECONNREFUSED); the events stay. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
}

/** A test relay as its network sees it. */
export interface NetworkRelay extends TestRelay {
  /** Goes to every client and back. */
  roundTrip(): Promise<void>;
}

/** What the network gives to each of its relays. */
export interface RelayOptions {
  readonly name: string;
  readonly seed: string;
  readonly flight: Flight;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Creates a relay that does not listen yet. */
export function createRelay({ name, seed, flight, now }: RelayOptions): NetworkRelay {
  let faults = noFaults;
  let ledger = emptyLedger();
  let port = 0;
  const random = seededRandom(seed);
  const list = createEventList(() => Math.floor(now() / 1_000));
  const noise = createNoise(seededRandom(`${seed} noise`), () => Math.floor(now() / 1_000));
  const sessions = new Set<Session>();
  const url = (): string => `ws://127.0.0.1:${port}`;
  const announce = (event: NostrEvent): void => {
    for (const session of sessions) session.offer(event);
  };
  const holds = (event: NostrEvent): boolean =>
    faults.holdShare >= 1 || seededRandom(`${seed} ${event.id}`).next() < faults.holdShare;
  const parts: RelayParts = {
    url,
    faults: () => faults,
    ledger: () => ledger,
    ...{ flight, list, noise, random, now, announce, holds },
  };
  const serve = (socket: WebSocket): void => {
    ledger.connections++;
    ledger.openConnections++;
    const session = createSession(socket, ledger.connections, parts);
    sessions.add(session);
    socket.on('close', () => {
      sessions.delete(session);
      ledger.openConnections--;
    });
    if (faults.halfOpen) session.refreshReading();
    if (faults.closeAtOnce) socket.close(1013, 'not now');
  };
  const front = createFront({ parts, serve });
  const set = (changed: Partial<RelayFaults>): void => {
    faults = { ...faults, ...changed };
    for (const session of sessions) session.refreshReading();
  };
  return {
    name,
    get url() {
      return url();
    },
    get isRunning() {
      return front.isListening;
    },
    get faults() {
      return faults;
    },
    set,
    heal: () => set(noFaults),
    put(...events) {
      for (const event of events) list.add(event);
    },
    announce(event) {
      list.add(event);
      announce(event);
    },
    events: (...filters) => list.query(filters.length > 0 ? filters : [{}]),
    has: list.has,
    get ledger() {
      return ledger;
    },
    resetLedger() {
      ledger = emptyLedger(ledger.openConnections);
    },
    cut: () => front.cut(),
    stop: () => front.stop(),
    async start() {
      port = await front.start(port);
    },
    async roundTrip() {
      await Promise.all([...sessions].map((session) => session.roundTrip()));
    },
  };
}

/** The HTTP side of a relay: upgrades, the information document, and the end of both. */
function createFront({ parts, serve }: { parts: RelayParts; serve(socket: WebSocket): void }) {
  const { faults, ledger, flight } = parts;
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const sockets = new Set<Socket>();
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const end = flight.begin();
    try {
      const { refuseStatus, latencyMs } = faults();
      if (refuseStatus === 0) return void socket.destroy();
      if (refuseStatus !== undefined)
        return void socket.end(`HTTP/1.1 ${refuseStatus} No\r\nConnection: close\r\n\r\n`);
      const delayMs = typeof latencyMs === 'number' ? latencyMs : latencyMs[0];
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      webSockets.handleUpgrade(request, socket, head, serve);
    } finally {
      end();
    }
  };
  const document = (request: IncomingMessage, response: ServerResponse): void => {
    flight.note();
    const { information } = faults();
    const isWanted = request.headers.accept?.includes('application/nostr+json') === true;
    if (information === null || !isWanted) return void response.writeHead(404).end('no such page');
    ledger().documents++;
    const body = JSON.stringify({ ...describe(parts), ...information });
    response.writeHead(200, { 'content-type': 'application/nostr+json', 'access-control-allow-origin': '*' }).end(body);
  };
  const server = createServer(document);
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A socket that a client or a fault has cut reports it; its close is handled above.
    socket.on('error', () => flight.note());
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    get isListening() {
      return server.listening;
    },
    cut,
    async start(port: number): Promise<number> {
      if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
      return (server.address() as AddressInfo).port;
    },
    async stop(): Promise<void> {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

/** What an honest relay with these faults would say of itself. */
function describe({ faults }: RelayParts) {
  const { limitMax, subscriptionsMax, authToRead, negentropy } = faults();
  return {
    name: 'test relay',
    software: 'nostrata testing',
    supported_nips: [1, 9, 11, 40, 42, 45, ...(negentropy === 'off' ? [] : [77])],
    limitation: {
      ...(Number.isFinite(limitMax) ? { max_limit: limitMax } : {}),
      ...(Number.isFinite(subscriptionsMax) ? { max_subscriptions: subscriptionsMax } : {}),
      auth_required: authToRead,
    },
  };
}
