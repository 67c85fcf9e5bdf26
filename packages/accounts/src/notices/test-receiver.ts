import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutgoing, type Outgoing } from '@nostrata/http';

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
    outgoing: createReceiverOutgoing(port),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * The guarded way out as it is, with this receiver behind every host; `.internal` hosts are looked up and found in private
 * networks. Who hangs has a tenth of a second.
 */
function createReceiverOutgoing(port: number): Outgoing {
  const clock = {
    after(milliseconds: number, callback: () => void): () => void {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
  const open = createOutgoing({ clock, allowPrivate: true });
  const addresses: Record<string, string> = {
    'loopback.internal': '127.0.0.1',
    'metadata.internal': '169.254.169.254',
    'lan.internal': '10.0.0.7',
  };
  const lookup = async (host: string) => [{ address: addresses[host] ?? 'fd00::1', family: 4 }];
  const guarded = createOutgoing({ clock, lookup });
  return async (url, request = {}) => {
    const { hostname, pathname } = new URL(url);
    if (hostname.endsWith('.internal')) return await guarded(url, request);
    const timeoutMs = pathname === '/hang' ? 100 : request.timeoutMs;
    return await open(`http://127.0.0.1:${port}${pathname}`, { ...request, timeoutMs });
  };
}
