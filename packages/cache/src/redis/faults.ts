import { CacheError, type CacheFault } from '../errors.ts';

/** First words of Redis's own errors that mean more than a mistake in the command. */
const faultByWord: Readonly<Record<string, CacheFault>> = {
  WRONGPASS: 'refused',
  NOAUTH: 'refused',
  NOPERM: 'refused',
  OOM: 'full',
  LOADING: 'away',
  READONLY: 'away',
  MASTERDOWN: 'away',
  MISCONF: 'away',
  BUSY: 'away',
};

/** What connections fail of, in words. */
const wordsByCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host is not resolved',
  ETIMEDOUT: 'no answer in time',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the host',
};

/** Any failure of the driver as one sentence with a fault. */
export function toCacheError(error: unknown, shown: string): CacheError {
  if (error instanceof CacheError) return error;
  const message = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [word = ''] = message.split(' ', 1);
  const known = faultByWord[word] ?? (message.startsWith('ERR invalid password') ? 'refused' : undefined);
  const options = { cause: error };
  if (known === 'refused') return new CacheError('refused', `the cache ${shown} refuses: ${message}`, options);
  if (known === 'full') return new CacheError('full', `the cache ${shown} has no memory left: ${message}`, options);
  if (known === 'away') return new CacheError('away', `the cache ${shown} does not serve now: ${message}`, options);
  if (/^(ERR|WRONGTYPE|NOSCRIPT|EXECABORT)$/.test(word)) {
    return new CacheError('other', `the cache ${shown} fails: ${message}`, options);
  }
  const words = wordsByCode[code] ?? describe(message);
  return new CacheError('away', `the cache ${shown} is away: ${words}`, options);
}

function describe(message: string): string {
  if (message === 'Command timed out' || message.startsWith('Socket timeout')) return 'no answer in time';
  if (message === 'Connection is closed.') return 'the connection was cut';
  if (message.startsWith('Stream isn')) return 'there is no connection';
  if (message.startsWith('Reached the max retries')) return 'the connection was cut';
  if (message.startsWith('Command aborted')) return 'the connection was cut';
  return message;
}
