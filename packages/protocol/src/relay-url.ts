import { relayUrlCharactersMax } from './limits.ts';

/**
 * The one spelling of a relay URL, by which relays are compared and stored: lower-case scheme and host, no default
 * port, no slash at the end. Null for what is no URL of a relay: another scheme, a fragment, a user name, a host of one
 * word that is not `localhost`, spaces and second URLs in the path (copy and paste), more than 200 characters.
 */
export function normalizeRelayUrl(text: string): string | null {
  // Tabs and line ends come from copy and paste; URL parsers drop them too.
  const trimmed = text.replace(/[\t\r\n]/g, '').trim();
  if (trimmed.length > relayUrlCharactersMax || !/^wss?:\/\/[^/]/i.test(trimmed) || /\s/.test(trimmed)) return null;
  const url = URL.parse(trimmed);
  if (url === null || url.hash !== '' || trimmed.includes('#') || url.username !== '' || url.password !== '')
    return null;
  if (url.port === '0' || !isRelayHost(url.hostname)) return null;
  const path = url.pathname.replace(/[/,.;]+$/, '');
  if (path.includes('//') || path.includes(url.hostname) || /%(?:20|0[0-9a-f]|22|60)|["`]/i.test(path)) return null;
  return `${url.protocol}//${url.host}${path}${url.search}`;
}

/** A name with at least two parts, `localhost`, or an address; `URL` has put it into lower case and punycode. */
function isRelayHost(host: string): boolean {
  if (host === 'localhost' || host.startsWith('[')) return true;
  const labels = host.split('.');
  return labels.length > 1 && labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
}

/** What kind of place a relay URL points at. */
export interface RelayUrlClass {
  /** A Tor hidden service, which encrypts by itself. */
  readonly isOnion: boolean;
  /** This very machine. */
  readonly isLoopback: boolean;
  /** An address that only means something in the reader's own network; loopback included. Others must not be sent there. */
  readonly isLocal: boolean;
  /** Not encrypted on the way. */
  readonly isInsecure: boolean;
}

/** Classifies a relay URL by its host alone; names are not looked up. Unreadable URLs count as local and insecure. */
export function classifyRelayUrl(url: string): RelayUrlClass {
  const parsed = URL.parse(url);
  if (parsed === null) return { isOnion: false, isLoopback: false, isLocal: true, isInsecure: true };
  const host = parsed.hostname.replace(/\.$/, '');
  const isOnion = host.endsWith('.onion');
  const isLoopback = host === 'localhost' || host.endsWith('.localhost') || isLoopbackAddress(host);
  return {
    isOnion,
    isLoopback,
    isLocal: isLoopback || isLocalName(host) || isLocalAddress(host),
    isInsecure: parsed.protocol !== 'wss:' && !isOnion,
  };
}

function isLocalName(host: string): boolean {
  return !/[.[:]/.test(host) || /\.(?:local|lan|internal|home|localdomain|home\.arpa|test|invalid)$/.test(host);
}

function isLoopbackAddress(host: string): boolean {
  const [first] = getIpv4(host) ?? [];
  return first === 127 || host === '[::1]';
}

/** Private, link-local, shared, multicast and reserved blocks (RFC 6890). */
function isLocalAddress(host: string): boolean {
  const ipv4 = getIpv4(host);
  if (ipv4) {
    const [a = 0, b = 0, c = 0] = ipv4;
    if (a === 0 || a === 10 || a === 127 || a >= 224) return true;
    if (a === 100) return b >= 64 && b < 128;
    if (a === 169) return b === 254;
    if (a === 172) return b >= 16 && b < 32;
    if (a === 192) return b === 168 || (b === 0 && c === 0);
    return a === 198 && (b === 18 || b === 19);
  }
  if (!host.startsWith('[')) return false;
  return /^\[(?:::|f[cd]|fe[89ab]|ff|64:ff9b:1:|100::)/.test(host);
}

/** The four bytes of an IPv4 address, also where it is written inside an IPv6 one. `URL` has made it decimal. */
function getIpv4(host: string): number[] | null {
  if (/^[0-9]+(?:\.[0-9]+){3}$/.test(host)) return host.split('.').map(Number);
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host);
  if (!mapped) return null;
  const [high, low] = [Number.parseInt(mapped[1] ?? '0', 16), Number.parseInt(mapped[2] ?? '0', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255];
}
