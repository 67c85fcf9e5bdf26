import { lookup as lookupHost } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { classifyRelayUrl, isPublicAddress } from '@nostrata/protocol';
import type { Clock } from './contract.ts';
import { outgoingAddressesMax, outgoingBytesUsual, outgoingHeaderBytesMax, outgoingMsUsual } from './limits.ts';
import { createLookup, type Lookup } from './lookup.ts';
import { type Outgoing, OutgoingError, type OutgoingReply, type OutgoingRequest } from './outgoing.ts';
import { toOutgoingError } from './outgoing-errors.ts';
import { readReply } from './outgoing-reply.ts';

/** What the way out is guarded by. */
export interface OutgoingOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Name servers of the machine unless told; where private addresses are allowed, its file of hosts too. */
  readonly lookup?: Lookup | undefined;
  /** Ports besides 443. */
  readonly allowedPorts?: readonly number[] | undefined;
  /** For tests and closed networks alone: any host, address and port, without TLS too. */
  readonly allowPrivate?: boolean | undefined;
  /** What counts as an address of the public Internet: `isPublicAddress` unless told. */
  readonly isPublic?: ((address: string) => boolean) | undefined;
  /** Certificates (PEM) that are trusted instead of those of the machine. */
  readonly certificates?: string | undefined;
}

/** Creates the guarded way to servers whose address somebody else chose. Connections are not kept. */
export function createOutgoing(options: OutgoingOptions): Outgoing {
  return async (url, request = {}) => {
    const target = readTarget(url, options);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const aborting = new AbortController();
    const timeoutMs = request.timeoutMs ?? outgoingMsUsual;
    const cancel = options.clock.after(timeoutMs, () => {
      reject(new OutgoingError('timeout', `${target.hostname} did not answer within ${timeoutMs} ms`));
      aborting.abort();
    });
    try {
      return await Promise.race([late, ask({ target, request, options, signal: aborting.signal })]);
    } finally {
      cancel();
    }
  };
}

interface Asking {
  readonly target: URL;
  readonly request: OutgoingRequest;
  readonly options: OutgoingOptions;
  readonly signal: AbortSignal;
}

async function ask(asking: Asking): Promise<OutgoingReply> {
  try {
    return await send(asking, await findAddresses(asking));
  } catch (error) {
    throw toOutgoingError(error, asking.target.hostname);
  }
}

/** @throws OutgoingError `refused` */
function readTarget(text: string, { allowPrivate = false, allowedPorts = [] }: OutgoingOptions): URL {
  const target = URL.parse(text);
  if (target === null) throw refused('this is no URL');
  const { protocol, hostname, port, username, password } = target;
  if (protocol !== 'https:' && !(allowPrivate && protocol === 'http:')) throw refused('only https is asked');
  if (username !== '' || password !== '') throw refused('a URL with a user name is not asked');
  if (allowPrivate) return target;
  // The parser has already read every spelling of an address: decimal, octal, hexadecimal, shortened.
  if (isIP(hostname) !== 0 || hostname.startsWith('[')) throw refused('an address in place of a name is not asked');
  const { isLocal, isOnion } = classifyRelayUrl(`wss://${hostname.replace(/\.+$/, '')}`);
  if (isLocal || isOnion) throw refused(`${hostname} is no name of the public Internet`);
  const number = port === '' ? 443 : Number(port);
  if (number !== 443 && !allowedPorts.includes(number)) throw refused(`port ${number} is not asked`);
  return target;
}

function refused(why: string): OutgoingError {
  return new OutgoingError('refused', why);
}

/** Looks a host up once; one address that is not public among others refuses them all. */
async function findAddresses({ target, options }: Asking): Promise<Awaited<ReturnType<Lookup>>> {
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return [{ address: host, family: isIP(host) }];
  const usual = options.allowPrivate === true ? (name: string) => lookupHost(name, { all: true }) : createLookup();
  const { lookup = usual, isPublic = isPublicAddress } = options;
  const addresses = await lookup(host);
  if (addresses.length === 0) throw new OutgoingError('unknown-host', `${host} has no address`);
  if (options.allowPrivate !== true && !addresses.every(({ address }) => isPublic(address))) {
    throw refused(`${host} is at a private or local address`);
  }
  return addresses.slice(0, outgoingAddressesMax);
}

/** Connects to just the addresses that were judged: nothing is looked up again, so that a name cannot change its mind. */
function send(asking: Asking, addresses: Awaited<ReturnType<Lookup>>): Promise<OutgoingReply> {
  const { target, request, options, signal } = asking;
  const lookup: LookupFunction = (_host, asked, callback) => {
    const [first] = addresses;
    if (asked.all === true || first === undefined) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
  const { promise, resolve, reject } = Promise.withResolvers<OutgoingReply>();
  const begin = target.protocol === 'http:' ? requestHttp : requestHttps;
  const outgoing = begin(target, {
    agent: false,
    ca: options.certificates,
    headers: headersOf(request),
    insecureHTTPParser: false,
    lookup,
    maxHeaderSize: outgoingHeaderBytesMax,
    method: request.method ?? 'GET',
    signal,
  });
  outgoing.on('error', reject);
  outgoing.on('response', (incoming) => {
    const bytesMax = request.bytesMax ?? outgoingBytesUsual;
    readReply(incoming, bytesMax)
      .then(resolve, reject)
      .finally(() => outgoing.destroy());
  });
  outgoing.end(request.body);
  return promise;
}

function headersOf({ headers, body }: OutgoingRequest): Record<string, string> {
  const own = { accept: '*/*', 'user-agent': 'nostrata' };
  const given = Object.entries(headers ?? {}).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  // What is sent is never more than what arrives, and the name that was judged is the one that is asked.
  const fixed = { 'accept-encoding': 'identity', connection: 'close', ...length };
  return { ...own, ...Object.fromEntries(given.filter(([name]) => name !== 'host')), ...fixed };
}
