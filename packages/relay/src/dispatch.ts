import { sendNotice, sendOk } from './answers.ts';
import type { Connection } from './connection.ts';
import type { RelayMetrics } from './contract.ts';
import type { RelayLimits } from './limits.ts';

/** A request with an id and what follows it. */
export type RequestHandler = (connection: Connection, id: string, rest: readonly unknown[]) => void;

/** One handler per verb. */
export interface Handlers {
  readonly event: (connection: Connection, event: unknown) => void;
  readonly req: RequestHandler;
  readonly count: RequestHandler;
  readonly close: (connection: Connection, id: string) => void;
}

/** What messages are read with. */
export interface DispatchOptions {
  readonly handlers: Handlers;
  readonly limits: RelayLimits;
  readonly metrics?: RelayMetrics | undefined;
}

/** Creates the function that takes one WebSocket message: one JSON.parse, then the handler of its verb. */
export function createDispatch({ handlers, limits, metrics }: DispatchOptions) {
  const complain = (connection: Connection, message: string) => {
    metrics?.messageReceived?.('unknown');
    metrics?.messageRejected?.('unknown', 'invalid');
    sendNotice(connection, { prefix: 'invalid', message });
  };
  return (connection: Connection, bytes: Buffer, { isBinary }: { readonly isBinary: boolean }): void => {
    if (isBinary) {
      complain(connection, 'binary frames are not understood, send text');
      return;
    }
    if (bytes.length > limits.messageBytesMax) {
      refuseOversize(connection, bytes, { limits, metrics });
      return;
    }
    const message = parseMessage(bytes);
    if (typeof message === 'string') {
      complain(connection, message);
      return;
    }
    route(connection, message);
  };

  function route(connection: Connection, message: readonly unknown[]): void {
    const [verb, first] = message;
    if (verb === 'EVENT') {
      metrics?.messageReceived?.(verb);
      handlers.event(connection, first);
      return;
    }
    const handle = getRequestHandler(handlers, verb);
    if (handle === undefined) {
      complain(connection, `verb ${JSON.stringify(String(verb).slice(0, 32))} is not known`);
      return;
    }
    if (typeof first !== 'string') {
      complain(connection, `${verb} needs a subscription id, a text`);
      return;
    }
    metrics?.messageReceived?.(verb as string);
    handle(connection, first, message.slice(2));
  }
}

function getRequestHandler(handlers: Handlers, verb: unknown): RequestHandler | undefined {
  switch (verb) {
    case 'REQ':
      return handlers.req;
    case 'CLOSE':
      return handlers.close;
    case 'COUNT':
      return handlers.count;
    default:
      return undefined;
  }
}

/** The message as an array, or what is wrong with it. */
function parseMessage(bytes: Buffer): readonly unknown[] | string {
  let message: unknown;
  try {
    message = JSON.parse(bytes.toString());
  } catch (error) {
    return `message is not JSON: ${error instanceof Error ? error.message.slice(0, 80) : 'unreadable'}`;
  }
  if (!Array.isArray(message)) return 'message is not an array';
  return typeof message[0] === 'string' ? message : 'message does not begin with a verb';
}

const oversizeEvent = /^\s*\[\s*"EVENT"\s*,[\s\S]{0,1000}?"id"\s*:\s*"([0-9a-f]{64})"/;

/** Refuses a message that is too long to be parsed, with OK where it shows the id of an event near its start. */
function refuseOversize(
  connection: Connection,
  bytes: Buffer,
  { limits, metrics }: Pick<DispatchOptions, 'limits' | 'metrics'>,
): void {
  const message = `message of ${bytes.length} bytes is longer than ${limits.messageBytesMax}`;
  const id = oversizeEvent.exec(bytes.toString('latin1', 0, 1_200))?.[1];
  metrics?.messageReceived?.(id === undefined ? 'unknown' : 'EVENT');
  metrics?.messageRejected?.(id === undefined ? 'unknown' : 'EVENT', 'invalid');
  if (id === undefined) sendNotice(connection, { prefix: 'invalid', message });
  else sendOk(connection, id, { prefix: 'invalid', message });
}
