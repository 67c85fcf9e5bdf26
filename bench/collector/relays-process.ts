import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serializeEvent } from '@nostrata/protocol';
import { generateEvents } from '@nostrata/testing';
import { type WebSocket, WebSocketServer } from 'ws';

/**
 * A process of relays that have nothing stored and send events live, each by several of them:
 * `relays-process.ts EVENTS RELAYS COPIES EVENTS-A-SECOND`. Sends once something is written to its standard input.
 */
const [eventCount = 0, relayCount = 0, copies = 0, rate = 0] = process.argv.slice(2).map(Number);

interface Outlet {
  readonly socket: WebSocket;
  readonly subId: string;
}

await serve(await generate());

async function generate(): Promise<readonly string[]> {
  const startSeconds = Math.floor(Date.now() / 1_000) - 13 * eventCount - 10_000;
  const texts: string[] = [];
  for await (const event of generateEvents({ seed: 'collector', events: eventCount, startSeconds })) {
    texts.push(serializeEvent(event));
  }
  return texts;
}

async function serve(texts: readonly string[]): Promise<void> {
  const outlets = new Map<number, Outlet>();
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket, request) => {
    const relay = Number(/\d+/.exec(request.url ?? '')?.[0]);
    socket.on('message', (message) => {
      const [verb, subId] = JSON.parse(message.toString()) as [string, string];
      if (verb !== 'REQ') return;
      socket.send(JSON.stringify(['EOSE', subId]));
      outlets.set(relay, { socket, subId });
      if (outlets.size === relayCount) console.log('all asked');
    });
  });
  server.listen(0, '127.0.0.1', () => {
    console.log(`port ${(server.address() as AddressInfo).port} of ${texts.length} events`);
  });
  process.stdin.once('data', () => void send(texts, outlets));
}

/** Each event by its relays; not faster than so many a second, nor than they are read. */
async function send(texts: readonly string[], outlets: ReadonlyMap<number, Outlet>): Promise<void> {
  const started = performance.now();
  const isBehind = (): boolean => [...outlets.values()].some(({ socket }) => socket.bufferedAmount > 262_144);
  for (const [index, text] of texts.entries()) {
    for (let copy = 0; copy < copies; copy++) {
      const outlet = outlets.get((index * 7 + copy * Math.floor(relayCount / copies)) % relayCount);
      outlet?.socket.send(`["EVENT","${outlet.subId}",${text}]`);
    }
    if (index % 20 > 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    while ((index / rate) * 1_000 > performance.now() - started || isBehind()) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  console.log('sent');
}
