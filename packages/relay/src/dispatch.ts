import {
  type ClientMessage,
  type Filter,
  type InvalidMessage,
  type NostrEvent,
  parseClientMessage,
} from '@nostrata/protocol';
import { sendClosed, sendNegErr, sendNotice, sendOk } from './answers.ts';
import type { Connection } from './connection.ts';
import type { Refusal, RelayMetrics } from './contract.ts';
import type { NegentropyHandlers } from './handlers/negentropy.ts';
import type { RelayLimits } from './limits.ts';

/** One handler per verb. */
export interface Handlers extends NegentropyHandlers {
  readonly event: (connection: Connection, event: NostrEvent) => void;
  readonly auth: (connection: Connection, event: NostrEvent) => void;
  readonly req: (connection: Connection, id: string, filters: readonly Filter[]) => void;
  readonly count: (connection: Connection, id: string, filters: readonly Filter[]) => void;
  readonly close: (connection: Connection, id: string) => void;
}

/** What messages are read with. */
export interface DispatchOptions {
  readonly handlers: Handlers;
  readonly limits: RelayLimits;
  readonly metrics?: RelayMetrics | undefined;
}

/** Takes one WebSocket message. */
export type Dispatch = (connection: Connection, bytes: Buffer, frame: { readonly isBinary: boolean }) => void;

/** Creates the function that takes one WebSocket message: one JSON.parse, then the handler of its verb. */
export function createDispatch({ handlers, limits, metrics }: DispatchOptions): Dispatch {
  const refuse = (connection: Connection, message: InvalidMessage) => {
    metrics?.messageReceived?.(message.verb ?? 'unknown');
    metrics?.messageRejected?.(message.verb ?? 'unknown', 'invalid');
    answerInvalid(connection, message);
  };
  return (connection, bytes, { isBinary }) => {
    if (isBinary) {
      refuse(connection, unreadable('binary frames are not understood, send text'));
      return;
    }
    if (bytes.length > limits.messageBytesMax) {
      const reason = `message of ${bytes.length} bytes is longer than ${limits.messageBytesMax}`;
      refuse(connection, unreadable(reason, findEventId(bytes)));
      return;
    }
    const message = parseClientMessage(bytes.toString());
    if (message.type === 'INVALID') {
      refuse(connection, message);
      return;
    }
    metrics?.messageReceived?.(message.type);
    route(handlers, connection, message);
  };
}

function route(handlers: Handlers, connection: Connection, message: ClientMessage): void {
  switch (message.type) {
    case 'EVENT':
      return handlers.event(connection, message.event);
    case 'REQ':
      return handlers.req(connection, message.subId, message.filters);
    case 'CLOSE':
      return handlers.close(connection, message.subId);
    case 'COUNT':
      return handlers.count(connection, message.subId, message.filters);
    case 'AUTH':
      return handlers.auth(connection, message.event);
    case 'NEG-OPEN':
      return handlers.negOpen(connection, message.subId, message);
    case 'NEG-MSG':
      return handlers.negMsg(connection, message.subId, message.message);
    case 'NEG-CLOSE':
      return handlers.negClose(connection, message.subId);
  }
}

/** Answers in the way the client waits for: OK, CLOSED or NEG-ERR; NOTICE where nothing says what it was. */
function answerInvalid(connection: Connection, { verb, subId, eventId, reason }: InvalidMessage): void {
  const refusal: Refusal = { prefix: 'invalid', message: reason };
  if (eventId !== undefined) sendOk(connection, eventId, refusal);
  else if (subId === undefined) sendNotice(connection, refusal);
  else if (verb === 'REQ' || verb === 'COUNT') sendClosed(connection, subId, refusal);
  else sendNegErr(connection, subId, refusal);
}

function unreadable(reason: string, eventId?: string): InvalidMessage {
  const verb = eventId === undefined ? undefined : 'EVENT';
  return { type: 'INVALID', reason, verb, subId: undefined, eventId };
}

const oversizeEvent = /^\s*\[\s*"EVENT"\s*,[\s\S]{0,1000}?"id"\s*:\s*"([0-9a-f]{64})"/;

/** The id of an event that is too long to be parsed, where it stands near the start. */
function findEventId(bytes: Buffer): string | undefined {
  return oversizeEvent.exec(bytes.toString('latin1', 0, 1_200))?.[1];
}
