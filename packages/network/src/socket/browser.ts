import { findAddressFault } from './address.ts';
import { type FetchInformation, informationUrl, type OpenSocket, type RelaySocket, type SocketEnd } from './socket.ts';

/** Opens sockets of the browser. It shows no addresses: only what the URL itself says can be refused here. */
export const openSocket: OpenSocket = (url, handlers, { allowLocal, messageBytesMax }) => {
  let isOver = false;
  const end = (how: SocketEnd): void => {
    if (isOver) return;
    isOver = true;
    handlers.closed(how);
  };
  const fault = allowLocal ? undefined : findAddressFault(url);
  const opened = fault === undefined ? tryOpen(url) : { reason: fault };
  if ('reason' in opened) {
    queueMicrotask(() => end({ reason: opened.reason, isRefused: true }));
    return { send: () => undefined, close: () => undefined, terminate: () => undefined, bufferedBytes: 0 };
  }
  const { socket } = opened;
  socket.onopen = () => handlers.opened();
  socket.onmessage = ({ data }: { readonly data: unknown }) => {
    const text = typeof data === 'string' ? data : '';
    if (text.length <= messageBytesMax) return handlers.received(text, text.length);
    socket.close();
    end({ reason: 'a frame was too large', isRefused: false });
  };
  socket.onclose = ({ code, reason }) => end({ reason: reason || `closed with code ${code}`, isRefused: false });
  return wrap(socket, end);
};

function tryOpen(url: string): { readonly socket: WebSocket } | { readonly reason: string } {
  try {
    return { socket: new WebSocket(url) };
  } catch (error) {
    // Pages under https may not open ws:// at all.
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

function wrap(socket: WebSocket, end: (how: SocketEnd) => void): RelaySocket {
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(),
    terminate() {
      // The close handshake of a dead peer takes minutes in browsers; nobody waits for it.
      socket.close();
      end({ reason: 'ended here', isRefused: false });
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
  };
}

/** Fetches an information document (NIP-11). */
export const fetchInformation: FetchInformation = async (relay, { allowLocal, bytesMax, signal }) => {
  const fault = allowLocal ? undefined : findAddressFault(relay);
  if (fault !== undefined) throw new Error(fault);
  const headers = { accept: 'application/nostr+json' };
  const response = await fetch(informationUrl(relay), { headers, signal, redirect: 'error', credentials: 'omit' });
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > bytesMax) throw new Error(`more than ${bytesMax} bytes`);
  }
  return JSON.parse(text);
};
