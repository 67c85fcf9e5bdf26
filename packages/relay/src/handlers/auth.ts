import { getTagValues, InvalidError, isHex64, Kind, type NostrEvent, parseEvent } from '@nostrata/protocol';
import { sendNotice, sendOk } from '../answers.ts';
import type { Connection } from '../connection.ts';
import type { Refusal, RelayMetrics } from '../contract.ts';
import type { RelayLimits } from '../limits.ts';

/** What AUTH is answered with. */
export interface AuthOptions {
  readonly limits: RelayLimits;
  readonly now: () => number;
  readonly publicUrls: readonly string[];
  readonly verify: (event: NostrEvent) => boolean | Promise<boolean>;
  readonly metrics?: RelayMetrics | undefined;
}

/**
 * Creates the handler of AUTH (NIP-42). A connection may authenticate several pubkeys, one after the other. The event
 * must name this relay: one of its configured public URLs, or without any the URL by which the client connected.
 */
export function createAuthHandler({ limits, now, publicUrls, verify, metrics }: AuthOptions) {
  const hosts = publicUrls.map(getHost);

  const check = (connection: Connection, event: NostrEvent): Refusal | undefined => {
    const invalid = (message: string): Refusal => ({ prefix: 'invalid', message });
    if (event.kind !== Kind.authentication) return invalid('AUTH takes an event of kind 22242');
    if (Math.abs(now() / 1_000 - event.created_at) > limits.authAgeSecondsMax) {
      return invalid(`created_at is more than ${limits.authAgeSecondsMax} seconds away from the relay's time`);
    }
    if (!getTagValues(event, 'challenge').includes(connection.challenge)) {
      return invalid('the challenge is not the one that this connection was sent');
    }
    const accepted = hosts.length > 0 ? hosts : [getHost(connection.request.url)];
    const named = getTagValues(event, 'relay').map(getHost);
    if (!named.some((host) => host !== undefined && accepted.includes(host))) {
      return invalid('the relay tag does not name this relay');
    }
    if (connection.authenticated.size < limits.authPubkeysPerConnectionMax) return undefined;
    return { prefix: 'rate-limited', message: 'too many pubkeys on one connection' };
  };

  const answer = (connection: Connection, event: NostrEvent, refusal: Refusal | undefined) => {
    if (connection.isClosed) return;
    if (refusal === undefined) connection.authenticated.add(event.pubkey);
    else metrics?.messageRejected?.('AUTH', refusal.prefix);
    sendOk(connection, event.id, refusal ?? { accepted: '' });
  };

  return (connection: Connection, value: unknown): void => {
    connection.authAttempts += 1;
    const event = readEvent(value);
    if (event instanceof InvalidError) {
      metrics?.messageRejected?.('AUTH', 'invalid');
      refuseMalformed(connection, value, event.message);
      return;
    }
    if (connection.authAttempts > limits.authAttemptsPerConnectionMax) {
      answer(connection, event, { prefix: 'rate-limited', message: 'too many AUTH messages on one connection' });
      return;
    }
    const refusal = check(connection, event);
    if (refusal) {
      answer(connection, event, refusal);
      return;
    }
    const bad: Refusal = { prefix: 'invalid', message: 'id or signature is wrong' };
    Promise.resolve(verify(event)).then(
      (isGenuine) => answer(connection, event, isGenuine ? undefined : bad),
      () => answer(connection, event, { prefix: 'error', message: 'the signature could not be checked' }),
    );
  };
}

function readEvent(value: unknown): NostrEvent | InvalidError {
  try {
    return parseEvent(value);
  } catch (error) {
    if (error instanceof InvalidError) return error;
    throw error;
  }
}

function refuseMalformed(connection: Connection, value: unknown, message: string): void {
  const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined;
  if (isHex64(id)) sendOk(connection, id, { prefix: 'invalid', message });
  else sendNotice(connection, { prefix: 'invalid', message: `AUTH: ${message}` });
}

/** Host and port in one form; undefined where the text is no URL. NIP-42 says that comparing the host is enough. */
function getHost(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return new URL(url).host.toLowerCase();
}
