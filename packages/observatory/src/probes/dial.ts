import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { findAddressFault, isPublicAddress } from '@nostrata/network';
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
  /** Certificates that are trusted instead of the platform's. */
  readonly certificates?: readonly string[] | undefined;
}

/** Where a relay is dialled: one address, which was judged and is the one that is dialled. */
export interface DialTarget {
  readonly host: string;
  readonly address: string;
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
  if (isIP(host) !== 0) return { target: { host, address: host, port, isSecure }, dnsMs: undefined };
  const lookupHost = options.lookupHost ?? ((name) => lookup(name, { all: true }));
  const begin = options.monotonicMs();
  const addresses = await withDeadline('dns', { clock: options.clock, ms: options.dnsMs }, () => lookupHost(host));
  const dnsMs = options.monotonicMs() - begin;
  const allowed = addresses.find(({ address }) => options.allowLocal || isPublicAddress(address));
  if (allowed !== undefined) return { target: { host, address: allowed.address, port, isSecure }, dnsMs };
  throw new PhaseError(
    addresses.length === 0 ? 'dns: no address' : 'refused: the name is at a private or local address',
  );
}

/** Opens TCP and, where the relay is secure, TLS; how long each took is noted when it is known. @throws PhaseError */
export async function dial(
  target: DialTarget,
  options: DialOptions,
  note: (phase: 'tcp' | 'tls', milliseconds: number) => void = () => undefined,
): Promise<Socket> {
  const { clock, monotonicMs, phaseMs } = options;
  const begin = monotonicMs();
  const socket = connect({ host: target.address, port: target.port, noDelay: true });
  // Between two phases nobody else listens; what is said then is said again by the next phase.
  socket.on('error', () => undefined);
  try {
    await withDeadline('tcp', { clock, ms: phaseMs }, () => untilEvent(socket, 'connect'));
    const connectedMs = monotonicMs();
    note('tcp', connectedMs - begin);
    if (!target.isSecure) return socket;
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
