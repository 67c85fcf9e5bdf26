import { type Filter, type NostrEvent, parseRelayMessage, serializeFilter } from '@nostrata/protocol';

/** What a subscription tells. */
export interface SubscriptionListener {
  onEvent(event: NostrEvent): void;
  /** What was stored has been sent; from now on events are new. */
  onStored(): void;
  /** It is over, or never began. */
  onEnd(reason: string): void;
}

/** Where to ask and what for. */
export interface SubscriptionOptions extends SubscriptionListener {
  readonly url: string;
  readonly filters: readonly Filter[];
  /** Says whether the subscription ends with what is stored. */
  readonly storedOnly: boolean;
  openSocket(url: string): WebSocket;
}

/** Characters of a frame that are read: a relay of strangers may send anything. */
const frameCharactersMax = 1_000_000;
const subscription = 'page';
/** How long a relay may take to answer with anything at all. */
const silenceMs = 15_000;

/** Asks a relay, and returns what ends it. Nothing is told after that. */
export function subscribe(options: SubscriptionOptions): () => void {
  let isOver = false;
  const socket = open(options);
  if (socket === undefined) {
    options.onEnd('This address cannot be opened.');
    return () => undefined;
  }
  const end = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    socket.close();
    options.onEnd(reason);
  };
  const timer = setTimeout(() => end('The relay did not answer within 15 seconds.'), silenceMs);
  socket.addEventListener('open', () => {
    socket.send(JSON.stringify(['REQ', subscription, ...options.filters.map(serializeFilter)]));
  });
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    clearTimeout(timer);
    if (!isOver && typeof data === 'string') onFrame(data, { ...options, end });
  });
  socket.addEventListener('error', () => end('The relay cannot be reached.'));
  socket.addEventListener('close', () => end('The relay closed the connection.'));
  return () => {
    isOver = true;
    clearTimeout(timer);
    socket.close();
  };
}

function open({ openSocket, url }: SubscriptionOptions): WebSocket | undefined {
  try {
    return openSocket(url);
  } catch {
    return undefined; // The browser refuses: mixed content, or no address at all.
  }
}

function onFrame(text: string, options: SubscriptionOptions & { end(reason: string): void }): void {
  if (text.length > frameCharactersMax) return;
  try {
    const message = parseRelayMessage(text);
    if (message.type === 'EVENT' && message.subId === subscription) options.onEvent(message.event);
    if (message.type === 'EOSE') {
      options.onStored();
      if (options.storedOnly) options.end('');
    }
    if (message.type === 'CLOSED') options.end(`The relay refused: ${message.reason}`);
    if (message.type === 'NOTICE') options.end(`The relay says: ${message.text}`);
  } catch {
    return; // Not a message of the protocol: nothing that could be shown.
  }
}
