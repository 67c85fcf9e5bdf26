/**
 * Runs `@nostr-relay/core` with its SQLite repository as its documentation shows, for the benchmark to measure:
 * `node server.ts DATABASE EVENTS.jsonl COUNT` stores COUNT events first (unverified and without sync, to save time),
 * then listens on a free port of the loopback address and prints it.
 */
import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

interface PeerSocket {
  on(event: 'message', listener: (data: Buffer) => void): void;
  on(event: 'close' | 'error', listener: () => void): void;
}
interface PeerServer {
  on(event: 'connection', listener: (socket: PeerSocket, request: IncomingMessage) => void): void;
  on(event: 'listening', listener: () => void): void;
  address(): { port: number };
}
interface PeerRepository {
  init(): Promise<void>;
  upsert(event: unknown): Promise<unknown>;
  getDatabase(): { pragma(text: string): void; exec(text: string): void };
}
interface PeerRelay {
  handleConnection(socket: PeerSocket): void;
  handleDisconnect(socket: PeerSocket): void;
  handleMessage(socket: PeerSocket, message: unknown): Promise<unknown>;
}

// The specifiers are computed so that the type check does not need the peer, which is installed only to be measured.
const peer = async <T>(name: string): Promise<T> => (await import(name)) as T;
const { NostrRelay } = await peer<{ NostrRelay: new (repository: PeerRepository) => PeerRelay }>('@nostr-relay/core');
const { EventRepositorySqlite } = await peer<{ EventRepositorySqlite: new (file: string) => PeerRepository }>(
  '@nostr-relay/event-repository-sqlite',
);
const { Validator } = await peer<{ Validator: new () => { validateIncomingMessage(data: Buffer): Promise<unknown> } }>(
  '@nostr-relay/validator',
);
const { WebSocketServer } = await peer<{ WebSocketServer: new (options: object) => PeerServer }>('ws');

const [database = ':memory:', events = '', count = '0'] = process.argv.slice(2);
const repository = new EventRepositorySqlite(database);
await repository.init();
await seed(repository, events, Number(count));
listen(new NostrRelay(repository));

async function seed(target: PeerRepository, file: string, events: number): Promise<void> {
  target.getDatabase().pragma('synchronous = OFF');
  let stored = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (stored === events) break;
    await target.upsert(JSON.parse(line));
    stored += 1;
  }
  target.getDatabase().pragma('synchronous = FULL');
}

function listen(relay: PeerRelay): void {
  const validator = new Validator();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('listening', () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
  server.on('connection', (socket) => {
    relay.handleConnection(socket);
    socket.on('message', (data) => {
      validator
        .validateIncomingMessage(data)
        .then((message) => relay.handleMessage(socket, message))
        .catch((error: unknown) => console.error(error));
    });
    socket.on('close', () => relay.handleDisconnect(socket));
    socket.on('error', () => relay.handleDisconnect(socket));
  });
}
