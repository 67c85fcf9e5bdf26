import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { ConfigError } from '../config/errors.ts';

/** What reached us: a request's headers and the addresses of its socket. */
export interface RawRequest {
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  readonly isEncrypted: boolean;
}

/** Where a request really comes from and where it was really sent. */
export interface Origin {
  /** What limits count: an IPv4 address, or of an IPv6 address its network of 64 bits, such as `2001:db8:0:1::/64`. */
  readonly ip: string;
  readonly isSecure: boolean;
  /** Host and port as the client used them. */
  readonly host: string;
}

/** What the listener passes along with each request. */
export interface AppBindings {
  readonly origin: Origin;
}

/** Works out the origin of requests; forwarded headers count only from the proxies that are trusted. */
export type ResolveOrigin = (request: RawRequest) => Origin;

/**
 * Creates the resolver.
 * @param proxies addresses and networks such as `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`
 * @throws ConfigError when one of them is neither
 */
export function createResolveOrigin(proxies: readonly string[]): ResolveOrigin {
  const trusted = new BlockList();
  for (const proxy of proxies) addProxy(trusted, proxy);
  const isTrusted = (ip: string) => isIP(ip) !== 0 && trusted.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
  return ({ headers, remoteAddress, isEncrypted }) => {
    const peer = normalizeIp(remoteAddress ?? '');
    const host = headers.host ?? 'localhost';
    if (!isTrusted(peer)) return { ip: toCounted(peer), isSecure: isEncrypted, host };
    const protocol = last(headers['x-forwarded-proto']);
    return {
      ip: toCounted(findClient(peer, headers['x-forwarded-for'], isTrusted)),
      isSecure: protocol === undefined ? isEncrypted : protocol === 'https' || protocol === 'wss',
      host: validHost(last(headers['x-forwarded-host'])) ?? host,
    };
  };
}

/** Each trusted proxy appends the address it saw, so the client is the last address that is not a trusted proxy. */
function findClient(peer: string, header: string | string[] | undefined, isTrusted: (ip: string) => boolean): string {
  let client = peer;
  for (const hop of splitHeader(header).reverse()) {
    const ip = normalizeIp(hop);
    if (isIP(ip) === 0) return client;
    client = ip;
    if (!isTrusted(ip)) return client;
  }
  return client;
}

function addProxy(list: BlockList, proxy: string): void {
  const [address = '', bits, ...more] = proxy.split('/');
  const family = isIP(address);
  const width = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (family === 0 || more.length > 0 || !(prefix >= 0 && prefix <= width)) {
    throw new ConfigError(
      `trustedProxies: ${JSON.stringify(proxy)} is neither an address nor a network such as 10.0.0.0/8`,
    );
  }
  list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
}

/** IPv4 that arrives at an IPv6 socket is written `::ffff:192.0.2.1` or `::ffff:c000:201`; proxies may add a port. */
function normalizeIp(text: string): string {
  const trimmed = text.trim();
  const plain = /^\[(.+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  if (isIP(plain) !== 6) return plain;
  const [, , , , , mark, high = 0, low = 0] = toGroups(plain);
  const isMapped = mark === 0xffff && /^::ffff:/.test(canonical(plain));
  return isMapped ? [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.') : plain;
}

/** Whoever has one IPv6 address has all 2^64 of its network (RFC 6177), so limits count the network. */
function toCounted(ip: string): string {
  if (isIP(ip) !== 6) return ip;
  const network = toGroups(ip).slice(0, 4);
  return `${canonical(`${network.map((group) => group.toString(16)).join(':')}::`)}/64`;
}

/** The eight groups of an IPv6 address. */
function toGroups(ip: string): number[] {
  const [head = '', tail] = canonical(ip).split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [read(head), read(tail ?? '')];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}

/** The short form in lower case, without the zone of a link-local address (`%eth0`). */
function canonical(ip: string): string {
  return new URL(`http://[${ip.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
}

function splitHeader(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return (Array.isArray(header) ? header.join(',') : header)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function last(header: string | string[] | undefined): string | undefined {
  return splitHeader(header).at(-1);
}

function validHost(host: string | undefined): string | undefined {
  return host !== undefined && /^[\w.:[\]-]{1,255}$/.test(host) ? host : undefined;
}
