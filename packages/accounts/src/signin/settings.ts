import { isHex64 } from '@nostrata/protocol';

/** How people sign in. */
export interface SignInSettings {
  /** The one public address of the installation: `https://example.com`, without a path. Wallets derive their keys from its host: keep it. */
  readonly origin: string;
  /** Pubkeys (hex) that are admins; others are appointed by them. */
  readonly admins: readonly string[];
}

/** What follows from the settings. */
export interface SignInPlace {
  /** As it stands in `Origin` headers: scheme, host and port. */
  readonly origin: string;
  /** Host, and port where there is one: `example.com`. */
  readonly domain: string;
  /** What the `relay` tag of a signed challenge has to say: `wss://example.com/`. */
  readonly relay: string;
  /** Whether browsers reach it by TLS; if not it is a loopback address. */
  readonly isSecure: boolean;
  readonly admins: ReadonlySet<string>;
}

/**
 * Reads the settings.
 * @throws RangeError with one sentence: not an origin, plain HTTP on a public address, an admin that is no pubkey
 */
export function readPlace({ origin, admins }: SignInSettings): SignInPlace {
  const url = URL.parse(origin);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.origin !== origin) {
    throw new RangeError(
      `origin ${JSON.stringify(origin)}: expected scheme and host alone, such as https://example.com`,
    );
  }
  const isSecure = url.protocol === 'https:';
  if (!isSecure && !isLoopback(url.hostname)) {
    throw new RangeError(`origin ${origin}: people sign in by https; http is for addresses of this machine`);
  }
  for (const admin of admins) {
    if (!isHex64(admin))
      throw new RangeError(`admin ${JSON.stringify(admin)}: expected a pubkey of 64 lower-case hex digits`);
  }
  const relay = `${isSecure ? 'wss' : 'ws'}://${url.host}/`;
  return { origin, domain: url.host, relay, isSecure, admins: new Set(admins) };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
