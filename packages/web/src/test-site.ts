import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { extname, join } from 'node:path';
import { webPolicy } from './policy.ts';
import type { AccountsFixture } from './test-accounts.ts';
import { fixtureNow } from './test-fixtures.ts';
import { liveFiguresOf } from './test-fixtures-series.ts';
import { answerFixture, type Scene } from './test-scenes.ts';

/** A loopback server as the page finds it in life: the files, the API, live figures and a relay behind one address. */
export interface TestWebSite extends AsyncDisposable {
  readonly origin: string;
  /** What the API answers from now on. */
  show(scene: Scene): void;
  /** Sends live figures of one more second to everybody who listens. */
  tick(): void;
  /** Paths of the API that were asked for, live figures among them. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Serves a built page with fixtures; `relayPort` is the relay that WebSockets are passed on to. */
export async function startTestSite(options: {
  folder: string;
  relayPort?: number | undefined;
  relays?: number;
  /** People and money; without it the server has no accounts and no web of trust. */
  accounts?: AccountsFixture | undefined;
}): Promise<TestWebSite> {
  let scene: Scene = 'usual';
  const listeners = new Set<ServerResponse>();
  const asked: string[] = [];
  let seconds = 0;
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/api/')) asked.push(`${url.pathname}${url.search}`);
    if (url.pathname === '/api/v1/stats/live') return openStream(response);
    if (url.pathname.startsWith('/api/')) {
      return await answerApi(request, response, url);
    }
    const labels = options.accounts === undefined ? '' : ' data-accounts data-trust';
    await answerFile({ folder: options.folder, labels }, url.pathname, response);
  };
  const openStream = (response: ServerResponse): void => {
    if (scene === 'offline') return void response.destroy();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (const figures of scene === 'empty' ? [] : liveFiguresOf(fixtureNow, 150))
      response.write(`data: ${JSON.stringify(figures)}\n\n`);
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
  };
  const answerApi = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const accounts = url.pathname.startsWith('/api/v1/stats/') ? undefined : options.accounts;
    const { method = 'GET', headers } = request;
    const { status, body, cut } =
      accounts !== undefined && scene !== 'offline'
        ? accounts.answer({ method, url, headers, body: await readBody(request) }, scene)
        : answerFixture(scene, url, options.relays ?? 300);
    if (cut === true) return void response.destroy();
    // Never: the page shows that it waits.
    if (scene === 'loading' && url.pathname !== '/api/v1/auth/me') return;
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  const tunnels = new Set<Socket>();
  if (options.relayPort !== undefined) passUpgradesTo(server, options.relayPort, tunnels);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    for (const socket of tunnels) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    show: (next) => {
      scene = next;
    },
    tick: () => {
      seconds += 1;
      const [figures] = liveFiguresOf(fixtureNow + seconds * 1000, 1);
      for (const listener of listeners) listener.write(`data: ${JSON.stringify(figures)}\n\n`);
    },
    asked,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>);
}

async function answerFile(
  { folder, labels }: { folder: string; labels: string },
  path: string,
  response: ServerResponse,
): Promise<void> {
  const isAsset = path.startsWith('/assets/');
  const name = isAsset ? path : '/index.html';
  try {
    const bytes = await readFile(join(folder, name));
    response.writeHead(200, {
      'content-type': types[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': webPolicy,
    });
    response.end(isAsset ? bytes : bytes.toString().replace('<html', `<html${labels}`));
  } catch {
    response.writeHead(404);
    response.end();
  }
}

/** WebSockets go to a relay on this machine, byte by byte. */
function passUpgradesTo(server: Server, port: number, tunnels: Set<Socket>): void {
  server.on('upgrade', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const relay = connect(port, '127.0.0.1', () => {
      const lines = request.rawHeaders.reduce(
        (text, part, index) => text + part + (index % 2 === 0 ? ': ' : '\r\n'),
        '',
      );
      relay.write(`GET / HTTP/1.1\r\n${lines}\r\n`);
      relay.write(head);
      relay.pipe(client).pipe(relay);
    });
    for (const [socket, other] of [
      [relay, client],
      [client, relay],
    ] as const) {
      tunnels.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        tunnels.delete(socket);
        other.destroy();
      });
    }
  });
}
