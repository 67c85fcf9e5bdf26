import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { HttpApi } from './api.ts';

/** The API behind a port of this machine. */
export interface TestHttp extends AsyncDisposable {
  readonly port: number;
}

/** Serves the API by HTTP, with the bodies as they come from the socket. */
export async function serveApi(api: HttpApi): Promise<TestHttp> {
  const server = createServer((incoming, outgoing) => void answer(api, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(api: HttpApi, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = 'GET', headers, url } = incoming;
  const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
  const init = {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(hasBody
      ? { body: Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>, duplex: 'half' as const }
      : {}),
  };
  const origin = { ip: '127.0.0.1', isSecure: false, host: headers.host ?? '' };
  const response = await api.fetch(new Request(`http://${headers.host}${url}`, init), { origin });
  if (outgoing.destroyed) return;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(new Uint8Array(await response.arrayBuffer()));
}
