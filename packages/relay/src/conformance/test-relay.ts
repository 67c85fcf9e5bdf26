import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIngest, type Ingest, type Policy } from '@nostrata/ingest';
import { type EventStore, openStore } from '@nostrata/store';
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

/** How a test relay differs from one that nobody has configured. */
export interface TestRelayOptions {
  readonly settings?: RelaySettings | undefined;
  /** Milliseconds; the machine's clock unless told. */
  readonly now?: (() => number) | undefined;
  readonly metrics?: RelayMetrics | undefined;
  readonly policies?: readonly Policy[] | undefined;
  /** Puts something between relay and door: one that answers late. */
  readonly wrapIngest?: ((ingest: Ingest) => Ingest) | undefined;
  /** Messages are compressed where the client can. */
  readonly compression?: boolean | undefined;
  /** Puts something between relay and store: a slow query, a failing one. */
  readonly wrapStore?: ((store: EventStore) => EventStore) | undefined;
}

/** Starts a relay over a memory store and a door of its own. */
export async function createTestRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const { wrapStore = (store) => store, wrapIngest = (ingest) => ingest, now = Date.now, policies = [] } = options;
  const store = await openStore('memory:', { now });
  const ingest = await createIngest({ store, policies, now, verifier: { workers: 1 } });
  return await serve({ ...options, store: wrapStore(store), ingest: wrapIngest(ingest), now });
}

async function serve(
  parts: TestRelayOptions & { readonly store: EventStore; readonly ingest: Ingest; readonly now: () => number },
): Promise<TestRelay> {
  const { store, ingest, settings, now, metrics } = parts;
  const relay = createRelay({ store, ingest, settings, now, metrics });
  const server = createServer();
  const sockets = new WebSocketServer({
    ...relayWebSocketOptions(settings?.limits),
    perMessageDeflate: parts.compression === true,
  });
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
