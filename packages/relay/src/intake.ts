import { sendNotice } from './answers.ts';
import type { Connection, DeferredMessage } from './connection.ts';
import type { RelayLogger, RelayMetrics } from './contract.ts';
import type { Dispatch } from './dispatch.ts';
import type { Reading } from './reading.ts';

/** Takes the messages of clients in. */
export interface Intake {
  /** Takes one message; what comes behind an AUTH that is being checked waits for it. */
  receive(connection: Connection, message: DeferredMessage): void;
  /** Handles what waited for an AUTH that is answered now, up to the next AUTH. */
  goOn(connection: Connection): void;
}

/** What messages are taken in with. */
export interface IntakeOptions {
  readonly dispatch: Dispatch;
  readonly reading: Reading;
  readonly now: () => number;
  readonly logger?: RelayLogger | undefined;
  readonly metrics?: RelayMetrics | undefined;
}

/** Creates the intake of one relay. */
export function createIntake({ dispatch, reading, now, logger, metrics }: IntakeOptions): Intake {
  const handle = (connection: Connection, { bytes, isBinary }: DeferredMessage) => {
    try {
      dispatch(connection, bytes, { isBinary });
    } catch (error) {
      // A bug of ours that one message brings to light must not end everybody's connection.
      logger?.error({ err: error, connection: connection.number }, 'a message could not be handled');
      metrics?.messageRejected?.('unknown', 'error');
      sendNotice(connection, { prefix: 'error', message: 'the message could not be handled' });
    }
  };
  return {
    receive(connection, message) {
      const nowMs = now();
      connection.heardAtMs = nowMs;
      connection.activeAtMs = nowMs;
      if (connection.endReason !== 'client') return;
      if (!connection.messages.take(1, nowMs) || !connection.bytes.take(message.bytes.length, nowMs)) {
        connection.endReason = 'flood';
        sendNotice(connection, { prefix: 'rate-limited', message: 'too many messages at once' });
        connection.outbox.close(1008, 'flood');
        return;
      }
      if (connection.deferred !== undefined) {
        connection.deferred.push(message);
        return;
      }
      handle(connection, message);
      reading.update(connection);
    },
    goOn(connection) {
      const messages = connection.deferred ?? [];
      connection.deferred = undefined;
      for (const [place, message] of messages.entries()) {
        if (connection.isClosed || connection.endReason !== 'client') return;
        handle(connection, message);
        if (keepWaiting(connection, { messages, from: place + 1 })) break;
      }
      reading.update(connection);
    },
  };
}

/** Where the message just handled was an AUTH, the others wait for it too; false where nothing has to wait. */
function keepWaiting(
  { deferred }: Connection,
  { messages, from }: { readonly messages: readonly DeferredMessage[]; readonly from: number },
): boolean {
  if (deferred === undefined) return false;
  deferred.push(...messages.slice(from));
  return true;
}
