import { lookup as lookupHost } from 'node:dns';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from '@nostrata/protocol';
import { type RawData, WebSocket } from 'ws';
import { findAddressFault } from './address.ts';
import {
  type FetchInformation,
  type InformationOptions,
  informationUrl,
  type OpenSocket,
  type RelaySocket,
  type SocketEnd,
} from './socket.ts';

/** The code of the error that a refused address raises. */
const refusedCode = 'ERR_ADDRESS_REFUSED';

/** The platform's look-up of host names. */
export type LookupAll = (
  host: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: readonly { readonly address: string; readonly family: number }[]) => void,
) => void;

/**
 * A look-up for `net.connect` that leaves only public addresses. The socket dials what comes out of this very
 * look-up, so that a name cannot answer differently in between (DNS rebinding).
 */
export function createGuardedLookup(lookupAll: LookupAll): LookupFunction {
  return (host, options, callback) => {
    // RFC 7686: names of hidden services are not for the DNS, which would only learn what is looked for.
    if (host.endsWith('.onion')) return callback(refusal('a hidden service is only reached through Tor'), '', 0);
    lookupAll(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const allowed = addresses.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      if (first === undefined) return callback(refusal(`${host} is at a private or local address`), '', 0);
      if (options.all === true) callback(null, [...allowed]);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(reason: string): NodeJS.ErrnoException {
  return Object.assign(new Error(reason), { code: refusedCode });
}

/** Creates the way to open sockets in Node; tests give a look-up of their own. */
export function createOpenSocket(lookupAll: LookupAll = lookupHost): OpenSocket {
  const guardedLookup = createGuardedLookup(lookupAll);
  return (url, handlers, { allowLocal, messageBytesMax, connectMs }) => {
    let isOver = false;
    const end = (how: SocketEnd): void => {
      if (isOver) return;
      isOver = true;
      handlers.closed(how);
    };
    const fault = allowLocal ? undefined : findAddressFault(url);
    if (fault !== undefined) {
      queueMicrotask(() => end({ reason: fault, isRefused: true }));
      return closedSocket;
    }
    const socket = new WebSocket(url, {
      // A compressed frame of a few bytes may unpack to gigabytes, and strangers decide what comes.
      perMessageDeflate: false,
      maxPayload: messageBytesMax,
      handshakeTimeout: connectMs,
      followRedirects: false,
      ...(allowLocal ? {} : { lookup: guardedLookup }),
    });
    let failure: (Error & { code?: string }) | undefined;
    socket.on('open', () => handlers.opened());
    socket.on('message', (data: RawData, isBinary) => {
      const bytes = data as Buffer;
      handlers.received(isBinary ? '' : bytes.toString('utf8'), bytes.length);
    });
    socket.on('pong', () => handlers.ponged());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', (code, text) => {
      const reason = failure?.message || text.toString('utf8').slice(0, 200) || `closed with code ${code}`;
      end({ reason, isRefused: failure?.code === refusedCode });
    });
    return wrap(socket);
  };
}

function wrap(socket: WebSocket): RelaySocket {
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(),
    terminate: () => socket.terminate(),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    ping: () => socket.ping(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

/** Stands for a socket that was never opened. */
const closedSocket: RelaySocket = {
  send: () => undefined,
  close: () => undefined,
  terminate: () => undefined,
  bufferedBytes: 0,
};

/** Opens sockets with `ws`; addresses are judged where they are resolved. */
export const openSocket: OpenSocket = createOpenSocket();

/** Fetches an information document (NIP-11); the same addresses are refused, and redirects are not followed. */
export const fetchInformation: FetchInformation = createFetchInformation();

/** Creates the way to fetch information documents in Node. */
export function createFetchInformation(lookupAll: LookupAll = lookupHost): FetchInformation {
  const guardedLookup = createGuardedLookup(lookupAll);
  return (relay, options) => {
    const fault = options.allowLocal ? undefined : findAddressFault(relay);
    if (fault !== undefined) return Promise.reject(refusal(fault));
    const url = informationUrl(relay);
    return new Promise((resolve, reject) => {
      const get = url.startsWith('https:') ? getHttps : getHttp;
      const request = get(
        url,
        {
          headers: { accept: 'application/nostr+json' },
          signal: options.signal,
          agent: false,
          ...(options.allowLocal ? {} : { lookup: guardedLookup }),
        },
        (response) => {
          readJson(response, options).then(resolve, (error: unknown) => {
            request.destroy();
            reject(error);
          });
        },
      );
      request.on('error', reject);
    });
  };
}

async function readJson(response: IncomingMessage, { bytesMax }: InformationOptions): Promise<unknown> {
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
