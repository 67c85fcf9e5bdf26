import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Outgoing, OutgoingError } from '@nostrata/http';

/** A delivery as it reached the receiver. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A server of somebody who has a webhook, on loopback: what it answers depends on the path. */
export async function startReceiver() {
  const received: Received[] = [];
  const answers = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const path = request.url ?? '';
    received.push({ path, headers: request.headers, body });
    if (path === '/hang') return;
    if (path === '/huge') {
      response.end('x'.repeat(1_000_000));
      return;
    }
    if (path === '/redirect') response.setHeader('Location', '/ok');
    response.statusCode = answers.get(path) ?? (path === '/redirect' ? 302 : 200);
    response.end('thank you');
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    /** Statuses by path; 200 unless set. */
    answers,
    outgoing: createOutgoing(port),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What asks only this receiver, and bounds and refuses as the contract says; who hangs has a tenth of a second. */
function createOutgoing(port: number): Outgoing {
  return (url, { method = 'GET', headers = {}, body = '', bytesMax = 65_536 } = {}) =>
    new Promise((resolve, reject) => {
      const { pathname, hostname } = new URL(url);
      const fail = (fault: OutgoingError['fault']): void => reject(new OutgoingError(fault, `it is ${fault}`));
      if (hostname.endsWith('.internal')) return fail('refused');
      const request = httpRequest({ host: '127.0.0.1', port, path: pathname, method, headers }, async (response) => {
        const status = response.statusCode ?? 0;
        let bytes = 0;
        for await (const part of response) {
          bytes += (part as Buffer).byteLength;
          if (bytes > bytesMax) {
            response.destroy();
            return fail('too-large');
          }
        }
        if (status >= 300 && status < 400) return fail('redirect');
        resolve({ status, headers: {}, body: new Uint8Array(0) });
      });
      // Who answers at all does so within seconds, however busy the machine is.
      request.setTimeout(pathname === '/hang' ? 100 : 5_000, () => {
        request.destroy();
        fail('timeout');
      });
      request.once('error', () => fail('unreachable'));
      request.end(body);
    });
}
