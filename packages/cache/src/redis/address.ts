import { CacheError } from '../errors.ts';

/** Where a Redis is, and who asks it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** The number of its database. */
  readonly database: number;
  /** The address without user and password, for messages. */
  readonly shown: string;
}

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. Nothing of it may hold a secret in
 * a message: what cannot be read is not repeated.
 * @throws CacheError `argument` with one clear sentence
 */
export function parseRedisAddress(text: string): RedisAddress {
  const url = URL.parse(text);
  const fail = (what: string): CacheError =>
    new CacheError(
      'argument',
      `the address of the cache ${what}; it reads redis://[user:password@]host[:port][/database]`,
    );
  if (url === null) throw fail('is no URL');
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw fail('begins with neither redis:// nor rediss://');
  if (url.hostname === '') throw fail('names no host');
  if (url.search !== '' || url.hash !== '') throw fail('has a part behind ? or #, which no setting is read from');
  const database = url.pathname.replace(/^\//, '') || '0';
  if (!/^\d{1,4}$/.test(database)) throw fail('names a database that is no number');
  const isTls = url.protocol === 'rediss:';
  const port = Number(url.port || 6379);
  return {
    // An IPv6 address stands in brackets in a URL and nowhere else.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    isTls,
    username: decode(url.username, fail) || undefined,
    password: decode(url.password, fail) || undefined,
    database: Number(database),
    shown: `${url.protocol}//${url.hostname}:${port}${database === '0' ? '' : `/${database}`}`,
  };
}

function decode(text: string, fail: (what: string) => CacheError): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw fail('has a % in its user or password that does not begin a %XX');
  }
}
