import type { Ingest, SubmitResult } from '@nostrata/ingest';
import { Kind, type NostrEvent } from '@nostrata/protocol';
import { StoreError } from '@nostrata/store';
import { sendOk } from '../answers.ts';
import type { Connection } from '../connection.ts';
import type { RelayLogger, RelayMetrics } from '../contract.ts';
import type { InFlight } from '../in-flight.ts';

/** What EVENT is answered with. */
export interface EventOptions {
  readonly ingest: Ingest;
  readonly authRequiredToWrite: boolean;
  readonly logger?: RelayLogger | undefined;
  readonly metrics?: RelayMetrics | undefined;
  readonly inFlight: InFlight;
  /** An event was answered: the connection may be read on. */
  readonly onAnswered: (connection: Connection) => void;
}

/** Creates the handler of EVENT (NIP-01): hands the event to the door and answers OK when its outcome is durable. */
export function createEventHandler(options: EventOptions) {
  const { ingest, authRequiredToWrite, logger, metrics, inFlight } = options;
  const answered = (connection: Connection) => {
    connection.submissionsInFlight -= 1;
    inFlight.end();
    options.onAnswered(connection);
  };
  return (connection: Connection, event: NostrEvent): void => {
    const { id } = event;
    const refuse = (prefix: 'invalid' | 'auth-required' | 'error', message: string) => {
      metrics?.messageRejected?.('EVENT', prefix);
      sendOk(connection, id, { prefix, message });
    };
    if (event.kind === Kind.authentication) {
      refuse('invalid', 'events of kind 22242 are sent with AUTH, not with EVENT');
      return;
    }
    if (authRequiredToWrite && connection.authenticated.size === 0) {
      refuse('auth-required', 'only authenticated clients may write here');
      return;
    }
    connection.submissionsInFlight += 1;
    inFlight.begin();
    ingest.submit(event, connection.source).then(
      (result) => {
        if (!result.accepted) metrics?.messageRejected?.('EVENT', result.rejection.prefix);
        if (!connection.isClosed) answer(connection, id, result);
        answered(connection);
      },
      (error: unknown) => {
        // The door has told of the batch that the store did not take.
        if (!(error instanceof StoreError)) {
          logger?.error({ err: error, connection: connection.number }, 'an event could not be stored');
        }
        refuse('error', 'the event could not be stored, try again later');
        answered(connection);
      },
    );
  };
}

function answer(connection: Connection, id: string, result: SubmitResult): void {
  sendOk(connection, id, result.accepted ? { accepted: result.message } : result.rejection);
}
