import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { type DialOptions, type DialTarget, dial, withDeadline } from './dial.ts';

/** An information document (NIP-11) and how long it took, from the dialling on. */
export interface FetchedInformation {
  readonly information: unknown;
  readonly ms: number;
}

/**
 * Fetches the information document over a connection of its own to the address that was judged. Redirects are not
 * followed: they would lead to an address that was not.
 * @throws PhaseError
 */
export async function fetchInformation(
  url: string,
  target: DialTarget,
  options: DialOptions & { readonly bytesMax: number },
): Promise<FetchedInformation> {
  const begin = options.monotonicMs();
  const socket = await dial(target, options);
  try {
    const work = (): Promise<unknown> => requestDocument(url, { socket, bytesMax: options.bytesMax });
    const information = await withDeadline('information', { clock: options.clock, ms: options.phaseMs }, work);
    return { information, ms: options.monotonicMs() - begin };
  } finally {
    socket.destroy();
  }
}

function requestDocument(
  url: string,
  { socket, bytesMax }: { readonly socket: Socket; readonly bytesMax: number },
): Promise<unknown> {
  const { host, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    // The socket is open and secured already: what is spoken over it is HTTP either way.
    const asked = request({
      createConnection: () => socket,
      path: `${pathname}${search}`,
      headers: { host, accept: 'application/nostr+json', connection: 'close' },
    });
    asked.on('error', reject);
    asked.on('response', (response) => readJson(response, bytesMax).then(resolve, reject));
    asked.end();
  });
}

async function readJson(response: IncomingMessage, bytesMax: number): Promise<unknown> {
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new Error('not JSON', { cause: error });
  }
}
