import { lookup, Resolver } from 'node:dns/promises';
import { connect, isIP, isIPv4, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { findAddressFault } from '@nostrata/network';
import { isPublicAddress } from '@nostrata/protocol';
import type { Clock } from '../contract.ts';

/** A phase of a probe did not come to its end; the message says which and why. */
export class PhaseError extends Error {
  override readonly name = 'PhaseError';
}

/** How the platform resolves a name: all its addresses. */
export type LookupHost = (host: string) => Promise<readonly { readonly address: string }[]>;

/** What dialling needs. */
export interface DialOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Monotonic, in milliseconds with fractions. */
  readonly monotonicMs: () => number;
  readonly allowLocal: boolean;
  readonly dnsMs: number;
  readonly phaseMs: number;
  readonly lookupHost?: LookupHost | undefined;
  /** Servers that names are asked of instead of the platform's, as `address:port`. */
  readonly nameServers?: readonly string[] | undefined;
  /** Certificates that are trusted instead of the platform's. */
  readonly certificates?: readonly string[] | undefined;
}

/** Where a relay is dialled: addresses that were judged, and no others. */
export interface DialTarget {
  readonly host: string;
  /** In the order in which they are tried. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly isSecure: boolean;
}

/** A resolved relay, and how long its name took; undefined where there was no name to look up. */
export interface Resolved {
  readonly target: DialTarget;
  readonly dnsMs: number | undefined;
}

/**
 * Finds the address of a relay. A name that has only private or local addresses is refused here, and what was judged is
 * what is dialled, so that a name cannot answer differently in between (DNS rebinding).
 * @throws PhaseError
 */
export async function resolveRelay(url: string, options: DialOptions): Promise<Resolved> {
  const fault = options.allowLocal ? undefined : findAddressFault(url);
  if (fault !== undefined) throw new PhaseError(`refused: ${fault}`);
  const parsed = new URL(url);
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  // RFC 7686: names of hidden services are not for the DNS.
  if (host.endsWith('.onion')) throw new PhaseError('refused: a hidden service');
  const isSecure = parsed.protocol === 'wss:';
  const port = parsed.port === '' ? (isSecure ? 443 : 80) : Number(parsed.port);
  if (isIP(host) !== 0) return { target: { host, addresses: [host], port, isSecure }, dnsMs: undefined };
  const lookupHost = options.lookupHost ?? createLookup(options);
  const begin = options.monotonicMs();
  const addresses = await withDeadline('dns', { clock: options.clock, ms: options.dnsMs }, () => lookupHost(host));
  const dnsMs = options.monotonicMs() - begin;
  const allowed = addresses
    .map(({ address }) => address)
    .filter((address) => options.allowLocal || isPublicAddress(address));
  if (allowed.length > 0) return { target: { host, addresses: toOrder(allowed), port, isSecure }, dnsMs };
  throw new PhaseError(
    addresses.length === 0 ? 'dns: no address' : 'refused: the name is at a private or local address',
  );
}

/** Addresses that are tried at most: clients try as many before they give up. */
const addressesMax = 3;

/** IPv4 first: a monitor that has no IPv6 would call half of the relays dead. */
function toOrder(addresses: readonly string[]): readonly string[] {
  const [four, six] = [addresses.filter(isIPv4), addresses.filter((address) => !isIPv4(address))];
  return [...four.slice(0, addressesMax - Math.min(1, six.length)), ...six].slice(0, addressesMax);
}

/**
 * The platform's own look-up keeps one of its few threads busy for as long as a dead name server is silent, and others
 * then wait for theirs, so that names are asked for directly. It is used where hosts of this machine are relays too.
 */
function createLookup({ allowLocal, dnsMs, nameServers }: DialOptions): LookupHost {
  if (allowLocal && nameServers === undefined) return (host) => lookup(host, { all: true });
  return async (host) => {
    const resolver = new Resolver({ timeout: dnsMs, tries: 1 });
    if (nameServers !== undefined) resolver.setServers(nameServers);
    const six = resolver.resolve6(host);
    // Its fault is told where it is waited for.
    six.catch(() => undefined);
    const addresses = await resolver.resolve4(host).catch(() => six);
    return addresses.map((address) => ({ address }));
  };
}

/** Opens TCP and, where the relay is secure, TLS; how long each took is noted when it is known. @throws PhaseError */
export async function dial(
  target: DialTarget,
  options: DialOptions,
  note: (phase: 'tcp' | 'tls', milliseconds: number) => void = () => undefined,
): Promise<Socket> {
  const { clock, monotonicMs, phaseMs } = options;
  const { socket, tookMs } = await connectTo(target, options);
  note('tcp', tookMs);
  if (!target.isSecure) return socket;
  try {
    const connectedMs = monotonicMs();
    const secured = connectTls({
      socket,
      // A server name must not be an address (RFC 6066); the certificate is compared with the host either way.
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
      host: target.host,
      ...(options.certificates === undefined ? {} : { ca: [...options.certificates] }),
    });
    secured.on('error', () => undefined);
    await withDeadline('tls', { clock, ms: phaseMs }, () => untilEvent(secured, 'secureConnect'));
    note('tls', monotonicMs() - connectedMs);
    return secured;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The first address that answers, and how long that one took; all of them together have one deadline. */
async function connectTo(
  { addresses, port }: DialTarget,
  { clock, monotonicMs, phaseMs }: DialOptions,
): Promise<{ readonly socket: Socket; readonly tookMs: number }> {
  let failure: unknown;
  for (const address of addresses) {
    const begin = monotonicMs();
    const socket = connect({ host: address, port, noDelay: true });
    // Between two phases nobody else listens; what is said then is said again by the next phase.
    socket.on('error', () => undefined);
    try {
      const ms = Math.ceil(phaseMs / addresses.length);
      await withDeadline('tcp', { clock, ms }, () => untilEvent(socket, 'connect'));
      return { socket, tookMs: monotonicMs() - begin };
    } catch (error) {
      socket.destroy();
      failure = error;
    }
  }
  throw failure;
}

function untilEvent(socket: Socket, name: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(name, () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}

/**
 * Waits for a part of a probe, at most until its deadline.
 * @throws PhaseError that names the phase, also for what the work throws
 */
export async function withDeadline<T>(
  phase: string,
  { clock, ms }: { readonly clock: Pick<Clock, 'after'>; readonly ms: number },
  work: () => Promise<T>,
): Promise<T> {
  let cancel = (): void => undefined;
  const deadline = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(new PhaseError(`${phase}: no answer within ${ms} ms`)));
  });
  try {
    return await Promise.race([work(), deadline]);
  } catch (error) {
    if (error instanceof PhaseError) throw error;
    throw new PhaseError(`${phase}: ${describe(error)}`, { cause: error });
  } finally {
    cancel();
  }
}

/** A code is the same in every language and version; messages are not. */
function describe(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'string' ? code : String(message ?? error);
}
