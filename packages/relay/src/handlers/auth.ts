import type { Ingest } from '@nostrata/ingest';
import { findAuthenticationFault, type NostrEvent } from '@nostrata/protocol';
import { sendOk } from '../answers.ts';
import type { Connection } from '../connection.ts';
import type { Refusal, RelayMetrics } from '../contract.ts';
import type { InFlight } from '../in-flight.ts';
import type { RelayLimits } from '../limits.ts';

/** What AUTH is answered with. */
export interface AuthOptions {
  readonly limits: RelayLimits;
  readonly now: () => number;
  readonly publicUrls: readonly string[];
  readonly ingest: Pick<Ingest, 'verify'>;
  readonly inFlight: InFlight;
  /** The AUTH was answered: what came behind it may be handled. */
  readonly onAnswered: (connection: Connection) => void;
  readonly metrics?: RelayMetrics | undefined;
}

/**
 * Creates the handler of AUTH (NIP-42). A connection may authenticate several pubkeys, one after the other. The event
 * must name this relay: one of its configured public URLs, or without any the URL by which the client connected. The
 * signature is checked by the door's workers; until then nothing else of the connection is handled, so that what a
 * client sends right behind its AUTH is judged with it.
 */
export function createAuthHandler(options: AuthOptions) {
  const { limits, now, publicUrls, ingest, inFlight, metrics } = options;
  const check = (connection: Connection, event: NostrEvent): Refusal | undefined => {
    if (connection.authAttempts > limits.authAttemptsPerConnectionMax) {
      return { prefix: 'rate-limited', message: 'too many AUTH messages on one connection' };
    }
    const fault = findAuthenticationFault(event, {
      challenge: connection.challenge,
      relayUrls: publicUrls.length > 0 ? publicUrls : [connection.request.url],
      nowSeconds: Math.floor(now() / 1_000),
    });
    if (fault !== null) return { prefix: 'invalid', message: fault };
    if (connection.authenticated.size >= limits.authPubkeysPerConnectionMax) {
      return { prefix: 'rate-limited', message: 'too many pubkeys on one connection' };
    }
    return undefined;
  };
  const answer = (connection: Connection, event: NostrEvent, refusal: Refusal | undefined) => {
    if (refusal) metrics?.messageRejected?.('AUTH', refusal.prefix);
    else connection.authenticated.add(event.pubkey);
    sendOk(connection, event.id, refusal ?? { accepted: '' });
  };

  return (connection: Connection, event: NostrEvent): void => {
    connection.authAttempts += 1;
    const refusal = check(connection, event);
    if (refusal) {
      answer(connection, event, refusal);
      return;
    }
    connection.deferred = [];
    inFlight.begin();
    void ingest.verify(event).then((verified) => {
      const wrong: Refusal = { prefix: 'invalid', message: 'id or signature is wrong' };
      answer(connection, event, verified === null ? wrong : undefined);
      inFlight.end();
      options.onAnswered(connection);
    });
  };
}
