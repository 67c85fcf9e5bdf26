import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { HttpApi } from '@nostrata/http';

/** The API behind a port of this machine. */
export interface TestHttp extends AsyncDisposable {
  readonly origin: string;
}

/** Serves the API by HTTP, as a listener does that knows nothing of it. */
export async function serveApi(api: HttpApi): Promise<TestHttp> {
  const server = createServer((incoming, outgoing) => {
    void answer(api, incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(api: HttpApi, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method ?? 'GET',
    headers,
  });
  const response = await api.fetch(request, { origin: { ip: '127.0.0.1', isSecure: false, host: '127.0.0.1' } });
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) return void outgoing.end();
  // A client that leaves is no fault of the test: the stream is cancelled, which is what the API must notice.
  await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing).catch(() => outgoing.destroy());
}
