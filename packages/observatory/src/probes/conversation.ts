import type { Socket } from 'node:net';
import { parseRelayMessage, type RelayMessage } from '@nostrata/protocol';
import { type RawData, WebSocket } from 'ws';

/** What is said with a relay over one socket. */
export interface Conversation {
  send(frame: readonly unknown[]): void;
  /** The next message that is one of the protocol; rejects when the socket ends, or too many came. */
  next(): Promise<RelayMessage>;
  end(): void;
}

/** How much of what a relay says is read. */
export interface ConversationLimits {
  readonly messageBytesMax: number;
  readonly messagesMax: number;
}

/** Asks for a WebSocket over a connection that is open; resolves when it is one. */
export function openConversation(
  url: string,
  socket: Socket,
  { messageBytesMax, messagesMax }: ConversationLimits,
): Promise<Conversation> {
  const webSocket = new WebSocket(url, {
    createConnection: () => socket,
    // A compressed frame of a few bytes may unpack to gigabytes, and strangers decide what comes.
    perMessageDeflate: false,
    maxPayload: messageBytesMax,
    followRedirects: false,
  });
  const messages: RelayMessage[] = [];
  let failure: Error | undefined;
  let wake = (): void => undefined;
  let seen = 0;
  const fail = (error: Error): void => {
    failure ??= error;
    wake();
  };
  webSocket.on('message', (received: RawData, isBinary) => {
    if (++seen > messagesMax) return fail(new Error(`${messagesMax} messages without an answer`));
    const message = isBinary ? undefined : readMessage(received as Buffer);
    if (message !== undefined) messages.push(message);
    wake();
  });
  webSocket.on('close', (code) => fail(new Error(`the relay closed the connection (${code})`)));
  const conversation: Conversation = {
    send: (frame) => webSocket.send(JSON.stringify(frame)),
    async next() {
      for (;;) {
        const message = messages.shift();
        if (message !== undefined) return message;
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    end: () => webSocket.terminate(),
  };
  return new Promise((resolve, reject) => {
    webSocket.on('open', () => resolve(conversation));
    webSocket.on('error', (error) => {
      fail(error);
      reject(error);
    });
    webSocket.on('close', () => reject(failure ?? new Error('the connection was closed')));
  });
}

/** What is no message of the protocol is passed over: relays say more than is written anywhere. */
function readMessage(received: Buffer): RelayMessage | undefined {
  try {
    return parseRelayMessage(received.toString('utf8'));
  } catch {
    // Whether it was broken or of a NIP that is not known, it is not the answer that was waited for.
    return undefined;
  }
}
