import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a server does wrong: `hang` never answers; `cut` ends the connection instead of doing anything; `lost` does what
 * it was asked and cuts the connection instead of answering; `cut-body` in the middle of its answer; `html` is the page
 * of a proxy that has lost its server; `redirect` sends elsewhere; `huge` does not end; `garbage` is no JSON.
 */
export type ServerFault =
  | 'hang'
  | 'cut'
  | 'lost'
  | 'cut-body'
  | 'html'
  | 'redirect'
  | 'huge'
  | 'garbage'
  | { readonly status: number; readonly body: string; readonly type?: string | undefined };

/** A request as it came. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a server answers. */
export interface ServerReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What every server of payments has for tests. */
export interface PaymentServer extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Goes wrong from now on, where the method and path (`POST /api/v1/payments`) match; undefined: all is well again. */
  fail(fault: ServerFault | undefined, where?: RegExp): void;
  stop(): Promise<void>;
}

/** A server of payments with the ends that its own protocol needs. */
export interface PaymentServerParts extends PaymentServer {
  /** Hands over upgrades of connections to WebSockets. */
  readonly server: ReturnType<typeof createServer>;
}

/** Starts a server on loopback that answers by a function and goes wrong where it is told. */
export async function startPaymentServer(
  answer: (request: SeenRequest, url: URL) => ServerReply | Promise<ServerReply>,
): Promise<PaymentServerParts> {
  const requests: SeenRequest[] = [];
  let fault: { readonly what: ServerFault; readonly where: RegExp } | undefined;
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming);
    requests.push(request);
    const wrong = fault?.where.test(`${request.method} ${request.target}`) ? fault.what : undefined;
    if (wrong === 'hang') return;
    if (wrong === 'cut') return void incoming.socket.destroy();
    if (wrong !== undefined && wrong !== 'lost' && wrong !== 'cut-body') return sendWrong(response, wrong);
    const reply = await answer(request, new URL(request.target, 'http://server.invalid'));
    if (wrong === 'lost') return void incoming.socket.destroy();
    const body = Buffer.from(JSON.stringify(reply.body));
    response.writeHead(reply.status, {
      'content-type': 'application/json',
      'content-length': body.byteLength,
      ...reply.headers,
    });
    if (wrong !== 'cut-body') return void response.end(body);
    response.write(body.subarray(0, body.byteLength >> 1), () => incoming.socket.destroy());
  };
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`the test server failed: ${String(error)}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    server,
    fail(what, where = /^/) {
      fault = what === undefined ? undefined : { what, where };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Something posted to whoever listens to a server, as it went out. */
export interface TestDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends deliveries one after the other and knows when they are over. */
export interface DeliveryPost {
  /** Posts it and resolves with the status, or undefined where nobody answered. */
  send(url: string, delivery: TestDelivery): Promise<number | undefined>;
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
}

/** Creates it. */
export function createDeliveryPost(): DeliveryPost {
  const underWay = new Set<Promise<unknown>>();
  return {
    send(url, { headers, body }) {
      const sending = fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(5_000) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.status;
        },
        // A receiver that is not there is part of what is tested.
        () => undefined,
      );
      underWay.add(sending);
      return sending.finally(() => underWay.delete(sending));
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return {
    method: incoming.method ?? 'GET',
    target: incoming.url ?? '/',
    headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function sendWrong(response: ServerResponse, wrong: Exclude<ServerFault, 'hang' | 'cut' | 'lost' | 'cut-body'>): void {
  if (wrong === 'html') {
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>');
  } else if (wrong === 'redirect') {
    response.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' });
    response.end();
  } else if (wrong === 'garbage') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"id": "cut off he');
  } else if (wrong === 'huge') {
    response.writeHead(200, { 'content-type': 'application/json' });
    const page = Buffer.alloc(65_536, ' ');
    const more = (): void => {
      if (!response.destroyed) response.write(page, () => setImmediate(more));
    };
    more();
  } else {
    response.writeHead(wrong.status, { 'content-type': wrong.type ?? 'application/json' });
    response.end(wrong.body);
  }
}
