import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ingest } from '@nostrata/ingest';
import type { EventStore } from '@nostrata/store';
import { connectClient, type TestClient } from '@nostrata/testing';
import { WebSocketServer } from 'ws';
import type { Relay, RelayMetrics, RelaySettings } from '../contract.ts';
import { createRelay } from '../relay.ts';
import { relayWebSocketOptions } from '../web-socket-options.ts';

/** A relay on a free port of this machine, for the tests of this room. */
export interface TestRelay extends AsyncDisposable {
  readonly url: string;
  readonly relay: Relay;
  readonly store: EventStore;
  readonly ingest: Ingest;
  connect(): Promise<TestClient>;
}

/** What a test relay is made of. */
export interface TestRelayParts {
  readonly store: EventStore;
  readonly ingest: Ingest;
  readonly settings?: RelaySettings | undefined;
  readonly now: () => number;
  readonly metrics?: RelayMetrics | undefined;
}

/** Starts a WebSocket server whose sockets go to a relay made of these parts. */
export async function serveTestRelay(parts: TestRelayParts): Promise<TestRelay> {
  const { store, ingest } = parts;
  const relay = createRelay(parts);
  const server = createServer();
  const sockets = new WebSocketServer(relayWebSocketOptions(parts.settings?.limits));
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const url = `ws://${request.headers.host ?? ''}${request.url ?? '/'}`;
      relay.accept(webSocket, { ip: request.socket.remoteAddress ?? '', url });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const stop = async () => {
    await relay.stop();
    server.close();
    server.closeAllConnections();
    await ingest.stop();
    await store.stop();
  };
  return { url, relay, store, ingest, connect: () => connectClient(url), [Symbol.asyncDispose]: stop };
}
